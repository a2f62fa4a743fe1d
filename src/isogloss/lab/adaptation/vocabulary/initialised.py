"""What adaptations share that make rows for new tokens: the methods that these are made by."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge
from scipy.sparse import csr_array

from isogloss.errors import BadValue, UnknownName
from isogloss.lab.adaptation import OVERHEAD, Adaptation, Inputs, Texts
from isogloss.lab.adaptation.vocabulary.aligned import translation_shares
from isogloss.lab.adaptation.vocabulary.neighbours import TokenVectors, most_similar, sparsest, text_vectors
from isogloss.lab.adaptation.vocabulary.pursuit import pursued
from isogloss.lab.adaptation.vocabulary.rows import (
    Combination,
    Matrix,
    evenly,
    input_embeddings,
    output_embeddings,
    weights_of,
)
from isogloss.lab.adaptation.vocabulary.spelling import Vocabulary, shared_tokens
from isogloss.lab.adaptation.vocabulary_trim import LARGEST_TOKENIZER
from isogloss.lab.adaptation.weights import Weights
from isogloss.models.checkpoints import fingerprint, locate
from isogloss.texts.aligners import aligners

Method = Literal["random", "mean", "pieces", "overlap", "focus", "omp", "aligned"]
BY_SIMILARITY = {"overlap": most_similar, "focus": sparsest, "omp": pursued}
"""Methods that need vectors of tokens that say how similar they are, to what makes weights of these."""


@dataclass(frozen=True)
class Exchange:
    """An old vocabulary and a new one.

    Attributes
    ----------
    old, new : Vocabulary
    rows : int
        Of the old embeddings.
    kept : dict of int to int
        New tokens whose rows are those of old ones.
    texts : dict of str to list of str
        Of the chosen languages.
    pivot : list of str
        Of the language that these are aligned with, where they are.
    """

    old: Vocabulary
    new: Vocabulary
    rows: int
    kept: dict[int, int]
    texts: dict[str, list[str]]
    pivot: list[str]

    @property
    def shape(self) -> tuple[int, int]:
        """Of the weights of old tokens in new ones."""
        return self.new.size, self.rows

    def open(self) -> dict[str, int]:
        """New tokens whose rows are still to be made, as they are spelt."""
        return {token: place for token, place in self.new.ids.items() if place not in self.kept}


@dataclass(frozen=True)
class InitialisedAdaptation(Adaptation):
    """Makes rows for new tokens."""

    method: Method = "pieces"
    languages: tuple[str, ...] = ()
    helper: str = ""
    neighbours: Annotated[int, Ge(1)] = 10
    pivot: str = ""
    aligner: Literal["ibm1", "hmm"] = "ibm1"

    def __post_init__(self) -> None:
        """Check that parameters agree."""
        super().__post_init__()
        if self.helper and self.method not in BY_SIMILARITY:
            raise BadValue(
                f"method '{self.method}' compares no tokens", where="helper",
                hint=f"leave it out, or take {', '.join(BY_SIMILARITY)}",
            )  # fmt: skip
        if bool(self.pivot) != (self.method == "aligned"):
            does = "aligns no texts" if self.pivot else "needs texts of a language that the model knows"
            raise BadValue(
                f"method '{self.method}' {does}", where="pivot", hint='give method="aligned", pivot="eng", or neither'
            )
        if self.pivot in self.languages:
            raise BadValue("a language is aligned with itself", where="languages", hint="name other languages")

    @property
    def identity(self) -> dict[str, Any]:
        """The content of the helper stands for its place."""
        return super().identity | ({"helper": fingerprint(locate(self.helper))} if self.helper else {})

    @property
    def is_random(self) -> bool:
        return self.method != "mean"

    @property
    def needs_translations(self) -> bool:
        return self.method == "aligned"

    def learns_from(self, languages: Collection[str]) -> list[str]:
        return [*self.chosen(languages), *([self.pivot] if self.pivot else [])] if self.needs_texts else []

    def memory(self, source: Weights) -> int:
        return 3 * source.largest + OVERHEAD + LARGEST_TOKENIZER

    def chosen(self, languages: Collection[str]) -> list[str]:
        """Those of the languages of the texts that are learnt from.

        Raises
        ------
        UnknownName, BadValue
            If there are no texts of one.
        """
        for code in (*self.languages, *([self.pivot] if self.pivot else [])):
            if code not in languages:
                raise UnknownName("language of the texts", code, [*languages])
        chosen = list(self.languages) or [code for code in languages if code != self.pivot]
        if not chosen:
            raise BadValue(f"there are no texts but those of '{self.pivot}'", where="corpus", hint="add translations")
        return chosen

    def texts(self, inputs: Inputs) -> dict[str, list[str]]:
        """Texts of the chosen languages."""
        return {code: list(inputs.texts[code]) for code in self.chosen([*inputs.texts])}

    def combinations(self, exchange: Exchange) -> tuple[Combination, Combination]:
        """Where the rows of the new tokens come from, of what is read and of what is told."""
        inner, outer = self._weights(exchange)
        kept = weights_of({new: {old: 1.0} for new, old in exchange.kept.items()}, exchange.shape)
        both = [csr_array(kept + one) for one in (inner, outer)]
        filling: Literal["random", "mean"] = "mean" if self.method == "mean" else "random"
        return Combination(both[0], filling), Combination(both[1], filling)

    def _weights(self, exchange: Exchange) -> tuple[Matrix, Matrix]:
        """Weights of tokens that do not keep their rows, of what is read and of what is told."""
        if self.method == "pieces":
            weights = pieces_weights(exchange, exchange.open())
        elif self.method == "aligned":
            weights = self._aligned(exchange)
        elif self.method in BY_SIMILARITY:
            return self._by_similarity(exchange)
        else:
            weights = evenly({}, exchange.shape)
        return weights, weights

    def _by_similarity(self, exchange: Exchange) -> tuple[Matrix, Matrix]:
        """Weights by what vectors of tokens say, those of a helper or of the texts."""
        if not self.helper:
            ids = exchange.new.encode(flat(exchange.texts))
            weights = self._compared(exchange, text_vectors(ids, exchange.new.size))
            return weights, weights
        folder = locate(self.helper)
        other, vocabulary = Weights(folder), Vocabulary.read(folder)
        names = input_embeddings(other), output_embeddings(other)
        spaces = [helper_vectors(other[name].float().numpy(), vocabulary, exchange.new) for name in names if name]
        found = [self._compared(exchange, one) for one in spaces]
        return found[0], found[-1]

    def _compared(self, exchange: Exchange, vectors: TokenVectors) -> Matrix:
        open_ids = [place for place in exchange.open().values() if vectors.known[place]]
        shared = [place for place in exchange.kept if vectors.known[place]]
        if not shared:
            raise BadValue(
                "the tokenizers share no token that has a vector", where="method",
                hint="take method 'pieces', or more texts",
            )  # fmt: skip
        found = BY_SIMILARITY[self.method](vectors, open_ids, shared, self.neighbours)
        shares = {new: {exchange.kept[one]: weight for one, weight in some.items()} for new, some in found.items()}
        return weights_of(shares, exchange.shape)

    def _aligned(self, exchange: Exchange) -> Matrix:
        """Weights by translations, of tokens that no word is aligned with by pieces."""
        aligner = aligners.get(self.aligner).read({})
        pivots = exchange.pivot * len(exchange.texts)
        shares = translation_shares(exchange.old, exchange.new, pivots, flat(exchange.texts), aligner)
        known = {place: shares[place] for place in exchange.open().values() if place in shares}
        rest = {token: place for token, place in exchange.open().items() if place not in known}
        return csr_array(weights_of(known, exchange.shape) + pieces_weights(exchange, rest))


def flat(texts: Texts) -> list[str]:
    """Texts of all languages."""
    return [text for some in texts.values() for text in some]


def pieces_weights(exchange: Exchange, tokens: Mapping[str, int]) -> Matrix:
    """The mean of the old tokens that the text of a new one is cut into."""
    cut = {place: exchange.old.cut(exchange.new.text_of(token)) for token, place in tokens.items()}
    return evenly({place: some for place, some in cut.items() if some}, exchange.shape)


def helper_vectors(rows: Any, vocabulary: Vocabulary, new: Vocabulary) -> TokenVectors:
    """The rows of a helper's tokens for those of the new vocabulary that stand for the same text.

    Raises
    ------
    BadValue
        If it has less than half of them.
    """
    same, special = shared_tokens(vocabulary, new)
    places = same | special
    if 2 * len(same) < len(new.ids):
        raise BadValue(
            f"has {len(same)} of the {len(new.ids)} tokens of the new tokenizer", where="helper",
            hint="give a model of that tokenizer",
        )  # fmt: skip
    vectors = np.zeros((new.size, rows.shape[1]))
    vectors[list(places)] = rows[list(places.values())]
    return TokenVectors(vectors)
