"""Several languages in one training: what a grid may say, which examples are drawn, and what is written of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lab.conftest import TRAINED

from isogloss.errors import BadValue, InputError
from isogloss.evidence.store import Store
from isogloss.lab import findings, measured_costs, plan_grid, read_grid, run_grid
from isogloss.lab.job import Bench
from isogloss.lab.run import read_benches
from isogloss.lab.source import Source
from isogloss.questions.curve import CurveQuestion
from isogloss.questions.grids import ShowGridQuestion

Rows = list[dict[str, str]]


def with_sources(path: Path, sources: str, *, sizes: str = "sizes = [12]") -> Path:
    text = path.read_text().replace("sizes = [12, 30]", f"sources = {sources}\n{sizes}")
    path.write_text(text.replace("{ 12 = [0, 1], 30 = [0] }", "[0]"))
    return path


def bench(path: Path) -> Bench:
    (only,) = read_benches(read_grid(path))
    return only


def drawn(one: Bench, place: int) -> dict[str, list[str]]:
    """The items of each language that a job learns from."""
    learnt, found = sorted({code for job in one.jobs for code in job.sizes}), {}
    for code in one.jobs[place].sizes:
        rows = one.jobs[place].training.rows - TRAINED * learnt.index(code)
        found[code] = [one.task.train[code].items[row] for row in rows if 0 <= row < TRAINED]
    return found


weights = st.lists(st.integers(1, 50), min_size=1, max_size=6)


@given(weights, st.integers(0, 200))
def test_shares_grow_with_the_size(numbers: list[int], size: int) -> None:
    """Every example is somebody's; a larger size takes none away."""
    source = Source(tuple((f"l{place}", float(number)) for place, number in enumerate(numbers)))
    smaller, larger = source.sizes(size), source.sizes(size + 1)
    assert sum(smaller.values()) == size
    assert all(larger[code] >= smaller[code] for code in smaller)


@given(weights)
def test_numbers_given_are_kept(numbers: list[int]) -> None:
    source = Source(tuple((f"l{place}", number) for place, number in enumerate(numbers)), sum(numbers))
    assert [*source.sizes(sum(numbers)).values()] == numbers


def test_a_mix_is_even_or_has_shares_or_numbers(grid_file: Path) -> None:
    sources = '["eng", "eng+Finnish", { eng = 0.75, nld = 0.25 }, { ell = 7, fin = 2 }, { nld = 5 }]'
    sizes = sorted((job.sizes for job in bench(with_sources(grid_file, sources)).jobs), key=str)
    assert sizes == [
        {"ell": 7, "fin": 2}, {"eng": 12}, {"eng": 6, "fin": 6}, {"eng": 9, "nld": 3}, {"nld": 5},
    ]  # fmt: skip


def test_sizes_are_not_needed_where_every_source_has_numbers(grid_file: Path) -> None:
    path = with_sources(grid_file, "[{ eng = 20, fin = 4 }]", sizes="")
    assert [str(job) for job in bench(path).jobs] == ["eng:20,fin:4 seed 0"]


def test_seeds_may_be_given_for_the_number_of_a_mix(grid_file: Path) -> None:
    path = with_sources(grid_file, "[{ eng = 20, fin = 4 }]", sizes="")
    path.write_text(path.read_text().replace("seeds = [0]", "seeds = { 24 = [3, 4] }"))
    assert [job.seed for job in bench(path).jobs] == [3, 4]


def test_a_mix_has_the_items_of_one_language_each_in_one_of_its_own(grid_file: Path) -> None:
    """So what differs between a mix and a single language is the language, and not what is learnt of."""
    one = bench(with_sources(grid_file, '["eng", "eng+fin+ell"]'))
    alone, mixed = drawn(one, 0)["eng"], drawn(one, 1)
    assert sorted(item for items in mixed.values() for item in items) == sorted(alone)
    assert [len(items) for items in mixed.values()] == [4, 4, 4]


def test_items_stand_twice_only_where_there_are_no_others(grid_file: Path) -> None:
    one = bench(with_sources(grid_file, "[{ eng = 25, fin = 20 }]", sizes=""))
    items = drawn(one, 0)
    assert len({*items["eng"], *items["fin"]}) == TRAINED
    assert len({*items["eng"]}) == 25
    assert len({*items["fin"]}) == 20


