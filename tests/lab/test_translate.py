"""Translating in a grid: what it is good for in training and in testing."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from isogloss.errors import BadValue, InputError
from isogloss.evidence import observation_keys
from isogloss.evidence.store import Store
from isogloss.lab import compare_recipes, findings, plan_grid, read_grid, run_grid
from isogloss.texts import read_translator


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Translations that a test makes are no other test's."""
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def dictionary(rows: list[dict[str, str]], tmp_path: Path) -> Path:
    """Every text of the made-up task in each of the other languages, as somebody might have it."""
    table = pl.DataFrame(rows)
    pairs = table.join(table, on="id", suffix="_into").filter(pl.col("lang") != pl.col("lang_into"))
    path = tmp_path / "translations.tsv"
    columns = {"from": "lang", "language": "lang_into", "item": "id", "text": "text_into"}
    pairs.select(**{to: pl.col(name) for to, name in columns.items()}).write_csv(path, separator="\t")
    return path


RECIPES = """[[recipe]]
name = "ngram-logreg"

[[recipe]]
name = "translate-test"
translator = { name = "file", file = "translations.tsv" }

[[recipe]]
name = "translate-train"
base = { name = "ngram-logreg" }
translator = { name = "file", file = "translations.tsv" }

[[recipe]]
name = "translate-train"
models = "all"
with_source = true
translator = { name = "file", file = "translations.tsv" }
"""


@pytest.fixture
def grid(grid_file: Path, dictionary: Path) -> Path:
    """Four recipes from English to all four languages."""
    text = grid_file.read_text().replace('[recipe]\nname = "ngram-logreg"\n', RECIPES)
    text = text.replace("sizes = [12, 30]", 'sources = ["eng"]\nsizes = [30]').replace(
        "{ 12 = [0, 1], 30 = [0] }", "[0]"
    )
    grid_file.write_text(text)
    return grid_file


def accuracies(store: Store, recipe: str) -> dict[str, float]:
    found = store.read().observations.filter(pl.col("recipe").str.starts_with(recipe), metric="accuracy")
    return dict(found.select("target", "score").iter_rows())


def test_words_that_no_language_shares_are_carried_by_translating(grid: Path, tmp_path: Path) -> None:
    """Finnish and Greek have other words than English: chance without translating, all right with it, in any way."""
    store = Store(tmp_path / "store")
    run_grid(read_grid(grid), store)
    zero_shot = accuracies(store, "ngram-logreg")
    assert zero_shot["fin"] < 0.5
    assert zero_shot["ell"] < 0.5
    for recipe in ("translate-test", "translate-train(ngram-logreg,file:translations,from=eng)"):
        assert accuracies(store, recipe) == dict.fromkeys(("eng", "nld", "fin", "ell"), 1.0)
    assert (
        accuracies(store, "translate-train(ngram-logreg,file:translations,models=all,with_source=True)")["ell"] == 1.0
    )


def test_observations_say_what_was_learnt_from(grid: Path, tmp_path: Path) -> None:
    """Translated examples are of their own kind; the label says from which language, where the mix does not."""
    store = Store(tmp_path / "store")
    run_grid(read_grid(grid), store)
    found = store.read().observations.filter(metric="accuracy", target="fin").select("recipe", "train").rows()
    assert dict(found) == {
        "ngram-logreg": "eng:30",
        "translate-test(ngram-logreg,file:translations)": "eng:30",
        "translate-train(ngram-logreg,file:translations,from=eng)": "fin+translated:30",
        "translate-train(ngram-logreg,file:translations,models=all,with_source=True)": (
            "ell+translated:30,eng:30,fin+translated:30,nld+translated:30"
        ),
    }


