from __future__ import annotations

import json
import subprocess
from pathlib import Path

import polars as pl
import pytest

import isogloss
from isogloss.errors import InputError
from isogloss.evidence import ITEM, Store, observation_keys, read_evidence
from isogloss.evidence.fetching import public_sources

FIXTURES = Path(__file__).parents[1] / "evidence" / "fixtures"
NO_RESULTS = Path(__file__).parents[1] / "fuzz"


def test_import_reports_what_was_kept_and_what_was_dropped_and_why(run, tmp_path):
    code, out, _ = run("evidence", "import", FIXTURES / "scores.csv", "--into", tmp_path / "store")
    assert code == 0
    assert " ".join(out.split()).startswith("3 scores of 1 file kept, 1 row of 4 dropped; written to")
    assert "scores.csv     4     3        0        1" in out
    assert "scores.csv  no score     1" in out
    assert "sw       swa" in out
    assert len(list((tmp_path / "store").glob("part-*.parquet"))) == 1


def test_import_fits_eighty_columns(run):
    _, out, _ = run("evidence", "import", FIXTURES / "scores.csv", FIXTURES / "UDPOS_XLMR.json", "--dry-run")
    assert max(map(len, out.splitlines())) <= 80


def test_import_as_json_lists_every_file(run, tmp_path):
    _, out, _ = run("evidence", "import", FIXTURES / "*.json", FIXTURES / "scores.csv", "--dry-run", "--json")
    answer = json.loads(out)
    report = answer["details"]
    assert [row["rows"] for row in answer["tables"]["files"]] == [6, 4]
    assert answer["tables"]["dropped"] == [{"file": "scores.csv", "reason": "no score", "rows": 1}]
    assert report["kept"] == 8
    assert report["part"] is None


def test_import_takes_what_the_file_does_not_say_from_options(run, tmp_path):
    (tmp_path / "bare.csv").write_text("target,train,score\nxx,en:5,0.5\n")
    options = ["--task", "T", "--model", "M", "--metric", "loss", "--recipe", "probe", "--language", "xx=wol"]
    assert run("evidence", "import", tmp_path / "bare.csv", *options, "--into", tmp_path / "store")[0] == 0
    settings = json.loads(run("evidence", "show", tmp_path / "store", "--json")[1])["tables"]["counts"]
    assert [(row["task"], row["model"], row["metric"], row["recipe"]) for row in settings] == [
        ("T", "M", "loss", "probe")
    ]


def test_import_by_a_mapping_file(run):
    code, out, _ = run("evidence", "import", FIXTURES / "wide.csv", "--map", FIXTURES / "wide.toml", "--dry-run")
    assert code == 0
    assert out.startswith("5 scores of 1 file kept, 1 row of 6 dropped; nothing written (dry run).\n")


def test_show_has_one_line_per_setting(run):
    code, out, _ = run("evidence", "show", FIXTURES / "scores.csv", FIXTURES / "UDPOS_XLMR.json")
    assert code == 0
    verdict, _, header, *lines = out.split("\n")
    assert verdict == "8 scores of 2 models in 4 languages on 2 tasks; no cell is missing."
    assert header.split() == ["task", "metric", "model", "languages", "mixes", "seeds", "scores", "mean"]
    assert lines[0].split() == ["UDPOS", "f1", "xlm-roberta-large", "3", "2", "0", "5", "80.0"]
    assert lines[1].split() == ["topics", "accuracy", "toy", "2", "1", "2", "3", "72.3"]


def test_show_says_what_is_missing_and_which_means_are_not_of_the_same_languages(run, tmp_path):
    (tmp_path / "scores.csv").write_text(
        "model,task,metric,target,train,score\na,t,accuracy,deu,,0.5\na,t,accuracy,swa,,0.4\nb,t,accuracy,deu,,0.6\n"
    )
    out = " ".join(run("evidence", "show", tmp_path / "scores.csv")[1].split())
    assert out.startswith(
        "3 scores of 2 models in 2 languages on one task; 1 cell is missing. The means of models are over different "
        "languages: do not compare them. 1 language was measured with all 2 models."
    )


