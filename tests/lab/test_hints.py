"""Hints in prompts: what stands there, what it costs, and worlds in which it holds the answer or cannot."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.lab.checkpoints import make_taught

from isogloss.errors import InputError
from isogloss.evidence.store import Store
from isogloss.lab import Corpus, Recipe, Training, read_grid, recipes, run_grid, tasks

pytest.importorskip("torch", reason="needs the extra lab")
pytest.importorskip("regex", reason="needs the extra lab")

LETTERS = "mnopqrst"
WORDS = [f"{first}{second}{third}" for first in "abcd" for second in "aeiou" for third in "kl"]


def meaning(word: str) -> str:
    """What a word is in the language that nobody knows: a letter."""
    return LETTERS[(7 * WORDS.index(word) + 3) % len(LETTERS)]


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has no word of that language, and repeats the letter that stands between quotation marks."""

    def draw(chance: random.Random) -> tuple[str, str]:
        said = chance.choice(LETTERS)
        return f'"{chance.choice(WORDS)}" means "{said}".\n{chance.choice(WORDS)}=', said

    return make_taught(tmp_path_factory.mktemp("decoder") / "bytes", draw, steps=160)


@pytest.fixture
def dictionary(tmp_path: Path) -> Path:
    rows = [
        {"id": str(place), "eng": word, "deu": f"{word}en", "swh": meaning(word)} for place, word in enumerate(WORDS)
    ]
    pl.DataFrame(rows).write_csv(tmp_path / "words.csv")
    return tmp_path / "words.csv"


def make(decoder: Path, hint: dict[str, Any], **more: Any) -> Recipe:
    plain = {"checkpoint": str(decoder), "template": "{question}={answer}", "max_new": 1, "stop": ["."]}
    return recipes.get("in-context").read({**plain, "hint": hint, **more})


def prompts(recipe: Recipe, questions: list[str], language: str = "swh", items: list[str] | None = None) -> list[str]:
    names = {"train_items": [[]], "test_items": [items]} if items else {}
    corpus = Corpus([[]], [questions], [language], tasks.get("generation")(), ["m"], [language], **names)
    prepared = recipe.prepare(corpus, map)
    fitted = recipe.fit(prepared, Training(np.empty(0, np.int64), np.empty(0, np.int64), 0))
    return [prompt for prompt, _ in recipe.prompts(prepared, fitted, 0)]  # type: ignore[attr-defined]  # of prompted recipes


GRID = """
[task]
name = "words"
kind = "generation"
file = "task.csv"
metrics = ["exact_match", "chrf"]
[[model]]
checkpoint = "{decoder}"
[[recipe]]
name = "in-context"
template = "{{question}}={{answer}}"
max_new = 1
{hint}
[grid]
sources = "all"
sizes = [0]
"""


@pytest.fixture
def scored(decoder: Path, dictionary: Path) -> Callable[[str], dict[str, Any]]:
    """Scores and costs of translating all words into the language, with a hint."""
    folder = dictionary.parent
    rows = [{"language": "swh", "split": "test", "question": word, "answer": meaning(word)} for word in WORDS]
    rows += [{**rows[0], "split": "train"}]
    pl.DataFrame(rows).write_csv(folder / "task.csv")

    def run(hint: str) -> dict[str, Any]:
        (folder / "grid.toml").write_text(GRID.format(decoder=decoder, hint=hint))
        store = Store(folder / f"store{len(list(folder.iterdir()))}")
        assert run_grid(read_grid(folder / "grid.toml"), store).failed == []
        found = store.read().observations
        details = json.loads(found["details"][0])
        return {**dict(found.select("metric", "score").iter_rows()), "tokens": details["tokens"], "details": details}

    return run


def test_a_dictionary_holds_the_answer_and_a_shuffled_one_does_not(scored: Callable[[str], dict[str, Any]]) -> None:
    """Every word is right with its entry; without one, or with that of another word, as many as by chance."""
    with_hint = scored('hint = { name = "dictionary", file = "words.csv", origin = "eng" }')
    assert with_hint["exact_match"] > 0.95
    assert with_hint["chrf"] > 0.95
    shuffled = scored('hint = { name = "dictionary", file = "words.csv", origin = "eng", shuffled = true }')
    assert shuffled["exact_match"] < 0.4
    plain = scored("")
    assert plain["exact_match"] < 0.4
    assert with_hint["details"]["hint_tokens"] == sum(len(f'"{word}" means "m".\n') for word in WORDS)
    assert with_hint["tokens"] - plain["tokens"] == with_hint["details"]["hint_tokens"]
    assert shuffled["details"]["hint_tokens"] == with_hint["details"]["hint_tokens"]


def test_a_chain_goes_through_other_languages(decoder: Path, dictionary: Path) -> None:
    hint = {"name": "dictionary", "file": str(dictionary), "origin": "English", "through": ["German", "fra"]}
    (prompt,) = prompts(make(decoder, hint), ["Bak, xyz bal bak"])
    assert prompt == (
        f'"bak" means "baken" means "{meaning("bak")}".\n"bal" means "balen" means "{meaning("bal")}".\n'
        "Bak, xyz bal bak="
    )


