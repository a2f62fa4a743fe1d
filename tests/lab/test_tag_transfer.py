"""A tagger for a language without labels: the model is moved, or the labels are, or the test sentences."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from tests.lab.checkpoints import make_checkpoint

from isogloss.errors import BadValue
from isogloss.evidence.store import Store
from isogloss.lab import read_grid, run_grid

NOUNS, VERBS = (
    ("cat", "dog", "bird", "fox", "cow", "bee", "ant", "hen", "ewe", "owl"),
    ("runs", "sings", "eats", "naps"),
)
SPANISH = {word: word[::-1].upper() for word in (*NOUNS, *VERBS)}
BY = 'aligner = { name = "ibm1" }\ntranslator = { name = "file", file = "table.tsv" }\n'
TRAIN = f'[[transform]]\nname = "project"\ninto = "spa"\n{BY}'
TEST = f'[[transform]]\nname = "project"\non = "test"\n{BY}'
Measure = Callable[..., dict[str, float]]


@pytest.fixture
def measure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Measure:
    """Accuracy in Spanish, by recipe, of taggers of English sentences; Spanish has other words in turned order.

    `spoken` is said after each Spanish training sentence without a word for it in English; `untagged` stands in English
    ones, with no tag; with `strange` translations are those of any other sentences.
    """
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path / "cache"))

    def run(
        transforms: str, *, spoken: str = "", untagged: str = "", tested: str = "", strange: bool = False,
        recipe: str = 'name = "ngram-logreg"', target: str = "spa",
    ) -> dict[str, float]:  # fmt: skip
        rows, table = [], []
        pairs = [(noun, verb) for noun in NOUNS for verb in VERBS]
        others = random.Random(1).sample(pairs, len(pairs)) if strange else pairs
        for number, (noun, verb) in enumerate(pairs):
            shared = {"id": f"{number}", "split": "test" if number % 3 == 2 else "train"}
            gap = untagged if shared["split"] == "train" else tested
            words, tags = (f"{noun} {verb} {gap}", "NOUN VERB _") if gap else (f"{noun} {verb}", "NOUN VERB")
            rows.append({"lang": "eng", "words": words, "tags": tags, **shared})
            rows.append({"lang": "spa", "words": f"{SPANISH[verb]} {SPANISH[noun]}", "tags": "VERB NOUN", **shared})
            noun, verb = others[number]
            own = f"{SPANISH[verb]} {SPANISH[noun]} {spoken}"
            table.append({"language": "spa", "item": f"{number}", "text": own})
            table.append({"language": "eng", "item": f"{number}", "text": f"{noun} {verb}"})
        pl.DataFrame(rows).write_parquet(tmp_path / "tags.parquet")
        pl.DataFrame(table).write_csv(tmp_path / "table.tsv", separator="\t")
        (tmp_path / "grid.toml").write_text(
            '[task]\nname = "tags"\nkind = "token-tagging"\nfile = "tags.parquet"\nmetrics = ["accuracy"]\n'
            '[task.columns]\nlanguage = "lang"\nitem = "id"\nwords = "words"\ntags = "tags"\n'
            f'[recipe]\n{recipe}\n{transforms}[grid]\nsources = ["eng"]\ntargets = ["{target}"]\nsizes = [26]\n'
        )
        store = Store(tmp_path / "store")
        assert run_grid(read_grid(tmp_path / "grid.toml"), store).failed == []
        found = store.read().observations.filter(metric="accuracy").sort("recipe")
        return {name.split("(")[0]: score for name, score in found.select("recipe", "score").iter_rows()}

    return run


def notes(tmp_path: Path, recipe: str) -> dict[str, object]:
    found = Store(tmp_path / "store").read().observations.filter(pl.col("recipe").str.starts_with(recipe))
    details: dict[str, object] = json.loads(found["details"][0])
    return details


def test_labels_or_test_sentences_are_moved_where_the_model_knows_nothing(measure: Measure) -> None:
    found = measure(TRAIN + TEST)
    assert found["transform"] == found["project-test"] == 1.0
    assert found["ngram-logreg"] < 0.8


def test_translations_of_other_sentences_teach_nothing(measure: Measure) -> None:
    found = measure(TRAIN + TEST, strange=True)
    assert found["transform"] < 0.9
    assert found["project-test"] < 0.9


def test_words_that_no_tag_goes_to_are_left_out_and_their_sentences_are_not(measure: Measure, tmp_path: Path) -> None:
    assert measure(TRAIN, spoken="ZZZ")["transform"] == 1.0
    assert notes(tmp_path, "transform")["transformed_train"]["kept"] == 26  # type: ignore[index]


@pytest.mark.parametrize("name", ["ngram-logreg", "linear-probe", "fine-tune"])
def test_words_without_a_tag_in_a_file_are_not_learnt_from(measure: Measure, tmp_path: Path, name: str) -> None:
    """The word without a tag is in all training sentences; what is learnt of the others is right."""
    more = {"ngram-logreg": "", "linear-probe": "layer = 1", "fine-tune": "epochs = 30\nlearning_rate = 3e-3"}[name]
    if name != "ngram-logreg":
        more += f'\ncheckpoint = "{make_checkpoint(tmp_path / "encoder")}"\nmax_length = 32'
    found = measure("", untagged="uh", recipe=f'name = "{name}"\n{more}', target="eng")
    assert found[name] == 1.0


def test_a_word_to_be_tested_on_needs_a_tag(measure: Measure) -> None:
    with pytest.raises(BadValue, match="a word to be tested on has no tag, '_'"):
        measure("", tested="uh", target="eng")


def test_recipes_that_need_all_tags_say_so(measure: Measure, tmp_path: Path) -> None:
    recipe = f'name = "label-encoder"\ncheckpoint = "{make_checkpoint(tmp_path / "encoder")}"'
    with pytest.raises(BadValue, match="label-encoder does not learn from words without a tag, as there are in 'eng'"):
        measure("", untagged="uh", recipe=recipe)


def test_test_sentences_are_projected_into_the_source_alone(measure: Measure) -> None:
    with pytest.raises(BadValue, match="project of test texts is into the source, of all languages"):
        measure(TEST + 'into = "deu"\n')