def test_show_as_json(run):
    answer = json.loads(run("evidence", "show", FIXTURES / "scores.csv", "--json")[1])
    assert answer["scale"] == "percent"
    (setting,) = answer["tables"]["counts"]
    assert setting["scores"] == 3
    assert setting["mean"] == pytest.approx(72.33, abs=1e-2)


@pytest.fixture
def store(run, tmp_path):
    """A store with eight scores of two files."""
    files = FIXTURES / "scores.csv", FIXTURES / "UDPOS_XLMR.json"
    assert run("evidence", "import", *files, "--into", tmp_path / "store")[0] == 0
    return tmp_path / "store"


def test_show_counts_by_any_columns(run, store):
    _, out, _ = run("evidence", "show", store, "--by", "target")
    _, _, header, first, *_ = out.split("\n")
    assert header.split() == ["language", "mixes", "models", "scores", "mean"]
    assert first.split() == ["German", "1", "2", "3", "80.0"]


def test_show_coverage_lists_what_is_missing(run, store):
    _, out, _ = run("evidence", "show", store, "--coverage")
    assert out.startswith("By task, 2 of 2 lack languages; most lacks topics: 2 of 4.\n")
    assert "topics         2   4  English, Hindi" in out
    answer = json.loads(run("evidence", "show", store, "--by", "target", "--coverage", "--json")[1])
    missing = answer["tables"]["coverage"]
    assert {row["target"]: row["missing"] for row in missing}["swa"] == ["UDPOS"]


def test_show_flags_scores_at_chance(run, tmp_path):
    (tmp_path / "guesses.csv").write_text("model,task,metric,target,train,score\nm,XCOPA,accuracy,sw,,0.5\n")
    _, out, _ = run("evidence", "show", tmp_path / "guesses.csv")
    assert out.split("\n")[2].endswith("at chance")
    assert out.split("\n")[3].endswith("1.000")


def test_conflicts_and_what_counts(run, store, tmp_path):
    assert run("evidence", "conflicts", store)[1] == "No conflicts: no observation has different scores.\n"
    (tmp_path / "later.csv").write_text(
        'model,task,metric,target,train,score,seed\ntoy,topics,accuracy,sw,"en:1000,hi:500",50,1\n'
    )
    run("evidence", "import", tmp_path / "later.csv", "--into", store, "--scale", "percent", "--recipe", "probe")
    _, out, _ = run("evidence", "conflicts", store)
    assert "the widest are 5.0 apart: Swahili on topics with toy." in " ".join(out.split())
    assert out.split("\n")[-2].split() == ["topics", "toy", "Swahili", "eng:1000,hin:500", "55.0", "50.0", "50.0"]
    answer = json.loads(run("evidence", "conflicts", store, "--json")[1])
    assert answer["tables"]["conflicts"][0]["scores"] == pytest.approx([55, 50])


def test_compact_says_how_many_parts_are_left(run, store):
    run("evidence", "import", FIXTURES / "scores.csv", "--into", store)
    assert run("evidence", "compact", store)[1].startswith("4 parts became 2; 14 rows moved.\n")
    (report,) = json.loads(run("evidence", "compact", store, "--json")[1])["tables"]["store"]
    assert (report["parts_before"], report["parts_after"]) == (2, 2)


def test_query_answers_in_a_table_or_in_json(run, store):
    query = "select target, count(*) as scores from observations group by target order by target"
    assert run("evidence", "query", store, query)[1].split()[:6] == ["4", "rows.", "target", "scores", "deu", "3"]
    answer = json.loads(run("evidence", "query", store, query, "--json")[1])
    assert answer["tables"]["selected"][0] == {"target": "deu", "scores": 3}


