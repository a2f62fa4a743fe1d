"""What a training step reads: stretches of texts of several languages, in shares; or texts beside translations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from isogloss.errors import BadValue
from isogloss.lab.adaptation import Texts

Integers = np.ndarray[Any, Any]


def shares(sizes: Mapping[str, int], alpha: float) -> dict[str, float]:
    """The share of each language in what is read.

    Parameters
    ----------
    sizes : mapping of str to int
        Tokens of each language.
    alpha : float
        1 for shares as in the texts, 0 for equal shares.

    Returns
    -------
    dict of str to float
        p_l proportional to n_l^alpha, with sum 1 (Conneau and Lample 2019, section 3.1).
    """
    weights = {language: float(size) ** alpha for language, size in sizes.items()}
    total = sum(weights.values())
    return {language: weight / total for language, weight in weights.items()}


def token_row(tokenizer: Any, texts: Sequence[str]) -> list[Integers]:
    """The tokens of each text, with what stands between texts: special tokens, or else the end of a text."""
    found = [np.array(ids, np.int64) for ids in tokenizer(list(texts))["input_ids"]]
    bare = not any(np.isin(ids, tokenizer.all_special_ids).any() for ids in found)
    end = tokenizer.eos_token_id
    return [np.append(ids, end) for ids in found] if bare and end is not None else found


def interleaved_windows(first: Sequence[Integers], second: Sequence[Integers], length: int) -> list[Integers]:
    """Windows of texts, each before its translation, no window ending between the two.

    Parameters
    ----------
    first, second : sequence of numpy.ndarray
        Tokens of texts, and of their translations.
    length : int
        Tokens of a window at most. Of a pair that is longer, both are cut, in proportion to their lengths.

    Returns
    -------
    list of numpy.ndarray
        In the order of the texts, each window as full as whole pairs make it.
    """
    windows: list[Integers] = []
    now: list[Integers] = []
    for pair in zip(first, second, strict=True):
        whole = np.concatenate(_fitting(pair, length))
        if now and sum(map(len, now)) + len(whole) > length:
            windows.append(np.concatenate(now))
            now = []
        now.append(whole)
    return [*windows, np.concatenate(now)] if now else windows


def _fitting(pair: tuple[Integers, Integers], length: int) -> tuple[Integers, Integers]:
    """The beginnings of both texts that fit together."""
    total = len(pair[0]) + len(pair[1])
    if total <= length:
        return pair
    room = min(length - 1, max(1, round(length * len(pair[0]) / total)))
    return pair[0][:room], pair[1][: length - room]


@dataclass(frozen=True)
class Source:
    """Something to read from.

    Attributes
    ----------
    share : float
        Probability that a sequence is drawn from it.
    row : numpy.ndarray or None
        Tokens, of which a sequence is a stretch that begins anywhere.
    windows : tuple of numpy.ndarray
        Sequences to draw from, where there is no row.
    """

    share: float
    row: Integers | None
    windows: tuple[Integers, ...] = ()

    def draw(self, length: int, chance: np.random.Generator) -> Integers:
        """A sequence of at most `length` tokens."""
        if self.row is None:
            return self.windows[int(chance.integers(len(self.windows)))]
        first = int(chance.integers(max(1, len(self.row) - length + 1)))
        return self.row[first : first + length]


class Mix:
    """Sources in shares, from which batches are drawn.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerBase
    texts : mapping of str to sequence of str
        By language.
    learnt, replayed : sequence of str
        Languages of the texts.
    alpha : float
        See `shares`.
    replay : float
        Share of all sequences that are of the replayed languages.
    interleave : str
        A language whose texts stand before their translations into each of the learnt; none if it is empty.
    length : int
        Tokens of a sequence.
    """

    def __init__(
        self, tokenizer: Any, texts: Texts, learnt: Sequence[str], replayed: Sequence[str], *, alpha: float,
        replay: float, interleave: str, length: int,
    ):  # fmt: skip
        rows = {code: token_row(tokenizer, texts[code]) for code in dict.fromkeys([*learnt, *replayed])}
        sizes = {code: sum(map(len, row)) for code, row in rows.items()}
        self.sources: dict[str, Source] = {}
        self.length = length
        others = [code for code in learnt if code != interleave] if interleave else list(learnt)
        for code, share in shares({code: sizes[code] for code in others}, alpha).items():
            if interleave:
                first = token_row(tokenizer, texts[interleave])
                windows = interleaved_windows(first, rows[code], length)
                self.sources[f"{interleave}+{code}"] = Source((1 - replay) * share, None, tuple(windows))
            else:
                self.sources[code] = Source((1 - replay) * share, np.concatenate(rows[code]))
        for code, share in shares({code: sizes[code] for code in replayed}, alpha).items():
            self.sources[code] = Source(replay * share, np.concatenate(rows[code]))
        short = [name for name, one in self.sources.items() if one.row is not None and len(one.row) < 2]
        if short:
            raise BadValue(f"the texts of '{short[0]}' have fewer than two tokens", where="corpus")

    @property
    def shares(self) -> dict[str, float]:
        """The share of each source."""
        return {name: one.share for name, one in self.sources.items()}

    def batch(self, size: int, chance: np.random.Generator) -> list[Integers]:
        """Sequences of a step."""
        return [ids for _, ids in self.named_batch(size, chance)]

    def named_batch(self, size: int, chance: np.random.Generator) -> list[tuple[str, Integers]]:
        """Sequences of a step, each with the name of its source."""
        every = list(self.sources.items())
        chosen = chance.choice(len(every), size, p=[one.share for _, one in every])
        return [(every[place][0], every[place][1].draw(self.length, chance)) for place in chosen]


def hide(ids: Integers, tokenizer: Any, share: float, chance: np.random.Generator) -> tuple[Integers, Integers]:
    """A sequence with some tokens hidden, and which.

    Returns
    -------
    given : numpy.ndarray
        The sequence as it is read.
    hidden : numpy.ndarray of bool
        Which tokens are to be told: a share of those that are not special, at least one.

    Notes
    -----
    Of the hidden tokens, 80 % are replaced by the mask, 10 % by any token, and 10 % stay (Devlin et al. 2019).
    """
    free = ~np.isin(ids, tokenizer.all_special_ids)
    hidden = free & (chance.random(len(ids)) < share)
    if free.any() and not hidden.any():
        hidden[chance.choice(np.flatnonzero(free))] = True
    fate = chance.random(len(ids))
    given = np.where(hidden & (fate < 0.8), tokenizer.mask_token_id, ids)
    other = chance.integers(0, len(tokenizer), len(ids))
    return np.where(hidden & (fate >= 0.9), other, given), hidden
