"""What a language loses, and what the others lose, when its neurons are switched off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from isogloss.alignment.corpus import ParallelCorpus
from isogloss.alignment.neurons import LanguageNeurons, TextReader, texts_of
from isogloss.errors import BadValue
from isogloss.models.likelihood import score
from isogloss.models.neurons import switched_off
from isogloss.models.tokenizers import shorten
from isogloss.progress import Progress, steps
from isogloss.stats import paired_bootstrap

if TYPE_CHECKING:
    import polars as pl

Array = np.ndarray[Any, Any]

COLUMNS = ("off", "language", "neurons", "sentences", "loss", "change", "lower", "upper", "random", "excess",
           "excess_lower", "excess_upper")  # fmt: skip
"""Of the table of effects; `switch_off` says what they are."""
UNLIMITED = 1 << 20
"""Tokens, of texts that were cut before."""


def switch_off(
    reader: TextReader,
    neurons: LanguageNeurons,
    corpus: ParallelCorpus,
    ids: Sequence[str],
    *,
    draws: int = 2,
    seed: int = 0,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Loss in each language with the neurons of each language switched off.

    Parameters
    ----------
    reader : TextReader
        Of a decoder.
    neurons : LanguageNeurons
    corpus : ParallelCorpus
    ids : sequence of str
        Sentences, which should be others than those that the neurons were found by.
    draws : int, default 2
        Sets of random neurons for each language, the control.
    seed : int
    progress : Progress, optional

    Returns
    -------
    polars.DataFrame
        One row per language whose neurons are `off` and `language` that is read: `loss`, nats per token with all
        neurons, the mean over sentences; `change` of it, with its interval; `random`, the change with as many
        random neurons of the same layers that are no language's; and `excess` of the one over the other. Intervals
        are 95 %, from sentences drawn anew, a sentence staying with itself.

    Raises
    ------
    BadValue
        If the model is no decoder.
    """
    import polars as pl

    if reader.decoder is None:
        raise BadValue("is not a causal model: it has no loss", where="model", hint="give a decoder")
    languages, chance = neurons.languages, np.random.default_rng(seed)
    texts = {language: _cut(reader, texts_of(corpus, language, ids)) for language in languages}
    whole = {language: _losses(reader, own) for language, own in texts.items()}
    rows: list[dict[str, Any]] = []
    for off in steps("Switched off", languages, progress):
        own = neurons.of(off)
        controls = [random_neurons(own, neurons.chosen, chance) for _ in range(draws)]
        for language in languages:
            changes = [_losses(reader, texts[language], one) - whole[language] for one in (own, *controls)]
            random = np.mean(changes[1:], axis=0) if draws else np.full(len(ids), np.nan)
            rows.append({"off": off, "language": language, "neurons": int(own.sum()), "sentences": len(ids),
                         "loss": float(whole[language].mean()), **dict(_summary(changes[0], random))})  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"random": pl.Float64}).select(COLUMNS)


def _summary(change: Array, random: Array) -> Iterator[tuple[str, float]]:
    nothing = np.zeros(len(change))
    yield "change", float(change.mean())
    yield from zip(("lower", "upper"), paired_bootstrap(change, nothing), strict=True)
    yield "random", float(random.mean())
    yield "excess", float((change - random).mean())
    yield from zip(("excess_lower", "excess_upper"), paired_bootstrap(change, random), strict=True)


def _cut(reader: TextReader, texts: list[str]) -> list[str]:
    """Beginnings of texts that the model has positions for."""
    most = reader.tokenizer.max_length - 2
    return [shorten(reader.tokenizer.inner, text, most) for text in texts]


def _losses(reader: TextReader, texts: list[str], off: Array | None = None) -> Array:
    """Nats per token of each text."""
    assert reader.decoder is not None
    with nullcontext() if off is None else switched_off(reader.model, off):
        found = score(reader.decoder, [""] * len(texts), [[text] for text in texts], max_length=UNLIMITED)
    return np.asarray(-found.normalised("tokens"))


def random_neurons(neurons: Array, chosen: Array, chance: np.random.Generator) -> Array:
    """As many neurons of each layer, drawn from those that are no language's, as far as there are so many."""
    drawn = np.zeros_like(neurons)
    for layer, own in enumerate(neurons):
        free = np.flatnonzero(~chosen[layer])
        drawn[layer, chance.choice(free, min(int(own.sum()), len(free)), replace=False)] = True
    return drawn