def test_the_order_of_languages_and_the_way_a_mix_is_written_make_no_other_job(grid_file: Path) -> None:
    one = bench(with_sources(grid_file, '["eng+fin", "fin+English", { eng = 6, fin = 6 }, { fin = 0.5, eng = 0.5 }]'))
    assert [job.sizes for job in one.jobs] == [{"eng": 6, "fin": 6}]


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        ('["eng+deu"]', "unknown language of the task 'deu'"),
        ('["eng+English"]', "'English' stands twice in a source"),
        ('["eng+eng"]', "a language stands twice in 'eng+eng'"),
        ("[{ eng = 0.5, fin = 0.6 }]", "neither numbers of examples nor shares that add up to 1"),
        ("[{ eng = 1, fin = 0.5 }]", "write { eng = 100, swh = 50 }, or { eng = 0.9, swh = 0.1 }"),
        ("[{ eng = 0, fin = 5 }]", "neither numbers of examples nor shares"),
        ("[{}]", "neither numbers of examples nor shares"),
        ("[{ eng = 31, fin = 5 }]", "'eng' has 30 training examples, 31 are asked for"),
        ("[{ eng = 0.99, fin = 0.01 }]", "'fin' has none of 12 examples of the source eng+fin"),
    ],
)
def test_what_is_no_mix_is_refused_in_one_line(grid_file: Path, sources: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        bench(with_sources(grid_file, sources))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_mixes_that_are_too_large_can_be_left_out(grid_file: Path) -> None:
    path = with_sources(grid_file, "[{ eng = 31, fin = 5 }, { eng = 5, fin = 5 }]", sizes="leave_out_small = true")
    one = bench(path)
    assert (len(one.jobs), one.left_out) == (1, ["eng:31"])


def test_a_mix_learns_each_of_its_languages(grid_file: Path, tmp_path: Path) -> None:
    """English says nothing of Greek, which has other letters; a mix of both answers in both, on the same items."""
    store = Store(tmp_path / "store")
    path = with_sources(grid_file, '["eng", "eng+ell"]', sizes="sizes = [30]")
    run_grid(read_grid(path), store)
    observations = store.read().observations.filter(metric="accuracy", target="ell")
    scores = dict(observations.select("train", "score").iter_rows())
    assert scores["eng:30"] < 0.5
    assert scores["ell:15,eng:15"] > 0.9
    assert run_grid(read_grid(path), store).run == 0


def test_tables_and_pictures_name_the_mix(grid_file: Path, tmp_path: Path) -> None:
    """A target of the mix counts as one that was trained on."""
    store = Store(tmp_path / "store")
    path = with_sources(grid_file, '["eng", "eng+ell", { eng = 10, fin = 2 }]')
    run_grid(read_grid(path), store)
    found = findings(read_grid(path), store).of_metric("accuracy")
    assert set(found.cells()["source"]) == {"eng", "ell:6,eng:6", "eng:10,fin:2"}
    within = pl.col("source").str.contains(pl.col("target"), literal=True)
    summary = found.summary().row(0, named=True)
    assert summary["within"] == pytest.approx(found.cells().filter(within)["score"].mean())
    assert summary["across"] == pytest.approx(found.cells().filter(~within)["score"].mean())
    answer = ShowGridQuestion(store=str(store.path), grid=path).answer()
    drawn_rows = json.dumps(answer.picture().to_dict())
    assert all(name in drawn_rows for name in ("Greek + English", "10 English + 2 Finnish"))


def test_examples_of_a_target_come_beside_a_mix(grid_file: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    path = with_sources(grid_file, '["eng+nld"]', sizes="sizes = [12]\nshots = [0, 6]")
    run_grid(read_grid(path), store)
    assert set(store.read().observations["train"]) == {"eng:6,nld:6", "eng:6,fin:6,nld:6", "ell:6,eng:6,nld:6"}
    changes = findings(read_grid(path), store).of_metric("accuracy").changes().row(0, named=True)
    assert changes["trainings"] == 2
    assert changes["gain"] > 0


def test_a_plan_tries_the_languages_of_a_mix(grid_file: Path) -> None:
    row = plan_grid(read_grid(with_sources(grid_file, '["eng+ell"]'))).row(0, named=True)
    assert (row["jobs"], row["basis"]) == (1, "tried on 3 languages")
    assert row["minutes"] > 0


RECIPES = {
    "linear-probe": "",
    "fine-tune": "epochs = 1",
    "lora": "epochs = 1",
    "bitfit": 'epochs = 1\nselect = "best"',
    "checkpoint-average": "epochs = 1\naveraged = 1",
    "run-average": "epochs = 1\nruns = 2",
    "prompt-tuning": "epochs = 1\nlength = 2\nmax_length = 32",
    "sequential-transfer": "settings = { epochs = 1 }",
}


@pytest.mark.filterwarnings("ignore:unknown to the tokenizer")
def test_every_recipe_that_trains_takes_a_mix(grid_file: Path, checkpoint: Path, tmp_path: Path) -> None:
    listed = "\n".join(f'[[recipe]]\nname = "{name}"\n{lines}' for name, lines in RECIPES.items())
    path = with_sources(grid_file, '["eng+nld"]')
    model = f'[[model]]\ncheckpoint = "{checkpoint}"\ncalled = "tiny"\n'
    path.write_text(path.read_text().replace('[recipe]\nname = "ngram-logreg"', model + listed))
    store = Store(tmp_path / "store")
    report = run_grid(read_grid(path), store)
    assert (report.run, report.failed) == (len(RECIPES), [])
    assert set(store.read().observations["train"]) == {"eng:6,nld:6"}


def test_a_layer_is_chosen_on_validation_data_of_every_language(
    rows: Rows, write: Callable[..., Path], checkpoint: Path
) -> None:
    for row in rows:
        row["split"] = "dev" if row["split"] == "test" and int(row["id"]) % 2 else row["split"]
    path = with_sources(write(rows), '["eng+nld"]')
    recipe = f'[recipe]\nname = "linear-probe"\ncheckpoint = "{checkpoint}"'
    path.write_text(path.read_text().replace('[recipe]\nname = "ngram-logreg"', recipe))
    one = bench(path)
    assert len(one.jobs[0].training.dev_rows) == 2 * len(one.task.dev["eng"])


TRANSLATING = """[recipe]
name = "translate-train"
models = "all"
with_source = true
translator = { name = "file", file = "translations.tsv" }
"""


def test_a_mix_is_translated_into_every_target(
    grid_file: Path, rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """7 English and 5 Finnish examples: Greek and Dutch have them all translated, Finnish and English the others'."""
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path / "cache"))
    table = pl.DataFrame(rows)
    pairs = table.join(table, on="id", suffix="_into").filter(pl.col("lang") != pl.col("lang_into"))
    columns = {"from": "lang", "language": "lang_into", "item": "id", "text": "text_into"}
    pairs.select(**{to: pl.col(name) for to, name in columns.items()}).write_csv(
        tmp_path / "translations.tsv", separator="\t"
    )
    path = with_sources(grid_file, "[{ eng = 7, fin = 5 }]", sizes="")
    plain = path.read_text()
    path.write_text(plain.replace('[recipe]\nname = "ngram-logreg"', TRANSLATING))
    store = Store(tmp_path / "store")
    assert run_grid(read_grid(path), store).failed == []
    mix = "ell+translated:12,eng:7,eng+translated:5,fin:5,fin+translated:7,nld+translated:12"
    assert set(store.read().observations["train"]) == {mix}
    costs = measured_costs(findings(read_grid(path), store)).row(0, named=True)
    assert (costs["labels"], costs["translated_examples"], costs["translated_per_query"]) == (12, 36, 0)
    tested = TRANSLATING.replace("translate-train", "translate-test").replace(
        'models = "all"\nwith_source = true\n', ""
    )
    path.write_text(plain.replace('[recipe]\nname = "ngram-logreg"', tested))
    with pytest.raises(BadValue, match=r"translate-test learns from one language, not from eng\+fin"):
        bench(path)


def test_scores_are_followed_over_the_number_of_languages(grid_file: Path, tmp_path: Path) -> None:
    """Laws count the languages of a mix as they do in any other evidence."""
    sources = '["eng", "fin", "nld", "eng+ell", "fin+ell", "eng+fin", "eng+fin+ell", "eng+fin+ell+nld"]'
    store = Store(tmp_path / "store")
    run_grid(read_grid(with_sources(grid_file, sources, sizes="sizes = [24]")), store)
    answer = CurveQuestion(evidence=[str(store.path)], metric="accuracy", vary="languages", target="Greek").answer()
    assert answer.sentences[0].startswith("Greek: ")
    assert "1 to 4 training languages" in answer.sentences[0] or "with 1 training language," in answer.sentences[0]
    assert answer.table["size"].to_list() == [1, 2, 4]