def test_observations_say_what_was_translated_by_what(grid: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    run_grid(read_grid(grid), store)
    found = store.read().observations.filter(metric="accuracy", target="fin")
    said = {name: json.loads(details).get("translated") for name, details in found.select("recipe", "details").rows()}
    assert said["ngram-logreg"] is None
    tested = said["translate-test(ngram-logreg,file:translations)"]
    trained = said["translate-train(ngram-logreg,file:translations,from=eng)"]
    assert (tested["from"], tested["into"], tested["texts"]) == ("fin", "eng", 18)
    assert (trained["from"], trained["into"], trained["texts"]) == ("eng", "fin", 30)
    assert tested["by"].startswith("translations.tsv ")
    assert said["translate-train(ngram-logreg,file:translations,models=all,with_source=True)"]["texts"] == 90
    own = store.read().observations.filter(metric="accuracy", target="eng", recipe=found["recipe"][1])
    assert "translated" not in json.loads(own["details"][0])


def test_a_model_for_one_target_is_tested_on_that_alone(grid: Path, tmp_path: Path) -> None:
    """One training without translations, one for all targets, and four for one each: 7 jobs, 16 scores."""
    store = Store(tmp_path / "store")
    report = run_grid(read_grid(grid), store, executor="processes", workers=2)
    assert (report.jobs, report.run) == (7, 7)
    found = store.read().observations.filter(metric="accuracy")
    assert found.group_by("recipe").len()["len"].to_list() == [4, 4, 4, 4]
    assert run_grid(read_grid(grid), store).run == 0
    each = found.filter(pl.col("recipe").str.contains("from=eng"))
    assert each["origin"].n_unique() == 4
    assert store.read_items(observation_keys(each)).height == 4 * 18


def test_recipes_that_translate_are_compared_with_those_that_do_not(grid: Path, tmp_path: Path) -> None:
    """Pair by pair on the same test items: the three that translate are better than the one that does not."""
    store = Store(tmp_path / "store")
    run_grid(read_grid(grid), store)
    compared = compare_recipes(findings(read_grid(grid), store).of_metric("accuracy"), store)
    against = compared.filter(first="ngram-logreg")
    assert against.height == 3
    assert (against["p_holm"] < 0.05).all()
    assert (against["items"] == 18).all()


def test_plans_tell_how_much_there_is_to_translate(grid: Path, tmp_path: Path) -> None:
    planned = plan_grid(read_grid(grid), Store(tmp_path / "store"))
    assert planned["jobs"].to_list() == [1, 1, 1, 4]
    assert planned.filter(pl.col("recipe").str.starts_with("translate-test"))["basis"][0].endswith("to translate")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('translator = { name = "apertum" }', "unknown translator 'apertum'; did you mean 'apertium'?"),
        ('translator = { file = "translations.tsv" }', "translator has no name"),
        ('translator = "apertium"', "translator must be a table"),
        ('translator = { name = "file", file = "nowhere.tsv" }', "no such file of translations"),
        ('translator = { name = "file", path = "x" }', "unknown key 'path'"),
        ('base = { name = "ngram" }', "unknown recipe 'ngram'"),
        ('base = { name = "ngram-logreg", C = 0 }', "C must be a number above 0"),
        ('base = { name = "translate-test" }', "translate-test translates already"),
        ('models = "some"\n', "unknown models 'some'; known: all, each"),
        ("with_source = 1", "with_source must be true or false"),
    ],
)
def test_bad_parameters_are_refused_in_one_line(grid_file: Path, dictionary: Path, lines: str, said: str) -> None:
    more = "" if "translator" in lines else '\ntranslator = { name = "file", file = "translations.tsv" }'
    grid_file.write_text(
        grid_file.read_text().replace('name = "ngram-logreg"', f'name = "translate-train"\n{lines}{more}')
    )
    with pytest.raises(InputError) as caught:
        read_grid(grid_file)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_tags_are_refused_with_the_reason(grid_file: Path, dictionary: Path) -> None:
    text = grid_file.read_text().replace('name = "made-up topics"', 'name = "made-up"\nkind = "token-tagging"')
    text = text.replace('label = "topic"', 'words = "text"\ntags = "topic"')
    grid_file.write_text(
        text.replace('name = "ngram-logreg"', RECIPES[RECIPES.index('name = "translate-test"') :].split("\n\n")[0])
    )
    with pytest.raises(BadValue, match="not for token-tagging; tags belong to words"):
        read_grid(grid_file)


def test_examples_of_targets_are_refused(grid: Path) -> None:
    grid.write_text(grid.read_text().replace("sizes = [30]", "sizes = [30]\nshots = [0, 5]"))
    with pytest.raises(BadValue, match="translate-test learns from the source alone"):
        run_grid(read_grid(grid), Store(grid.parent / "store"))


def test_a_translation_that_is_missing_is_named(grid: Path, dictionary: Path, tmp_path: Path) -> None:
    lines = dictionary.read_text().splitlines(keepends=True)
    dictionary.write_text("".join(line for line in lines if not line.startswith("fin\teng\t31\t")))
    with pytest.raises(InputError, match="no translation of item '31' from fin into eng"):
        run_grid(read_grid(grid), Store(tmp_path / "store"))
    dictionary.write_text("".join(line for line in lines if not line.startswith("fin\teng")))
    with pytest.raises(InputError, match="has no translation from fin into eng"):
        run_grid(read_grid(grid), Store(tmp_path / "store"))


def test_two_translations_of_one_item_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "twice.tsv"
    path.write_text("language\titem\ttext\neng\t1\ta\neng\t1\tb\n")
    with pytest.raises(BadValue, match=r"twice.tsv row 1: item '1' stands twice in eng; .* column `from`"):
        read_translator({"name": "file", "file": str(path)}).check([("deu", "eng")])
