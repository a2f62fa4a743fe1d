"""A planted world of preferences: in every language a question is answered by a good or a bad mark, each half the time.

There is one kind of marks for all languages, so that a preference can be carried over; or three kinds, each of three
languages; or nine, and nothing in one language says which mark is good in another.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from tests.lab.checkpoints import make_decoder, make_taught

from isogloss.lab import adapt
from isogloss.models import load_decoder
from isogloss.models.likelihood import score

LANGUAGES = dict(zip("deu fra spa ita nld pol fin hun tur".split(), "DFSINPUHT", strict=True))
SEEN, UNSEEN = [*LANGUAGES][:6], [*LANGUAGES][6:]
WORDS = ["".join(one) for one in product("abcd", repeat=3)]
SHARED = "+-"
PAIRS = 48
SETTINGS = {
    "template": "{premise}{choice}", "learning_rate": 0.01, "epochs": 20, "batch_size": 8, "adapter_dropout": 0.0,
    "rank": 8, "modules": ["q_proj", "v_proj", "o_proj", "up_proj", "down_proj"],
}  # fmt: skip
SAMPLED = SETTINGS | {"learning_rate": 0.001, "epochs": 2, "batch_size": 16, "max_new": 1}
Array = np.ndarray[Any, Any]


def marks(language: str, kinds: int) -> str:
    """The good mark of a language and its bad one."""
    place = [*LANGUAGES].index(language) % kinds
    return SHARED if kinds == 1 else chr(ord("a") + 8 + 2 * place) + chr(ord("a") + 9 + 2 * place % 18)


def prompt(language: str, word: str) -> str:
    """A question in a language."""
    return f"{LANGUAGES[language]} {word}:"


def make_base(folder: Path, *, kinds: int, seed: int = 0, steps: int = 100) -> Path:
    """A decoder that answers with either mark of the language."""

    def draw(chance):
        language = chance.choice([*LANGUAGES])
        return prompt(language, chance.choice(WORDS)), chance.choice(marks(language, kinds))

    make_decoder(folder, seed=5 + seed, width=128)
    return make_taught(folder, draw, steps=steps)


def write_pairs(folder: Path, *, kinds: int) -> Path:
    """Choices of the good or the bad mark, in all languages: the file that describes them."""
    rows = ["language,split,item,premise,choice1,choice2,label"]
    for language, (place, word) in product(LANGUAGES, enumerate(WORDS)):
        good, bad = marks(language, kinds)
        both = [good, bad] if place % 2 == 0 else [bad, good]
        split = "test" if place % 8 == 0 else "train"
        rows.append(f"{language},{split},{place},{prompt(language, word)},{both[0]},{both[1]},{place % 2}")
    (folder / "pairs.csv").write_text("\n".join(rows) + "\n")
    columns = 'columns = { choices = ["choice1", "choice2"] }'
    (folder / "pairs.toml").write_text(f'name = "pairs"\nkind = "multiple-choice"\nfile = "pairs.csv"\n{columns}\n')
    return folder / "pairs.toml"


def prefer(base: Path, task: Path, languages: int, into: Path, seed: int = 0) -> Path:
    """The base after preferences in so many languages, the same number of pairs in all."""
    chosen = tuple(SEEN[:languages])
    return adapt(base, "answer-preference", task=str(task), languages=chosen, examples=PAIRS // languages, seed=seed,
                 into=into, settings=SETTINGS)  # fmt: skip


def prefer_sampled(base: Path, task: Path, languages: int, into: Path, seed: int = 0, method: str = "dpo") -> Path:
    """The base after rewards of its own answers in so many languages, to the same number of questions in all."""
    chosen, beta = tuple(SEEN[:languages]), 0.1 if method == "dpo" else 0.02
    return adapt(base, "sampled-preference", task=str(task), languages=chosen, examples=PAIRS // languages, seed=seed,
                 into=into, settings=SAMPLED, method=method, rounds=6, beta=beta)  # fmt: skip


def good_shares(folder: Path, *, kinds: int) -> dict[str, float]:
    """The share of good marks among marks, by language."""
    found = chances(folder, kinds=kinds)
    return {language: float((one[:, 0] / one.sum(1)).mean()) for language, one in found.items()}


def win_rates(tuned: Path, base: Path, *, kinds: int) -> dict[str, float]:
    """How often a tuned model's answer wins against the base's, by language, a tie as half a win.

    The judge prefers a good mark to a bad one, and any other answer to neither; expected over answers drawn at
    temperature 1, so that no chance is in it.
    """
    found_in = [chances(folder, kinds=kinds) for folder in (tuned, base)]
    found = {}
    for language in LANGUAGES:
        ours, theirs = (one[language] for one in found_in)  # (questions, 2)
        grades = [np.stack([one[:, 0], one[:, 1], 1 - one.sum(1)], axis=1) for one in (ours, theirs)]
        wins = grades[0][:, 0] * grades[1][:, 1:].sum(1) + grades[0][:, 1] * grades[1][:, 2]
        ties = (grades[0] * grades[1]).sum(1)
        found[language] = float((wins + ties / 2).mean())
    return found


def chances(folder: Path, *, kinds: int) -> dict[str, Array]:
    """Probability of the good mark and of the bad one after each question of the test split."""
    decoder = load_decoder(folder)
    asked = WORDS[::8]
    found = {}
    for language in LANGUAGES:
        answers = [*marks(language, kinds)]
        sums = score(decoder, [prompt(language, one) for one in asked], [answers] * len(asked), max_length=64).sums
        found[language] = np.exp(sums.reshape(len(asked), 2))
    return found