def test_export_writes_what_a_format_can_say(run, store, tmp_path):
    _, out, _ = run("evidence", "export", store, "--format", "litmus", "--task", "UDPOS", "--into", tmp_path / "out")
    assert "".join(out.split()).startswith(f"5scoreswrittento{tmp_path / 'out'}.")  # a long path is broken
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"UDPOS_xlm-roberta-large.json", "sources.txt"}


def test_describe_adds_facts(run, store, tmp_path):
    (tmp_path / "tasks.csv").write_text("task,chance\ntopics,0.55\n")
    _, out, _ = run("evidence", "describe", store, tmp_path / "tasks.csv")
    assert "".join(out.split()).startswith(f"Factsabout1taskaddedto{store}.")
    assert "at chance" in run("evidence", "show", store)[1]


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A git repository with one MTEB result."""
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "results" / "me__toy" / "r1"
    folder.mkdir(parents=True)
    scores = [{"main_score": 0.5, "hf_subset": "de", "languages": ["deu-Latn"]}]
    (folder / "Topics.json").write_text(json.dumps({"task_name": "Topics", "scores": {"test": scores}}))
    for arguments in (["init", "-q"], ["add", "results"], ["commit", "-qm", "results"]):
        named = ["-c", "user.name=someone", "-c", "user.email=someone@example.org"]
        subprocess.run(["git", "-C", tmp_path, *named, *arguments], check=True)
    return f"file://{tmp_path}"


def test_fetch_says_what_it_brought_and_whom_to_cite(run, tmp_path, repository):
    code, out, err = run("evidence", "fetch", "mteb", "--into", tmp_path / "store", "--url", repository)
    assert (code, err) == (0, "")
    said = " ".join(out.split())
    assert said.startswith("1 score kept and 0 rows dropped; read 1 of 1 file of mteb at ")
    assert "Licence of mteb: CC0-1.0. Please cite: Muennighoff" in said
    again = json.loads(run("evidence", "fetch", "mteb", "--into", tmp_path / "store", "--url", repository, "--json")[1])
    assert [(row["files"], row["changed"]) for row in again["tables"]["fetched"]] == [(1, 0)]


BOARD = """,,Sentiment classification,~~~Summarization~~~,Reading comprehension
Model,Parameters,<a href='https://example.org'>angry-tweets</a>,nordjylland-news,multi-wiki-qa-da
"<a href='https://example.org'>org/owl</a> (val)","7,000",60.5 ± 1.9 / 72.5 ± 0.9@@60.5,30 ± 1 / 31 ± 1@@30,?
"""


def test_several_names_are_fetched_at_once_each_with_its_licence(run, tmp_path, repository, monkeypatch):
    boards = tmp_path / "boards"
    boards.mkdir()
    (boards / "danish_all.csv").write_text(BOARD)
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "boards"]):
        named = ["-c", "user.name=someone", "-c", "user.email=someone@example.org"]
        subprocess.run(["git", "-C", boards, *named, *arguments], check=True)
    places = {repository: public_sources.get("mteb").url, f"file://{boards}": public_sources.get("euroeval").url}
    monkeypatch.setenv("GIT_CONFIG_COUNT", str(len(places)))
    for number, (here, there) in enumerate(places.items()):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{number}", f"url.{here}.insteadOf")
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{number}", there)
    code, out, err = run("evidence", "fetch", "mteb", "euroeval", "--into", tmp_path / "store")
    assert (code, err) == (0, "")
    said = " ".join(out.split())
    assert "1 score kept and 0 rows dropped; read 1 of 1 file of mteb" in said
    assert "2 scores kept and 1 row dropped; read 1 of 1 file of euroeval" in said
    assert "Licence of mteb: CC0-1.0." in said
    assert "Licence of euroeval: MIT." in said
    listed = json.loads(run("evidence", "sources", tmp_path / "store", "--json")[1])["tables"]["sources"]
    assert {row["source"]: row["licence"] for row in listed} == {"mteb": "CC0-1.0", "euroeval": "MIT"}


def test_an_address_is_of_one_name(run, tmp_path, repository):
    code, _, err = run("evidence", "fetch", "mteb", "euroeval", "--into", tmp_path / "store", "--url", repository)
    assert (code, err) == (2, "error: --url: is of one source; fetch one at a time\n")


def test_sources_lists_what_was_fetched(run, tmp_path, repository):
    run("evidence", "fetch", "mteb", "--into", tmp_path / "store", "--url", repository)
    assert "CC0-1.0" in run("evidence", "sources", tmp_path / "store")[1]
    listed = json.loads(run("evidence", "sources", tmp_path / "store", "--json")[1])["tables"]["sources"]
    assert [(row["source"], row["url"], row["files"]) for row in listed] == [("mteb", repository, 1)]


@pytest.fixture
def with_items(tmp_path):
    """A store with ten items of two models: the first got 8 right, the second 4 of these."""
    observations = read_evidence(
        pl.DataFrame([{"model": model, "task": "t", "metric": "accuracy", "target": "de", "train": "", "score": score}
                      for model, score in (("a", 0.8), ("b", 0.4))])
    ).observations  # fmt: skip
    keys = observation_keys(observations)
    right = {keys[0]: [1.0] * 8 + [0.0] * 2, keys[1]: [1.0] * 4 + [0.0] * 6}
    rows = [(key, str(number), score, None) for key, scores in right.items() for number, score in enumerate(scores)]
    items = pl.DataFrame(rows, schema=ITEM, orient="row")
    Store(tmp_path / "items").append(observations, items)
    return tmp_path / "items"


def test_compare_pairs_the_items_of_two_observations(run, with_items):
    answer = json.loads(run("evidence", "compare", with_items, "model=a", "model=b", "--json")[1])
    (found,) = answer["tables"]["comparison"]
    assert answer["verdict"].startswith("model=a is better: +40.0 points, 95 % interval +10.0 to +70.0, on 10 items.")
    assert (found["items"], found["difference"], found["p_value"]) == (10, pytest.approx(0.4), 0.125)
    assert run("evidence", "compare", with_items, "model=a,target=German", "model=b")[0] == 0


def test_compare_of_losses_takes_the_lower_one_for_better(run, tmp_path):
    rows = [{"model": "a", "task": "t", "metric": "bits_per_byte", "target": "de", "train": "", "score": score,
             "recipe": recipe, "scale": "raw", "higher_is_better": False}
            for recipe, score in (("as it is", 2.0), ("prune(share=0.3,by=row)", 2.5))]  # fmt: skip
    observations = read_evidence(pl.DataFrame(rows)).observations
    items = [(key, str(number), score + number / 100, None)
             for key, score in zip(observation_keys(observations), observations["score"], strict=True)
             for number in range(8)]  # fmt: skip
    Store(tmp_path / "losses").append(observations, pl.DataFrame(items, schema=ITEM, orient="row"))
    asked = ("recipe=as it is", "recipe=prune(share=0.3,by=row),target=German")
    out = " ".join(run("evidence", "compare", tmp_path / "losses", *asked)[1].split())
    assert out.startswith("recipe=as it is is better: -0.5 bits_per_byte, 95 % interval -0.5 to -0.5, on 8 items (low")
    err = run("evidence", "compare", tmp_path / "losses", asked[0], "recipe=prune")[2]
    assert "did you mean 'prune(share=0.3,by=row)'?" in err


@pytest.mark.parametrize(
    ("first", "complaint"),
    [
        ("model=c", "unknown model 'c'"),
        ("model", "'model' does not say what column has what value; write model=A,target=deu"),
        ("task=t", "task=t: several observations fit: model is a, b; add model=..."),
        ("modle=a", "unknown column 'modle'; did you mean 'model'"),
    ],
)
def test_compare_asks_for_one_observation_each(run, with_items, first, complaint):
    code, _, err = run("evidence", "compare", with_items, first, "model=b")
    assert code == 2
    assert complaint in err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["import", FIXTURES / "scores.csv"], "no store to keep the observations; name a store, --into"),
        (["import", "absent.csv", "--dry-run"], "absent.csv: no such file"),
        (
            ["import", FIXTURES / "scores.csv", "--dry-run", "--scale", "fraction"],
            "scores.csv row 0: accuracy 81.5 lies",
        ),
        (["import", FIXTURES / "scores.csv", "--dry-run", "--language", "de"], "--language: 'de' is no pair"),
        (["import", FIXTURES / "scores.csv", "--dry-run", "--format", "tabel"], "did you mean 'table'"),
        (["import", FIXTURES / "scores.csv", "--dry-run", "--duplicates", "both"], "unknown duplicates 'both'"),
        (["import", NO_RESULTS, "--dry-run"], "is a folder of no known format; give the files in it"),
        (["show", "absent"], "absent: no such file"),
        (["show", NO_RESULTS], "is not a store"),
        (["show", FIXTURES / "questions.tsv"], "holds no scores"),
        (["show", FIXTURES / "scores.csv", "--by", "langage"], "unknown column 'langage'"),
        (["query", FIXTURES / "scores.csv", "drop table observations"], "only one select can be asked"),
        (["export", FIXTURES / "scores.csv", "--format", "xml"], "unknown format 'xml'"),
        (["compact", "absent"], "absent: is not a store"),
        (["fetch", "mtbe", "--into", "store"], "unknown public evidence 'mtbe'; did you mean 'mteb'"),
        (["describe", "absent", "absent.csv"], "absent.csv: no such file"),
    ],
)
def test_bad_input_ends_with_2_and_one_line(run, arguments, complaint):
    code, out, err = run("evidence", *arguments)
    assert code == 2
    assert out == ""
    assert err.startswith("error: ")
    assert complaint in err
    assert err.count("\n") == 1


def test_a_corrupt_part_is_one_line_of_warning_and_1(run, tmp_path):
    run("evidence", "import", FIXTURES / "scores.csv", "--into", tmp_path)
    (tmp_path / "part-bad.v1.parquet").write_text("not Parquet")
    code, out, err = run("evidence", "show", tmp_path)
    assert code == 1
    assert "topics" in out
    assert err == f"warning: {tmp_path / 'part-bad.v1.parquet'}: is not whole Parquet; skipped\n"


def test_nothing_is_written_if_any_file_fails(run, tmp_path):
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    code, _, err = run(
        "evidence", "import", FIXTURES / "scores.csv", tmp_path / "bad.csv", "--into", tmp_path / "store"
    )
    assert code == 2
    assert "bad.csv: no column and no header names languages (it has a, b)" in err
    assert not (tmp_path / "store").exists()


def test_what_is_unclear_is_written_to_a_mapping_file_to_edit(run, tmp_path):
    (tmp_path / "chess.csv").write_text("Language,Rook,Knight\nGerman,81.5,79.0\nSwahili,70.5,66.5\n")
    code, out, _ = run("evidence", "plan", tmp_path / "chess.csv", "--write-mapping", tmp_path / "map.toml")
    assert code == 0
    assert out.startswith("It can be read as table; assumed: model, metric, task, train.")
    written = f"Written to {tmp_path / 'map.toml'}: edit it,"
    assert written.replace(" ", "") in "".join(out.split())  # a line may end within a long path
    assert "2 languages in rows" in out
    code, out, _ = run("evidence", "import", tmp_path / "chess.csv", "--map", tmp_path / "map.toml", "--dry-run")
    assert code == 0
    assert out.startswith("4 scores of 1 file kept")


def test_notes_about_reading_name_options_and_in_other_commands_whose_they_are(run, tmp_path):
    (tmp_path / "chess.csv").write_text("Language,Rook,Knight\nGerman,81.5,79.0\nSwahili,70.5,66.5\n")
    for command in (["import", "--dry-run"], ["show", "--why"]):
        out = " ".join(run("evidence", *command, tmp_path / "chess.csv")[1].split())
        assert "to say otherwise: --metric --task --train" in out
    out = run("evidence", "import", tmp_path / "chess.csv", "--dry-run", "--json")[1]  # programs read fields
    assert "to say otherwise: metric=... task=... train=..." in out
    out = " ".join(run("rank", tmp_path / "chess.csv", "--why")[1].split())  # where --metric chooses among scores
    assert "to say otherwise: --metric --task --train (of 'isogloss evidence import')" in out


def test_hints_of_errors_name_what_takes_them(run, tmp_path):
    (tmp_path / "chess.csv").write_text("Language,Rook\nGerman,81.5/70.5\nSwahili,70.5/61.5\nHausa,60.5/51.5\n")
    err = run("forecast", tmp_path / "chess.csv", "--targets", "Zulu")[2]  # whose --metric chooses among scores
    assert err.endswith("give --metric f1/em, or whichever they are (of 'isogloss evidence import')\n")
    err = run("evidence", "show", tmp_path / "chess.csv")[2]
    assert err.endswith("give --metric f1/em, or whichever they are\n")
    twice = "model,task,metric,target,score,prompt\na,qa,f1,deu,.5,x\na,qa,f1,deu,.6,y\n"
    (tmp_path / "twice.csv").write_text(twice)
    err = run("rank", tmp_path / "twice.csv")[2]
    assert err.endswith("or choose --duplicates mean or --duplicates last (of 'isogloss evidence import')\n")
    with pytest.raises(InputError, match=r"metric=f1/em, or whichever they are \(of isogloss.read_evidence\)$"):
        isogloss.forecast(str(tmp_path / "chess.csv"), "Zulu")


def test_two_languages_of_one_name_are_told_apart(run, tmp_path):
    rows = "a,qa,accuracy,swa,0.5\na,qa,accuracy,swh,0.6\na,qa,accuracy,deu,0.7\n"
    (tmp_path / "scores.csv").write_text("model,task,metric,target,score\n" + rows)
    lines = run("evidence", "show", tmp_path / "scores.csv", "--by", "target")[1].splitlines()
    assert [line.rsplit(maxsplit=2)[0] for line in lines if line.endswith("00")] == [
        "German", "Swahili (swa)", "Swahili (swh)"
    ]  # fmt: skip


def test_a_plan_says_first_what_has_to_be_asked(run, tmp_path):
    (tmp_path / "scores.csv").write_text("Language,Helpfulness\nGerman,3.5\nSwahili,2.5\n")
    answer = json.loads(run("evidence", "plan", tmp_path / "scores.csv", "--json")[1])
    assert answer["verdict"].startswith("Not yet to be read, ")
    assert "unclear" in {row["flag"] for row in answer["flags"]}


@pytest.mark.parametrize(("rows", "asked"), [
    ("m,asr,DER,de,,0.2\n", "unknown metric 'DER' (did you mean"),
    ("m,ner,f1,de,,0.2\nm,ner,f1,sw,,31.5\n", "percentages mixed with fractions in ner f1"),
    ("m,ner,f1,de,,0.2\nm,ner,f1,de,,0.3\n", "0.2 here and 0.3 in row 1 for the same observation"),
])  # fmt: skip
def test_a_plan_asks_what_the_import_would_refuse(run, tmp_path, rows, asked):
    path = tmp_path / "scores.csv"
    path.write_text(f"model,task,metric,target,train,score\n{rows}")
    answer = json.loads(run("evidence", "plan", path, "--json")[1])
    assert answer["verdict"].startswith(f"Not yet to be read, 1 question open: {path} row ")
    assert asked in answer["verdict"]