def test_the_longest_entry_is_looked_up_first(decoder: Path, tmp_path: Path) -> None:
    rows = [{"id": "0", "eng": "bus", "swh": "a"}, {"id": "1", "eng": "bus stop", "swh": "b"}]
    pl.DataFrame(rows).write_csv(tmp_path / "words.csv")
    recipe = make(decoder, {"name": "dictionary", "file": str(tmp_path / "words.csv"), "origin": "eng"})
    assert prompts(recipe, ["bus stop", "stop bus"]) == [
        '"bus stop" means "b".\nbus stop=', '"bus" means "a".\nstop bus=',
    ]  # fmt: skip


def test_parallel_sentences_are_the_nearest_and_the_nearest_is_last(decoder: Path, tmp_path: Path) -> None:
    sentences = ["red house", "red horses", "green leaves", "houses"]
    pl.DataFrame({"eng": sentences, "swh": list("abcd")}).write_csv(tmp_path / "texts.csv")
    hint = {"name": "parallel", "file": str(tmp_path / "texts.csv"), "count": 2}
    (prompt,) = prompts(make(decoder, {**hint, "origin": "eng"}), ["red houses"])
    assert prompt == "houses = d\nred house = a\nred houses="
    assert prompts(make(decoder, {**hint, "into": "eng", "count": 1}), ["d"]) == ["d = houses\nd="]


def test_books_and_sentences_can_be_compared_at_equal_length(decoder: Path, tmp_path: Path) -> None:
    """At most 30 tokens each; of a book whole lines, of sentences the nearest ones."""
    (tmp_path / "book.txt").write_text("Verbs stand first.\nNouns follow.\nThe end of it all.\n")
    pl.DataFrame({"eng": ["red house", "red horses"], "swh": ["aaaa", "bbbb"]}).write_csv(tmp_path / "texts.csv")
    (book,) = prompts(make(decoder, {"name": "book", "file": str(tmp_path / "book.txt"), "tokens": 30}), ["x"])
    assert book == "Verbs stand first.\nx="
    hint = {"name": "parallel", "file": str(tmp_path / "texts.csv"), "origin": "eng", "tokens": 30}
    assert prompts(make(decoder, hint), ["red horses"]) == ["red horses = bbbb\nred horses="]


def test_context_is_what_stood_before_the_question(decoder: Path, tmp_path: Path) -> None:
    """By item, in the language asked in; the last lines where there is little room, and nothing where none is known."""
    rows = [("swh", "1", "One.\nTwo."), ("deu", "2", "Eins."), ("swh", "3", "Three.")]
    pl.DataFrame(rows, schema=["language", "item", "context"], orient="row").write_csv(tmp_path / "before.csv")
    hint = {"name": "context", "file": str(tmp_path / "before.csv")}
    recipe = make(decoder, hint)
    assert prompts(recipe, ["bak", "bal"], items=["1", "2"]) == ["One.\nTwo.\nbak=", "bal="]
    assert prompts(make(decoder, {**hint, "tokens": 5}), ["bak"], items=["1"]) == ["Two.\nbak="]
    with pytest.raises(InputError, match=r"before\.csv: has the context of no question in 'swh'; give the ids"):
        prompts(recipe, ["bak"], items=["2"])
    with pytest.raises(InputError, match=r"before\.csv: no context is in 'fra'; its languages are deu, swh"):
        prompts(recipe, ["bak"], "fra", items=["1"])


def test_hints_stand_after_demonstrations_and_have_labels_of_their_own(decoder: Path, dictionary: Path) -> None:
    hint = {"name": "dictionary", "file": str(dictionary), "into": "swh"}
    recipe = make(decoder, hint, separator="; ")
    known = Corpus([["dik"]], [["bak"]], ["eng"], tasks.get("generation")(), ["m"], ["eng"])
    prepared = recipe.prepare(known, map)
    fitted = recipe.fit(prepared, Training(np.array([0]), np.array([0]), 0))
    ((prompt, _),) = recipe.prompts(prepared, fitted, 0)  # type: ignore[attr-defined]  # of prompted recipes
    assert prompt == f'dik=m; "bak" means "{meaning("bak")}".\nbak='
    assert recipe.label.endswith("hint=dictionary:words(into=swh))")
    assert make(decoder, {**hint, "shuffled": True}).identity != recipe.identity


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        ({"name": "grammar"}, "unknown hint 'grammar'"),
        ({"name": "book"}, "hint 'book' names no file; add file"),
        ({"name": "book", "file": "none.txt"}, "none.txt: no such file of hints"),
        ({"name": "dictionary", "file": "words.csv"}, "hint 'dictionary' has no language; add origin"),
        ({"name": "dictionary", "file": "words.csv", "origin": "qqq"}, "hint 'dictionary': unknown language 'qqq'"),
        ({"name": "dictionary", "file": "words.csv", "origin": "fra"}, "no entry is in both 'fra' and 'swh'"),
        ({"name": "dictionary", "file": "words.csv", "origin": "swh"}, "no entry is in both 'swh' and 'swh'"),
        ({"name": "parallel", "file": "words.csv", "origin": "eng", "count": 0}, "count must be"),
        ({"name": "book", "file": "words.csv", "tokens": 2}, "its first line has more than 2 tokens; raise tokens"),
    ],
)
def test_hints_that_cannot_be_are_refused_in_one_line(
    decoder: Path, dictionary: Path, monkeypatch: pytest.MonkeyPatch, hint: dict[str, Any], said: str
) -> None:
    monkeypatch.chdir(dictionary.parent)
    with pytest.raises(InputError) as caught:
        prompts(make(decoder, hint), ["bak"])
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
