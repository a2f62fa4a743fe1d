"""Kinds of input that were once misread without a word: each is read right now, or asked about."""

from __future__ import annotations

import json

import pytest

from isogloss.errors import BadValue, ConflictingScores
from isogloss.evidence import import_files, read_evidence
from isogloss.evidence.read import read_options

HEADER = "model,task,metric,target,train,score\n"


@pytest.fixture
def write(tmp_path):
    def write(content: object, name: str = "scores.csv"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


def columns(evidence, *names):
    return evidence.observations.select(names).rows()


def report(path, **options):
    told = read_options(
        options.get("task"), options.get("model"), None, None, options.get("mapping"), None, None, "error",
        train=options.get("train"),
    )  # fmt: skip
    return import_files([path], told, format=options.get("format"), dry_run=True).files[0]


# -- translation --


def test_source_and_target_of_a_translation_are_a_pair_and_no_training(write):
    path = write("source,target,bleu\neng_Latn,fra_Latn,38.5\nfra_Latn,eng_Latn,40.0\neng_Latn,yor_Latn,8.5\n")
    assert columns(read_evidence(path, task="flores", model="m"), "target", "pair", "train") == [
        *[("fra", "eng-x", ""), ("fra", "x-eng", ""), ("yor", "eng-x", "")]
    ]


def test_source_and_target_of_a_classifier_are_training_and_test(write):
    evidence = read_evidence(write("source,target,macro_f1\nen,de,61.5\nen,yo,40.0\n"), task="t", model="m")
    assert columns(evidence, "train", "target", "pair") == [("eng", "deu", None), ("eng", "yor", None)]
    assert any("train: the column 'source'" in note for note in evidence.notes)


@pytest.mark.parametrize("written", ["fi-et", "fi_et", "fin-est", "fin_Latn-est_Latn", "fi→et", "Finnish -> Estonian"])
def test_two_codes_with_a_hyphen_are_a_pair_where_scores_are_of_translations(write, written):
    path = write(f"{HEADER}m,news,chrf,{written},,48.5\n")
    assert columns(read_evidence(path), "target", "pair") == [("est", "fin-x")]


def test_two_codes_with_a_hyphen_are_asked_about_where_they_may_be_a_country(write):
    with pytest.raises(BadValue, match="'fi-et' may be a pair of languages, or a language of a country; write a pair"):
        read_evidence(write(f"{HEADER}m,nli,accuracy,fi-et,,48.5\n"))


def test_locales_stay_languages(write):
    path = write(HEADER + "".join(f"m,nli,accuracy,{code},,48.5\n" for code in ("pt-br", "zh-tw", "km-KH", "sr-latn")))
    assert columns(read_evidence(path), "target") == [("por",), ("zho_Hant",), ("khm",), ("srp_Latn",)]


def test_rows_and_columns_of_languages_are_pairs_where_the_metric_is_of_translations(write):
    text = "chrF,eng,fra,yor\neng,,60.5,20.5\nfra,62.5,,19.5\n"
    assert columns(read_evidence(write(text)), "target", "pair", "metric") == [
        *[("fra", "eng-x", "chrF"), ("yor", "eng-x", "chrF"), ("fra", "x-eng", "chrF"), ("yor", "fra-x", "chrF")]
    ]
    with pytest.raises(BadValue, match="rows and columns both name languages: which are tested"):
        read_evidence(write(text.replace("chrF", "")))


# -- summaries --


@pytest.mark.parametrize(
    "name", ["all", "avg", "AVG", "Average", "ave", "mean", "min", "max", "std", "median", "overall", "low", "Total"]
)
def test_a_summary_of_languages_is_no_language(write, name):
    rows = report(write(f"{HEADER}m,t,f1,de,en,71.5\nm,t,f1,sw,en,50.5\nm,t,f1,{name},en,61.0\n"))
    assert (rows.kept, rows.dropped) == (2, {f"a summary of several languages: '{name}'": 1})


def test_minangkabau_among_codes_of_three_letters_stays_a_language(write):
    path = write(
        HEADER + "".join(f"m,nusax,f1,{code},,0.5{place}\n" for place, code in enumerate(("ace", "ban", "min")))
    )
    assert read_evidence(path).targets == ["ace", "ban", "min"]


def test_a_summary_that_was_trained_on_is_refused(write):
    with pytest.raises(BadValue, match="row 1: 'all' is no language; name the languages it stands for"):
        read_evidence(write(f"{HEADER}m,ner,f1,de,en,71.5\nm,ner,f1,de,all,81.5\n"))


def test_a_summary_can_be_said_to_be_a_language(write):
    path = write(f"{HEADER}m,t,f1,all,,71.5\n")
    assert read_evidence(path, languages={"all": "all"}).targets == ["all"]


def test_averages_of_xtreme_are_dropped(write):
    rows = report(
        write({"xnli": {"accuracy": {"de": 70.5, "sw": 60.5, "all": 65.5}}}, "x.json"),
        format="xtreme",
        model="m",
        train="en",
    )
    assert (rows.kept, sum(rows.dropped.values())) == (2, 1)


def test_a_column_that_counts_items_is_no_model(write):
    text = "dataset,version,metric,mode,total_count,m\nmgsm_fr,1a,accuracy,gen,25,40.00\nmgsm_sw,1a,accuracy,gen,25,-\n"
    evidence = read_evidence(write(text, "summary_20260101_000000.csv"))
    assert columns(evidence, "model", "items", "score") == [("m", 25, 0.4)]


# -- what tells runs apart --


def lm_eval(score=0.5, version=0, arguments="pretrained=org/m", shots=0, **more):
    return {
        "results": {"belebele_yor_Latn": {"acc,none": score, "acc_stderr,none": 0.02}},
        "configs": {"belebele_yor_Latn": {"num_fewshot": shots}},
        "versions": {"belebele_yor_Latn": version},
        "n-shot": {"belebele_yor_Latn": shots},
        "config": {"model": "hf", "model_args": arguments},
        **more,
    }


VARIANTS = {
    "plain": lm_eval(),
    "half": lm_eval(arguments="pretrained=org/m,dtype=float16"),
    "8bit": lm_eval(arguments="pretrained=org/m,load_in_8bit=True"),
    "step": lm_eval(arguments="pretrained=org/m,revision=step2000"),
    "file": lm_eval(arguments="pretrained=org/m,gguf_file=m.Q8_0.gguf"),
    "chat": lm_eval(chat_template="{{ m }}", chat_template_sha="ff"),
    "version": lm_eval(version=3),
    "shots": lm_eval(shots=5),
}


def test_runs_that_differ_in_how_the_model_was_loaded_or_asked_are_different_observations(write):
    paths = [write(run | {"score": 0}, f"results_{name}.json") for name, run in VARIANTS.items()]
    evidence = read_evidence(*paths)
    assert len(evidence) == len(VARIANTS)
    assert set(evidence.observations["model_revision"]) == {None, "float16", "8bit", "step2000", "m.Q8_0.gguf"}
    assert set(evidence.observations["recipe"]) == {"in-context", "in-context+chat", "in-context+v3"}


def test_shots_of_old_results_are_in_their_config(write):
    def old(shots, score):
        return {
            "results": {"xcopa_ht": {"acc": score, "acc_stderr": 0.02}, "mgsm_te": {"acc": score, "acc_stderr": 0.02}},
            "versions": {"xcopa_ht": 0, "mgsm_te": 0},
            "config": {"model": "hf-causal", "model_args": "pretrained=org/m", "num_fewshot": shots},
        }

    evidence = read_evidence(write(old(0, 0.5), "m_0.json"), write(old(8, 0.625), "m_8.json"))
    assert sorted(columns(evidence, "task", "target", "shots", "score")) == [
        *[("mgsm", "tel", 0, 0.5), ("mgsm", "tel", 8, 0.625), ("xcopa", "hat", 0, 0.5), ("xcopa", "hat", 8, 0.625)]
    ]


def test_a_conflict_names_what_differs(write):
    text = HEADER.replace("score", "score,prompt") + "m,nli,accuracy,de,,0.5,short\nm,nli,accuracy,de,,0.25,long\n"
    with pytest.raises(
        ConflictingScores, match=r"they differ in prompt \(short, long\); call the column 'prompt' recipe"
    ):
        read_evidence(write(text))


@pytest.mark.parametrize("names", [("zero-shot", "lora"), ("1", "2")])
def test_a_column_called_recipe_is_the_recipe_however_it_is_written(write, names):
    head = "Language,Model,Task,Metric,Train,Recipe,Score\n"
    rows = [f"German,m,t,accuracy,en:100,{name},0.{place}\n" for place, name in enumerate(names, 4)]
    evidence = read_evidence(write(head + "".join(rows)))
    assert columns(evidence, "recipe", "score") == [(names[0], 0.4), (names[1], 0.5)]


# -- languages --


def test_a_name_goes_ahead_of_a_code_among_names(write):
    evidence = read_evidence(write("language,f1\nEwe,0.5\nFon,0.5\nGa,0.25\nTwi,0.5\n"), task="t", model="m")
    assert evidence.targets == ["ewe", "fon", "gaa", "twi"]
    assert "'Ga' is read as Ga (gaa), not as Irish (gle)" in evidence.notes
    assert read_evidence(write("lang,f1\nen,0.5\nga,0.25\n"), task="t", model="m").targets == ["eng", "gle"]


def test_a_language_of_the_past_among_names_of_today_is_the_one_spoken(write):
    evidence = read_evidence(write("language,f1\nEgyptian,0.5\nTunisian Arabic,0.5\n"), task="t", model="m")
    assert evidence.targets == ["aeb", "arz"]
    assert any("'Egyptian' is read as Egyptian Arabic" in note for note in evidence.notes)


def test_codes_of_countries_stand_together(write):
    evidence = read_evidence(write("lang,f1\ncz,0.5\nkr,0.5\nse,0.5\nfr,0.5\n"), task="t", model="m")
    assert evidence.targets == ["ces", "fra", "kor", "swe"]
    alone = read_evidence(write("lang,f1\nse,0.5\nfr,0.5\n"), task="t", model="m")
    assert alone.targets == ["fra", "sme"]


def test_treebanks_are_languages_and_never_variants(write):
    names = ("en_gum", "de_hdt", "no_nynorsk", "no_bokmaal", "fr_sequoia", "UD_Yoruba-YTB")
    path = write(HEADER + "".join(f"m,parsing,las,{name},,80.5\n" for name in names))
    assert columns(read_evidence(path), "target") == [("eng",), ("deu",), ("nno",), ("nob",), ("fra",), ("yor",)]


def test_what_is_not_there_is_not_min_nan(write):
    lines = '{"model":"m","task":"t","metric":"f1","target":"de","train":NaN,"score":0.5}\n'
    assert columns(read_evidence(write(lines, "a.jsonl")), "train") == [("",)]
    assert columns(read_evidence(write(f"{HEADER}m,t,f1,de,NaN,0.5\n")), "train") == [("",)]
    with pytest.raises(BadValue, match="'nan' may be Min Nan Chinese, or a value that is not there"):
        read_evidence(write(f"{HEADER}m,t,f1,de,nan,0.5\n"))


@pytest.mark.parametrize("task", ["ner", "pos", "nli"])
def test_a_task_is_no_language(write, task):
    results = {f"eval_{task}_f1": 0.5, f"eval_{task}_loss": 0.5, f"eval_{task}_runtime": 1.0}
    with pytest.raises(BadValue, match=f"nothing says the language of 1 evaluation set: eval_{task}"):
        report(write(results, "eval_results.json"), format="hf-trainer", model="m", task="t", train="en")


# -- scales and directions --


@pytest.mark.parametrize("metric", ["PER", "DER", "err_rate", "hallucination_rate", "testWER", "MOS", "fertility"])
def test_a_metric_that_nobody_knows_is_asked_about(write, metric):
    with pytest.raises(BadValue, match=f"unknown metric '{metric}'.*better=higher or lower"):
        read_evidence(write(f"{HEADER}m,t,{metric},de,,0.25\n"))


@pytest.mark.parametrize(("metric", "better", "score"), [("MetricX", False, 7.5), ("brier_score", False, 0.2)])
def test_scores_on_other_scales_stay_as_they_are(write, metric, better, score):
    evidence = read_evidence(write(f"{HEADER}m,t,{metric},de,,{score}\n"))
    assert columns(evidence, "score", "scale", "higher_is_better") == [(score, "raw", better)]


@pytest.mark.parametrize(("metric", "scores"), [("wer", (0.12, 31.5)), ("cer", (0.04, 12.0)), ("comet", (0.84, 79.5))])
def test_fractions_and_percentages_of_a_metric_without_bounds_are_not_mixed(write, metric, scores):
    path = write(
        HEADER + "".join(f"m,t,{metric},{code},,{score}\n" for code, score in zip("de sw".split(), scores, strict=True))
    )
    with pytest.raises(BadValue, match=f"percentages mixed with fractions in t {metric}"):
        read_evidence(path)
    assert len(read_evidence(path, scale="raw")) == 2


# -- columns --


def test_a_column_of_numbers_in_no_melt_is_counted(write):
    mapping = write('[values]\ntask = "t"\nmetric = "f1"\ntrain = ""\n[melt]\nde = { target = "de" }\n', "map.toml")
    rows = report(write("model,de,ur\na,70.5,40.5\nb,71.5,41.5\n"), mapping=mapping)
    assert (rows.rows, rows.kept, rows.dropped) == (4, 2, {"column 'ur' is in no [melt]": 2})


def test_records_of_pandas_are_a_table(write):
    record = dict(zip(HEADER.strip().split(","), ("m", "t", "f1", "de", "en", 0.5), strict=True))
    assert columns(read_evidence(write([record, record | {"target": "sw"}], "a.json")), "target") == [
        ("deu",),
        ("swa",),
    ]


# -- two runs that look like one --


def test_a_second_run_that_differs_in_what_no_column_holds_is_named_when_it_is_imported(tmp_path, write):
    first = write("model,task,metric,language,score,temperature\nm,t,f1,de,0.5,0\nm,t,f1,sw,0.25,0\n", "a.csv")
    second = write("model,task,metric,language,score,temperature\nm,t,f1,de,0.75,1\nm,t,f1,sw,0.25,1\n", "b.csv")
    assert import_files([first], into=tmp_path / "store").notes == ()
    (note,) = import_files([second], into=tmp_path / "store").notes
    assert note.startswith(
        "1 score in the store was recorded differently before, of which the last recorded counts: m, t, f1, target deu "
        "was 0.5 and is 0.75 here; they differ in temperature (0, 1); file ("
    )
    assert note.endswith("if these are different runs, import them with recipe=... of their own")
