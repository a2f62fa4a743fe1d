"""Words beside the names of tags: few examples, tags never seen, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.lab import Corpus, Training, recipes, tasks
from isogloss.lab.recipe import Recipe

LABELS = ["B-PLACE", "B-THING", "O"]
NAMED = {"PLACE": "river hospital", "THING": "football fever"}
OTHER = ["the", "a", "sees", "plays"]
SETTINGS = {"epochs": 15, "batch_size": 4, "learning_rate": 2e-3, "dropout": 0.0}


def sentences(count: int, seed: int, words: dict[str, list[str]]) -> tuple[list[tuple[str, ...]], list[str]]:
    """Sentences of six words, of which some are names, and the tag of each word."""
    chance = np.random.default_rng(seed)
    kinds = [*words, "O", "O"]
    drawn = [[str(chance.choice(kinds)) for _ in range(6)] for _ in range(count)]
    rows = [tuple(str(chance.choice(words.get(kind, OTHER))) for kind in some) for some in drawn]
    return rows, ["O" if kind == "O" else f"B-{kind}" for some in drawn for kind in some]


TASK = {"PLACE": ["river", "hospital"], "THING": ["football", "fever"]}
OTHERS = {"DOING": ["sleeps", "cures"], "WHO": ["doctor", "goalkeeper"], "SIZE": ["big", "small"]}
OTHERS_NAMED = {"DOING": "sleeps cures", "WHO": "doctor goalkeeper", "SIZE": "big small"}


def label_encoder(checkpoint: Path, **more: object) -> Recipe:
    return recipes.get("label-encoder")(checkpoint=str(checkpoint), **SETTINGS | {"descriptions": NAMED} | more)


def share_right(recipe: Recipe, examples: int) -> float:
    """The share of names in 30 sentences that get the right tag."""
    train, tags = sentences(max(examples, 1), 1, TASK)
    test, wanted = sentences(30, 2, TASK)
    corpus = Corpus([train], [test], ["eng"], tasks.get("token-tagging")(), LABELS)
    prepared = recipe.prepare(corpus, map)
    right = np.array([LABELS.index(tag) for tag in tags[: 6 * examples]], np.int64)
    answers = recipe.predict(prepared, recipe.fit(prepared, Training(np.arange(examples), right, 0, labels_count=3)))[
        ""
    ]
    gold = np.array([LABELS.index(tag) for tag in wanted])
    return float((answers == gold)[gold != 2].mean())


def write_first(path: Path) -> str:
    rows, tags = sentences(40, 5, OTHERS)
    lines = [
        "\n".join(f"{word}\t{tag}" for word, tag in zip(row, tags[6 * place :], strict=False))
        for place, row in enumerate(rows)
    ]
    path.write_text("\n\n".join(lines) + "\n")
    return str(path)


def test_a_few_sentences_are_enough_where_names_say_what_tags_are(checkpoint: Path) -> None:
    assert share_right(label_encoder(checkpoint), 12) > 0.9


def test_tags_that_were_never_seen_are_given_by_their_names(checkpoint: Path, tmp_path: Path) -> None:
    """Learnt from other tags alone; where the two names are exchanged, so are the answers."""
    first = write_first(tmp_path / "others.conll")
    found = []
    for named in (NAMED, {"PLACE": NAMED["THING"], "THING": NAMED["PLACE"]}):
        found.append(
            share_right(label_encoder(checkpoint, first=first, first_epochs=8, descriptions=OTHERS_NAMED | named), 0)
        )
    assert found[0] > 0.5
    assert found[1] < 0.2


def test_what_cannot_be_named_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="unknown label 'PLACES'; did you mean"):
        share_right(label_encoder(checkpoint, descriptions={"PLACES": "river"}), 2)
    with pytest.raises(BadValue, match="two labels are called 'beginning of river'"):
        share_right(label_encoder(checkpoint, descriptions={"PLACE": "river", "THING": "river"}), 2)
    with pytest.raises(BadValue, match="there is nothing to learn from; give first"):
        share_right(label_encoder(checkpoint), 0)
    with pytest.raises(BadFile, match="no such file; correct `first`"):
        _ = label_encoder(checkpoint, first="nowhere.conll").identity
    (tmp_path / "plain.conll").write_text("the\tO\na\tO\n")
    with pytest.raises(BadValue, match="all words have the tag 'O'"):
        share_right(label_encoder(checkpoint, first=str(tmp_path / "plain.conll")), 2)
