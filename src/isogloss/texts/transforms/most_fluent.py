"""`most-fluent`: of several drawn versions of each text, the one that a language model finds likeliest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge

from isogloss.errors import BadValue
from isogloss.models.checkpoints import fingerprint, locate
from isogloss.models.decoder import Decoder, load_decoder
from isogloss.models.likelihood import score
from isogloss.parameters import NotNegative
from isogloss.texts.transforms import Item, Outcome, TextTransform, read_transform

NOT_FLUENT = "no version is fluent enough"


@dataclass(frozen=True)
class MostFluent(TextTransform):
    """Let another transform draw several versions of each text, rate them by a decoder, and keep the likeliest.

    Parameters
    ----------
    base : dict
        `name` and parameters of a text transform that draws at random, without `seed`.
    checkpoint : str
        The decoder that rates, as `isogloss.models.locate` takes it; one that has read both languages.
    versions : int, default 4
        How many are drawn of each text.
    most : float, default 0
        A text whose best version has a higher ratio of perplexities is dropped; 0 keeps all.
    max_length : int, default 512
        Tokens of a text at most; the beginnings of longer ones are not rated.

    Notes
    -----
    The ratio of a version is 2^(b - b0), with b and b0 the bits per byte of UTF-8 that the decoder needs for the
    version and for the text as it was. Texts with fewer changes are nearly always likelier, so that of the versions
    only those with as many changed words as their median, or more, are rated. Measures: `ratio`, the mean of what is
    kept, and `ratio_drawn`, of all versions with as many changes; `changed` and `changed_drawn`, the shares of words
    that the text as it was has not. A decoder that has not read mixed text, or not one of the languages, rates habits
    of its own; it is no judge of what people say. After the rating of fluency in SwitchLingua (2025); for its
    other judges see `write-mixed`.
    """

    name: ClassVar[str] = "most-fluent"

    base: dict[str, Any] = field(default_factory=dict)
    checkpoint: str = ""
    versions: Annotated[int, Ge(2)] = 4
    most: NotNegative = 0.0
    max_length: Annotated[int, Ge(2)] = 512

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.checkpoint:
            raise BadValue(f"{self.name} has no decoder", hint='write checkpoint = "folder"')
        if "seed" in self.base:
            raise BadValue("the base has a seed", where=self.name, hint=f"give it to {self.name}")
        read_transform(self.base)

    @property
    def identity(self) -> dict[str, Any]:
        """The content of the decoder and of the transform stands for their places."""
        own = {name: value for name, value in self.parameters.items() if name not in ("base", "checkpoint")}
        rater = fingerprint(locate(self.checkpoint))
        return super().identity | {"parameters": own, "base": self._drawing(0).identity, "checkpoint": rater}

    @property
    def label(self) -> str:
        """With the label of the transform, and the name of the decoder."""
        own = [read_transform(self.base).label, locate(self.checkpoint).name]
        return f"{self.name}({','.join([*own, *self.changed('base', 'checkpoint')])})"

    def describe(self, origin: str, into: str) -> str:
        """As the transform."""
        return self._drawing(0).describe(origin, into)

    def _drawing(self, number: int) -> TextTransform:
        return replace(read_transform(self.base), seed=self.seed * self.versions + number)

    def apply(self, items: Sequence[Item], origin: str, into: str) -> Outcome:
        """The likeliest versions; what the transform drops in any of its draws is dropped.

        Raises
        ------
        BadValue
            If all versions of all texts are the same, or the checkpoint cannot rate.
        """
        drawn = [self._drawing(number).transform(items, origin, into) for number in range(self.versions)]
        dropped = {id_: reason for one in drawn for id_, reason in one.dropped.items()}
        there = [{(item.id, item.part): item for item in one.items} for one in drawn]
        asked = [item for item in items if item.id not in dropped]
        found = {(item.id, item.part): [one[item.id, item.part] for one in there] for item in asked}
        if found and all(len({item.written for item in some}) == 1 for some in found.values()):
            raise BadValue(f"all versions of all texts are the same: {read_transform(self.base).name} draws none",
                           where=self.name, hint="choose a transform that draws at random")  # fmt: skip
        kept: list[Item] = []
        figures: list[tuple[float, float, float, float]] = []
        for item, some in zip(asked, found.values(), strict=True):
            changed = np.array([_changed(item, one) for one in some])
            mixed = np.flatnonzero(changed >= np.median(changed))
            bits = _bits(_decoder(self.checkpoint), [item.written, *(some[place].written for place in mixed)],
                         self.max_length)  # fmt: skip
            ratios = 2.0 ** (bits[1:] - bits[0])
            best = int(np.argmin(ratios))
            if self.most and ratios[best] > self.most:
                dropped[item.id] = NOT_FLUENT
                continue
            kept.append(some[mixed[best]])
            figures.append((ratios[best], ratios.mean(), changed[mixed[best]], changed[mixed].mean()))
        names = ("ratio", "ratio_drawn", "changed", "changed_drawn")
        means = np.mean(figures, axis=0).tolist() if figures else []
        return Outcome(
            [item for item in kept if item.id not in dropped], dropped, drawn[0].lost,
            dict(zip(names, means, strict=False)),
        )  # fmt: skip


def _changed(item: Item, version: Item) -> float:
    """The share of the words of a version that the text as it was has not."""
    new = Counter(version.words) - Counter(item.words)
    return new.total() / max(1, len(version.words))


@lru_cache(maxsize=1)
def _decoder(checkpoint: str) -> Decoder:
    decoder = load_decoder(checkpoint)
    if decoder.is_seq2seq:
        raise BadValue("is an encoder-decoder, which rates no text by itself", where=f"checkpoint {checkpoint}",
                       hint="give a decoder")  # fmt: skip
    return decoder


def _bits(decoder: Decoder, texts: Sequence[str], max_length: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Bits per byte of each text."""
    likelihoods = score(decoder, [""] * len(texts), [[text] for text in texts], max_length=max_length)
    return np.asarray(-likelihoods.sums / np.log(2) / [max(1, len(text.encode())) for text in texts])
