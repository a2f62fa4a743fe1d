"""Neurons of languages: which fire in one language and not in others, by the entropy of how often they fire.

Activation probability and entropy are those of Tang et al. (2024), Language-specific neurons: the key to multilingual
capabilities in large language models (LAPE). What is added here is a test, so that a model that treats languages alike
has no neurons of languages: sentences are translations of each other, and under that hypothesis the shares of a
sentence could stand in any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from isogloss.alignment.corpus import ParallelCorpus
from isogloss.errors import NotEnoughEvidence
from isogloss.models.checkpoints import is_causal, load_model, locate
from isogloss.models.decoder import Decoder, load_decoder
from isogloss.models.neurons import firing_shares
from isogloss.models.tokenizers import Tokenizer
from isogloss.progress import Progress, steps
from isogloss.stats import benjamini_hochberg
from isogloss.text import counted

Array = np.ndarray[Any, Any]

KINDS = ("specific", "related", "agnostic", "inactive")
"""Of neurons; `LanguageNeurons.kinds` says what they are."""
ACTIVE = 0.95
"""Quantile of all activation probabilities from which on a neuron is active in a language (as in the source's code)."""
FEWEST = 8
"""Sentences that a difference can be tested with."""


@dataclass(frozen=True)
class TextReader:
    """A checkpoint that reads texts, whether it can go on from them or not.

    Attributes
    ----------
    model : transformers.PreTrainedModel
    tokenizer : Tokenizer
    decoder : Decoder or None
        None for an encoder, which has no loss.
    """

    model: Any
    tokenizer: Tokenizer
    decoder: Decoder | None

    def sequences(self, texts: Sequence[str]) -> list[Array]:
        """Tokens of each text."""
        return [np.array(ids, np.int64) for ids in self.tokenizer.encode(texts)]


@dataclass(frozen=True)
class LanguageNeurons:
    """How often the neurons of a model fire in each language.

    Attributes
    ----------
    languages : list of str
        As the corpus writes them.
    probability : numpy.ndarray, shape (languages, layers, neurons)
        Share of the tokens on which each fires.
    q_value : numpy.ndarray, shape (layers, neurons)
        Smallest false discovery rate at which it fires unequally often in the languages (Benjamini and Hochberg 1995).
    level : float
        False discovery rate.
    share : float
        Of all neurons, those of lowest entropy that may be a language's.
    """

    languages: list[str]
    probability: Array
    q_value: Array
    level: float
    share: float

    @cached_property
    def entropy(self) -> Array:
        """Entropy in nats of the probabilities divided by their sum, (layers, neurons); NaN where it never fires."""
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = self.probability / self.probability.sum(0)
            return np.asarray(np.where(shares > 0, -shares * np.log(shares), 0 * shares).sum(0))

    @cached_property
    def active(self) -> Array:
        """In which languages a neuron's probability reaches the quantile `ACTIVE` of all, as `probability`."""
        return np.asarray(self.probability >= np.quantile(self.probability, ACTIVE))

    @cached_property
    def kinds(self) -> Array:
        """Which of `KINDS` each neuron is, as its place in that list, (layers, neurons).

        Specific: fires unequally often, and is active in one language; related: the same in several but not all;
        agnostic: active in all, or in some without a difference that is sure; inactive: active in none.
        """
        number, differs = self.active.sum(0), self.q_value <= self.level
        partly = (number > 0) & (number < len(self.languages)) & differs
        return np.select([partly & (number == 1), partly, number > 0], [0, 1, 2], 3)

    @cached_property
    def chosen(self) -> Array:
        """Neurons of low entropy that are specific or related, (layers, neurons).

        Of those that are active somewhere, the `share` of all neurons with the lowest entropies are taken.
        """
        candidates = np.where(self.kinds < KINDS.index("inactive"), self.entropy, np.inf)
        most = round(self.share * candidates.size)
        ranked = np.zeros(candidates.size, bool)
        ranked[np.argsort(candidates, axis=None, kind="stable")[:most]] = True
        return ranked.reshape(candidates.shape) & (self.kinds < KINDS.index("agnostic"))

    def of(self, language: str) -> Array:
        """The neurons of a language, bool, (layers, neurons): chosen ones that are active in it, perhaps in others."""
        return np.asarray(self.chosen & self.active[self.languages.index(language)])

    def by_layer(self) -> Array:
        """How many neurons of each of `KINDS` a layer has, (layers, kinds)."""
        return np.stack([(self.kinds == kind).sum(1) for kind in range(len(KINDS))], axis=1)


def load_reader(name: str, max_length: int = 256) -> TextReader:
    """A checkpoint to look into, a decoder or an encoder.

    Parameters
    ----------
    name : str
        As `isogloss.models.locate` takes it.
    max_length : int, default 256
        Tokens of a text at most.
    """
    folder = locate(name)
    decoder = load_decoder(name) if is_causal(folder) else None
    model = decoder.model if decoder else load_model("AutoModel", folder, "float32")
    positions = getattr(model.config, "max_position_embeddings", None) or max_length
    return TextReader(model, Tokenizer(folder, min(max_length, positions)), decoder)


def shared_sentences(corpus: ParallelCorpus) -> list[str]:
    """Ids of the sentences that all languages have, in the order of the corpus."""
    counts = corpus.table.group_by("id", maintain_order=True).len()
    return counts.filter(counts["len"] == len(corpus.languages))["id"].to_list()


def texts_of(corpus: ParallelCorpus, language: str, ids: Sequence[str]) -> list[str]:
    """Texts of some sentences in a language."""
    texts = dict(corpus.table.filter(corpus.table["language"] == language).select("id", "text").rows())
    return [texts[one] for one in ids]


def find_neurons(
    reader: TextReader,
    corpus: ParallelCorpus,
    ids: Sequence[str] | None = None,
    *,
    share: float = 0.05,
    level: float = 0.05,
    progress: Progress | None = None,
) -> LanguageNeurons:
    """Find the neurons of the languages of a parallel corpus.

    Parameters
    ----------
    reader : TextReader
    corpus : ParallelCorpus
    ids : sequence of str, optional
        Sentences to look at, which all languages have; by default all of these.
    share : float, default 0.05
        Of all neurons, those of lowest entropy.
    level : float, default 0.05
        False discovery rate of unequal neurons.
    progress : Progress, optional

    Raises
    ------
    NotEnoughEvidence
        If there are fewer than `FEWEST` sentences, or a single language.
    BadValue
        If the inner layers of the model are not recognised.

    Notes
    -----
    With r_sl the share of the tokens of sentence s in language l on which a neuron fires, S_l their sum over
    sentences and v_s the variance of r_s1 ... r_sL (divisor L - 1), T = sum_l (S_l - mean S)^2 / sum_s v_s follows a
    chi-square distribution with L - 1 degrees of freedom where the languages of a sentence are exchangeable: the
    statistic of a permutation test within blocks (Friedman's, on the shares themselves instead of ranks).
    """
    languages, kept = corpus.languages, list(ids) if ids is not None else shared_sentences(corpus)
    if len(languages) < 2 or len(kept) < FEWEST:
        given = f"{counted(len(kept), 'sentence')} in {counted(len(languages), 'language')}"
        raise NotEnoughEvidence(
            f"{given} cannot tell their neurons apart",
            hint=f"give two languages and {FEWEST} sentences that both have",
        )
    inner = reader.tokenizer.inner
    special = [one for one in inner.all_special_ids if one != inner.unk_token_id]
    probability, sums = [], []
    first, second = np.zeros(()), np.zeros(())
    for language in steps("Languages", languages, progress):
        sequences = reader.sequences(texts_of(corpus, language, kept))
        shares = firing_shares(reader.model, sequences, special)  # (sentences, layers, neurons)
        sizes = np.array([(~np.isin(one, special)).sum() for one in sequences], np.float32)
        probability.append(np.tensordot(sizes / sizes.sum(), shares, 1))
        sums.append(shares.sum(0, dtype=float))
        first, second = np.asarray(first + shares), np.asarray(second + shares.astype(float) ** 2)
    p_value = _unequal(np.stack(sums), first, second)
    q_value = np.array(benjamini_hochberg(p_value.ravel())).reshape(p_value.shape)
    return LanguageNeurons(languages, np.stack(probability), q_value, level, share)


def _unequal(sums: Array, first: Array, second: Array) -> Array:
    """p-values that neurons fire equally often; `first` and `second` are sums over languages of r and r^2."""
    from scipy.special import chdtrc

    languages = len(sums)
    within = (second - first.astype(float) ** 2 / languages).sum(0) / (languages - 1)
    between = ((sums - sums.mean(0)) ** 2).sum(0)
    varies = within > 1e-12
    statistic = np.where(varies, between / np.where(varies, within, 1.0), 0.0)
    return np.asarray(chdtrc(languages - 1, statistic))
