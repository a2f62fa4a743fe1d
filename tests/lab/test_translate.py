"""Translating: what goes in comes out in its order, once; and what it is good for in training and in testing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isogloss.errors import BadFile, BadValue, InputError, UnknownName
from isogloss.evidence import observation_keys
from isogloss.evidence.store import Store
from isogloss.extras import MissingExtra
from isogloss.lab import compare_recipes, findings, plan_grid, read_grid, run_grid
from isogloss.lab.translate import Passage, Translator, read_translator, translators
from isogloss.lab.translate.apertium import from_stream, installed, to_stream
from isogloss.lab.translate.texts import Batch, Texts, translate_batch, translate_texts
from isogloss.models.inputs import TEXT, Choice, ChoiceType

needs_apertium = pytest.mark.skipif(
    not installed("spa", "cat"), reason="needs Apertium: apt-get install apertium apertium-spa-cat"
)


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


@dataclass(frozen=True)
class Shouting(Translator):
    """Capitals, with the number of texts that were translated together; says what it was asked."""

    name: ClassVar[str] = "shouting"
    asked: ClassVar[list[list[str]]] = []

    @property
    def together(self) -> int:
        return 3

    def check(self, pairs: Sequence[tuple[str, str]]) -> None:
        return None

    def describe(self, origin: str, into: str) -> str:
        return "shouting 1"

    def translate(self, passages: Sequence[Passage], origin: str, into: str) -> list[str]:
        self.asked.append([passage.text for passage in passages])
        return [f"{passage.text.upper()}{len(passages)}" for passage in passages]


@pytest.fixture
def shouting() -> Shouting:
    """A translator that knows what it was asked."""
    Shouting.asked.clear()
    return Shouting()


def texts(inputs: list[Any], wanted: Sequence[bool] | None = None) -> Texts:
    chosen = np.ones(len(inputs), bool) if wanted is None else np.array(wanted)
    input_type = ChoiceType() if isinstance(inputs[0], Choice) else TEXT
    return Texts(inputs, [str(place) for place in range(len(inputs))], chosen, "eng", "deu", input_type)


def test_every_text_is_translated_once(shouting: Shouting) -> None:
    once = translate_texts([texts(list("abcde"))], shouting, map)[0]
    again = translate_texts([texts(list("abcde"))], shouting, map)[0]
    assert once.inputs == again.inputs == ["A3", "B3", "C3", "D2", "E2"]
    assert shouting.asked == [["a", "b", "c"], ["d", "e"]]
    assert (once.figures == again.figures).all()  # the time is that of when it was done
    assert once.figures[:, :2].tolist() == [[1, 1]] * 5


def test_what_nobody_needs_is_not_translated_yet_batches_stay_the_same(shouting: Shouting) -> None:
    """What is translated together must not depend on how many examples a grid takes."""
    found = translate_texts([texts(list("abcdefg"), [False] * 4 + [True] + [False] * 2)], shouting, map)[0]
    assert shouting.asked == [["d", "e", "f"]]
    assert found.inputs == ["", "", "", "D3", "E3", "F3", ""]


def test_premise_and_choices_are_translated_each_by_itself(shouting: Shouting) -> None:
    found = translate_texts([texts([Choice("p", ("x", "yy"))])], shouting, map)[0]
    assert found.inputs == [Choice("P3", ("X3", "YY3"))]
    assert found.figures[0, :2].tolist() == [3, 4]


def test_damaged_translations_are_made_anew(shouting: Shouting) -> None:
    batch = Batch(shouting, (Passage("a"),), "eng", "deu")
    translate_batch(batch)
    batch.path.write_bytes(batch.path.read_bytes()[:20])
    assert translate_batch(batch).texts == ["A1"]
    assert len(shouting.asked) == 2


def test_what_cannot_be_kept_is_said(shouting: Shouting, cache: Path) -> None:
    cache.write_text("a file where the folder should be")
    with pytest.raises(BadFile, match=r"translations cannot be written.*ISOGLOSS_CACHE"):
        translate_batch(Batch(shouting, (Passage("a"),), "eng", "deu"))


@given(text=st.text())
@settings(max_examples=300)
def test_any_text_comes_back_from_the_stream_of_apertium(text: str) -> None:
    """Marks that mean something to Apertium are escaped, and nothing but the end of a text ends it."""
    stream = to_stream(text)
    assert "\0" not in stream
    assert from_stream(f"{stream}[]") == text.replace("\0", " ")


@needs_apertium
def test_apertium_translates_as_many_texts_as_it_gets() -> None:
    given = ["La casa es roja.", "", "a [b] ^c$ {d} <e> \\ @ / ~f", "dos\nlíneas.", "日本語", "¿Qué tal? Bien."]
    found = read_translator({"name": "apertium"}).translate([Passage(text) for text in given], "spa", "cat")
    assert found[0] == "La casa és vermella."
    assert found[1] == ""
    assert found[2] == given[2]
    assert found[3] == "dues\nlínies."
    assert found[4] == "日本語"
    assert found[5] == "Què tal? Bé."


@needs_apertium
def test_apertium_names_the_pairs_that_there_are() -> None:
    apertium = read_translator({"name": "apertium"})
    apertium.check([("spa", "cat"), ("cat", "spa")])
    with pytest.raises(InputError, match=r"from eus into zul; there are: .*spa-cat.* such as apertium-eus-zul"):
        apertium.check([("eus", "zul")])
    assert apertium.describe("spa", "cat").startswith("apertium 3")


def test_apertium_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from isogloss.lab.translate import apertium

    monkeypatch.setenv("PATH", "")
    apertium.translation_modes.cache_clear()
    with pytest.raises(MissingExtra, match=r"needs the program apertium; .*apt-get install apertium"):
        read_translator({"name": "apertium"}).check([("spa", "cat")])


def test_translators_are_found_by_name() -> None:
    assert translators.names() == ["apertium", "file", "seq2seq"]
    with pytest.raises(UnknownName, match="unknown key 'pairs'"):
        read_translator({"name": "apertium", "pairs": []})
