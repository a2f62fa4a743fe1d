"""In which language a decoder would go on after each layer, when it reads a language: the logit lens by language.

Wendler et al. (2024), Do Llamas work in English?, look at one word to be translated; here every token of running text
counts, by the language that it is of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from isogloss.alignment.corpus import ParallelCorpus
from isogloss.alignment.neurons import TextReader, shared_sentences, texts_of
from isogloss.alignment.token_languages import TokenLanguages, token_languages
from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.models.lens import read_through_lens
from isogloss.models.pieces import load_pieces
from isogloss.progress import Progress, steps
from isogloss.stats import bootstrap_ratios, percentile_interval

if TYPE_CHECKING:
    import polars as pl

Array = np.ndarray[Any, Any]

SHARED, OTHER = "shared", "none"
"""What stands for a language where a token is of several, or of none."""
FEWEST_OTHER = 20
"""Sentences that the languages of tokens are told by, at least."""


def latent_language(
    reader: TextReader,
    corpus: ParallelCorpus,
    *,
    sentences: int = 40,
    positions: int = 4,
    level: float = 0.95,
    seed: int = 0,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Share of each language in what a decoder would say next, by layer and by the language that it reads.

    Parameters
    ----------
    reader : TextReader
        Of a decoder.
    corpus : ParallelCorpus
    sentences : int, default 40
        Sentences that are read, drawn from those that all languages have; the languages of tokens come from the rest.
    positions : int, default 4
        Places in the second half of each sentence where the next token is looked at.
    level : float, default 0.95
        Of intervals.
    seed : int
    progress : Progress, optional

    Returns
    -------
    polars.DataFrame
        Columns `read` (language), `layer` (0 are the embeddings), `language` of tokens ("shared" for tokens of
        several, "none" for those of none), `share` of the probability, mean over positions, with `lower` and `upper`
        from sentences drawn anew; `uniform`, what the language would have if all tokens were as likely; and `entropy`
        of the whole distribution in bits.

    Raises
    ------
    BadValue
        If the model is no decoder, or its output is not recognised.
    NotEnoughEvidence
        If there are too few sentences to tell the languages of tokens by.
    """
    import polars as pl

    if reader.decoder is None:
        raise BadValue("is not a causal model: it does not say what comes next", where="model", hint="give a decoder")
    chance = np.random.default_rng(seed)
    ids = chance.permutation(np.array(shared_sentences(corpus), object)).tolist()
    if len(ids) < sentences + FEWEST_OTHER:
        raise NotEnoughEvidence(
            f"{len(ids)} sentences that all languages have: to read {sentences}, and {FEWEST_OTHER} others to tell the "
            "languages of tokens by, there must be more", hint="give more, or read fewer with sentences=...",
        )  # fmt: skip
    kinds = _kinds(reader, corpus, ids[sentences:])
    names, uniform, parts = [*kinds.languages, SHARED, OTHER], kinds.sizes(), []
    for read in steps("Languages", corpus.languages, progress):
        sequences = reader.sequences(texts_of(corpus, read, ids[:sentences]))
        places = [_places(len(one), positions) for one in sequences]
        found = read_through_lens(reader.decoder, sequences, places, kinds.groups())
        counts = np.array([len(one) for one in places])
        for layer in range(len(found.shares)):
            sums = np.add.reduceat(found.shares[layer], np.cumsum([0, *counts[:-1]]))  # (sentences, groups)
            lower, upper = percentile_interval(bootstrap_ratios(sums, counts[:, None], seed=seed), level)
            parts.append(
                pl.DataFrame(
                    {"read": read, "layer": layer, "language": names, "share": sums.sum(0) / counts.sum(),
                     "lower": lower, "upper": upper, "uniform": uniform, "entropy": found.entropy[layer].mean()}
                )
            )  # fmt: skip
    return pl.concat(parts)


def _kinds(reader: TextReader, corpus: ParallelCorpus, ids: list[str]) -> TokenLanguages:
    texts = {language: texts_of(corpus, language, ids) for language in corpus.languages}
    vocabulary = max(int(reader.model.config.vocab_size), len(reader.tokenizer.inner))
    return token_languages(texts, load_pieces(str(reader.tokenizer.folder)), vocabulary)


def _places(length: int, most: int) -> list[int]:
    """Evenly spaced places in the second half of a sequence, the last token aside, after which it goes on."""
    places = np.linspace(length // 2, max(length - 2, length // 2), most).round().astype(int)
    return sorted({int(one) for one in places})
