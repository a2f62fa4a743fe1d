"""Text transforms in a grid: every recipe as it is and on transformed texts, told apart, counted and compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from tests.lab.conftest import TOPICS, spell

from isogloss.errors import InputError
from isogloss.evidence.store import Store
from isogloss.lab import compare_recipes, findings, measured_costs, plan_grid, read_grid, run_grid

WORDS = [word for words in TOPICS.values() for word in words]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def dictionary(folder: Path, origin: str, into: str, name: str = "words.tsv") -> None:
    """Every word of the made-up task in another of its languages."""
    pairs = {"source": [spell(word, origin) for word in WORDS], "target": [spell(word, into) for word in WORDS]}
    pl.DataFrame(pairs).write_csv(folder / name, separator="\t")


def translations(folder: Path, rows: list[dict[str, str]], into: str = "fin") -> None:
    """Translations of all English texts into another language; every tenth comes back as it was."""
    table = pl.DataFrame(rows)
    own = table.filter(lang=into).select("id", own="text")
    made = table.filter(lang="eng").join(own, on="id").with_row_index()
    text = pl.when(pl.col("index") % 10 == 0).then("text").otherwise("own")
    made.select(language=pl.lit(into), item="id", text=text).write_csv(folder / "table.tsv", separator="\t")


def grid_with(write: Callable[..., Path], rows: list[dict[str, str]], transforms: str) -> Path:
    """English at one size against all languages, plain and with transforms."""
    path = write(rows)
    text = path.read_text().replace("sizes = [12, 30]", 'sources = ["eng"]\nsizes = [30]')
    path.write_text(text.replace("{ 12 = [0, 1], 30 = [0] }", "[0]").replace("[grid]", f"{transforms}\n[grid]"))
    return path


def scores(store: Store, start: str, metric: str = "accuracy") -> dict[str, float]:
    found = store.read().observations.filter(pl.col("recipe").str.starts_with(start), metric=metric)
    return dict(found.select("target", "score").iter_rows())


ON_TEST = (
    '[[transform]]\nname = "code-switch"\ndictionary = "words.tsv"\nrate = 1.0\non = "test"\nlanguages = ["fin"]\n'
)
ON_TRAIN = '[[transform]]\nname = "code-switch"\ndictionary = "words.tsv"\nrate = 1.0\n'


def test_test_texts_with_words_of_the_source_are_understood(
    write: Callable[..., Path], rows: list[dict[str, str]], tmp_path: Path
) -> None:
    """A planted world: Finnish has other words than English; with each replaced by its English one, all is right."""
    dictionary(tmp_path, "fin", "eng")
    grid, store = read_grid(grid_with(write, rows, ON_TEST)), Store(tmp_path / "store")
    report = run_grid(grid, store)
    assert (report.transforming.texts, report.transforming.kept, report.transforming.dropped) == (18, 18, 0)
    plain, switched = scores(store, "ngram-logreg"), scores(store, "transform(ngram-logreg,code-switch:words(rate=1.0)")
    assert plain["fin"] < 0.5
    assert switched["fin"] == 1.0
    assert {code: switched[code] for code in ("eng", "nld", "ell")} == {
        code: plain[code] for code in ("eng", "nld", "ell")
    }
    compared = compare_recipes(findings(grid, store).of_metric("accuracy"), store, by_target=True)
    by_target = {row["target"]: row for row in compared.iter_rows(named=True)}
    assert by_target["fin"]["p_holm"] < 0.01
    assert (by_target["ell"]["difference"], by_target["ell"]["p"]) == (0.0, 1.0)


def test_a_dictionary_that_changes_nothing_changes_no_score(
    write: Callable[..., Path], rows: list[dict[str, str]], tmp_path: Path
) -> None:
    """A null world: every word stands for itself, in training and in tests."""
    dictionary(tmp_path, "eng", "eng")
    transforms = '[[transform]]\nname = "code-switch"\ndictionary = "words.tsv"\nrate = 1.0\non = "both"\n'
    grid = read_grid(grid_with(write, rows, f'{transforms}languages = ["eng"]\n'))
    store = Store(tmp_path / "store")
    run_grid(grid, store)
    compared = compare_recipes(findings(grid, store).of_metric("accuracy"), store)
    assert compared.select("difference", "p").rows() == [(0.0, 1.0)]
    assert scores(store, "transform", "macro_f1") == scores(store, "ngram-logreg", "macro_f1")


def test_training_texts_with_words_of_a_target_teach_that_target(
    write: Callable[..., Path], rows: list[dict[str, str]], tmp_path: Path
) -> None:
    """Observations say what was transformed by what, how mixed it is and what it took; costs count it."""
    dictionary(tmp_path, "eng", "fin")
    grid, store = read_grid(grid_with(write, rows, ON_TRAIN.replace("1.0", "0.5"))), Store(tmp_path / "store")
    run_grid(grid, store)
    assert scores(store, "transform")["fin"] == 1.0
    found = store.read().observations.filter(pl.col("recipe").str.starts_with("transform"), target="fin")
    assert found["recipe"].unique().to_list() == ["transform(ngram-logreg,code-switch:words(rate=0.5))"]
    assert found["train"].unique().to_list() == ["eng:30"]
    said = json.loads(found["details"][0])["transformed_train"]
    assert said["by"] == "code-switch:words(rate=0.5)"
    assert (said["from"], said["into"], said["texts"], said["kept"], said["dropped"]) == ("eng", "eng", 30, 30, {})
    assert 0.3 < said["measures"]["eng"]["replaced"] < 0.7
    assert 20 < said["measures"]["eng"]["cmi"] <= 50
    costs = measured_costs(findings(grid, store).of_metric("accuracy"))
    assert dict(costs.select("recipe", "translated_examples").iter_rows()) == {
        "ngram-logreg": 0, "transform(ngram-logreg,code-switch:words(rate=0.5))": 30,
    }  # fmt: skip


def test_other_words_in_a_dictionary_are_another_run(
    write: Callable[..., Path], rows: list[dict[str, str]], tmp_path: Path
) -> None:
    dictionary(tmp_path, "eng", "fin")
    path, store = grid_with(write, rows, ON_TRAIN), Store(tmp_path / "store")
    assert run_grid(read_grid(path), store).run == 2
    assert run_grid(read_grid(path), store).run == 0
    dictionary(tmp_path, "eng", "ell")
    assert run_grid(read_grid(path), store).run == 1
    assert scores(store, "transform")["ell"] == 1.0


def test_levels_are_arms_and_each_language_has_its_dictionary(
    write: Callable[..., Path], rows: list[dict[str, str]], tmp_path: Path
) -> None:
    for language in ("fin", "ell"):
        dictionary(tmp_path, language, "eng", f"{language}.tsv")
    transforms = ON_TEST.replace("words.tsv", "{language}.tsv").replace("rate = 1.0", "levels = { rate = [0.0, 1.0] }")
    grid = read_grid(grid_with(write, rows, transforms.replace('["fin"]', '["fin", "ell"]')))
    store = Store(tmp_path / "store")
    run_grid(grid, store)
    assert len(grid.recipes) == 3
    assert scores(store, "transform(ngram-logreg,code-switch:{language}(rate=0.0)") == scores(store, "ngram-logreg")
    switched = scores(store, "transform(ngram-logreg,code-switch:{language}(rate=1.0)")
    assert (switched["fin"], switched["ell"]) == (1.0, 1.0)


def test_texts_that_cannot_be_transformed_are_not_learnt_from_and_are_answered_as_they_are(
    write: Callable[..., Path], rows: list[dict[str, str]], tmp_path: Path
) -> None:
    translations(tmp_path, rows)
    transforms = (
        '[[transform]]\nname = "translate"\ntranslator = { name = "file", file = "table.tsv" }\n'
        'on = "both"\ninto = "fin"\nlanguages = ["eng"]\n'
    )
    grid, store = read_grid(grid_with(write, rows, transforms)), Store(tmp_path / "store")
    report = run_grid(grid, store)
    assert (report.transforming.kept, report.transforming.dropped) == (43, 5)
    found = store.read().observations.filter(pl.col("recipe").str.starts_with("transform"), metric="accuracy")
    details = {row["target"]: json.loads(row["details"]) for row in found.iter_rows(named=True)}
    assert details["fin"]["transformed_train"]["dropped"] == {"came back as it was": 3}
    assert details["eng"]["transformed_test"]["dropped"] == {"came back as it was": 2}
    assert "transformed_test" not in details["fin"]
    assert ": table.tsv " in details["eng"]["transformed_test"]["by"]
    assert scores(store, "transform")["fin"] == 1.0
    assert scores(store, "transform")["eng"] > 0.8
    assert found["items"].to_list() == [18, 18, 18, 18]


def test_translating_into_targets_or_sources_is_the_recipe_of_that_name(
    write: Callable[..., Path], rows: list[dict[str, str]], tmp_path: Path
) -> None:
    translations(tmp_path, rows)
    table = 'translator = { name = "file", file = "table.tsv" }\n'
    transforms = f'[[transform]]\nname = "translate"\n{table}\n[[transform]]\nname = "translate"\non = "test"\n{table}'
    assert [recipe.label for recipe in read_grid(grid_with(write, rows, transforms)).recipes] == [
        "ngram-logreg", "translate-train(ngram-logreg,file:table)", "translate-test(ngram-logreg,file:table)",
    ]  # fmt: skip


def test_plans_tell_how_much_there_is_to_transform(
    write: Callable[..., Path], rows: list[dict[str, str]], tmp_path: Path
) -> None:
    dictionary(tmp_path, "fin", "eng")
    planned = plan_grid(read_grid(grid_with(write, rows, ON_TEST)), Store(tmp_path / "store"))
    assert planned["to_run"].to_list() == [1, 1]
    assert sum("characters to transform" in basis for basis in planned["basis"]) == 1


@pytest.mark.parametrize(
    ("transforms", "said"),
    [
        ('[[transform]]\nname = "code-swich"\n', "unknown text transform 'code-swich'; did you mean 'code-switch'?"),
        ('[[transform]]\nname = "code-switch"\n', "code-switch has no dictionary"),
        (ON_TRAIN.replace("words.tsv", "no.tsv"), "no.tsv"),
        (ON_TRAIN + 'into = "target"\n', "code-switch of train texts cannot go into the target"),
        ('[[transform]]\nname = "translate"\non = "both"\n', "translate has no language"),
        ('[[transform]]\nname = "translate"\nlanguages = ["eng"]\n', "are of all languages"),
        (ON_TRAIN + 'into = "klingonisch"\n', "unknown language 'klingonisch'"),
        (ON_TRAIN + 'on = "demos"\n', "unknown part of a run 'demos'"),
        (ON_TRAIN + 'languages = ["deu"]\n', "the grid has no language 'deu'"),
        (ON_TEST.replace('"fin"', '"ell"'), "has no word of these texts in ell"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_run(
    transforms: str, said: str, write: Callable[..., Path], rows: list[dict[str, str]], tmp_path: Path
) -> None:
    dictionary(tmp_path, "fin", "eng")
    with pytest.raises(InputError) as error:
        run_grid(read_grid(grid_with(write, rows, transforms)), Store(tmp_path / "store"))
    assert said in f"{error.value} {error.value.hint or ''}"
