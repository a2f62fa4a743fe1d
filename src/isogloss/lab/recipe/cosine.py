"""`cosine`: how alike the vectors of two sentences are, without any training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, ClassVar, Literal

import numpy as np

from isogloss.errors import BadValue
from isogloss.lab.recipe import Answers, Apply, Arrays, Corpus, Estimate, Fitted, Training
from isogloss.lab.recipe.linear_probe import Features
from isogloss.lab.recipe.neural import NeuralRecipe
from isogloss.models.features import Block, encode_block
from isogloss.models.inputs import TEXT, tokenize

ALL = "all"


@dataclass(frozen=True)
class Cosine(NeuralRecipe):
    """Cosine of the vectors of two sentences, each the mean over its tokens in one layer of a frozen encoder.

    Parameters
    ----------
    layer : int or "all", default -1
        0 for the embeddings, then layer by layer, negative ones from the end; "all" answers with each, as recipes of
        their own.
    prefix : str, default ""
        What stands before each sentence, such as "query: " for E5.

    Notes
    -----
    It learns nothing: its grid has sizes = [0]. Each sentence is read by itself, so that its vector can be kept and
    compared with any other, unlike what `fine-tune` makes of both together.
    """

    name: ClassVar[str] = "cosine"
    answers: ClassVar[tuple[str, ...]] = ("value",)
    takes_shots: ClassVar[bool] = False
    zero_shot: ClassVar[bool] = True

    layer: int | Literal["all"] = -1
    prefix: str = ""

    @property
    def preparation(self) -> tuple[Any, ...]:
        """Cosines of one checkpoint and prefix share its features."""
        return ("features of sentences", self.revision, self.max_length, self.precision, self.prefix)

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """Encode every sentence of the test pairs that the disk has no features of, language by language."""
        several = [[self._sentences(corpus, one) for one in pairs] for pairs in corpus.test]
        tokens = [tokenize(list(chain.from_iterable(pairs)), self.tokenizer, TEXT) for pairs in several]
        self._check_lengths(max(int(one.lengths.max(initial=0)) for one in tokens))
        tokenizer = self.tokenizer
        unknown = np.array([tokenizer.unknown_share(one.ids) for one in tokens])
        self._warn(corpus.languages, unknown)
        blocks = [Block(one, self.folder, self.precision) for one in tokens if len(one.lengths)]
        encoded = iter(list(apply(encode_block, blocks)))
        paths = [next(encoded).path if len(one.lengths) else "" for one in tokens]
        sizes = [len(one.lengths) for one in tokens]
        return {
            "test_blocks": np.array(paths), "test_heights": np.arange(sum(sizes) + 1), "test_rows_of": np.array(sizes),
            "unknown": unknown,
        }  # fmt: skip

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """Nothing; raise BadValue if there are examples to learn from, which an observation would name."""
        if len(training.rows):
            raise BadValue("cosine learns from no example", hint="write sizes = [0], in a grid of its own")
        return Fitted({})

    def predict(self, prepared: Arrays, fitted: Fitted) -> Answers:
        """The cosine of each pair, by layer where all layers are asked for."""
        features = Features(prepared, "test")
        there = features.layers()
        chosen = range(there) if isinstance(self.layer, str) else [self.layer]
        answers = {}
        for layer in chosen:
            if not -there <= layer < there:
                raise BadValue(f"there is no layer {layer}", hint=f"the model has 0 (embeddings) to {there - 1}")
            vectors = np.concatenate(list(features.blocks(layer))).astype(np.float64)
            vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
            answers[f"layer={layer}" if self.layer == ALL else ""] = (vectors[::2] * vectors[1::2]).sum(1)
        return answers

    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        """Encoding from the speed of the encoder, as if no features were kept."""
        _, tested, lengths = self._count_tokens(corpus)
        rate, about = self._tokens_per_second(lengths), self.facts()
        kept = 2.0 * (about["layers"] + 1) * about["embedding_size"] * 2 * sum(map(len, corpus.test))
        return Estimate(tested / rate, 0.0, 0.0, 4.0 * about["parameters"] + 5e8, kept, f"{rate:.0f} tokens/s tried")

    def _sentences(self, corpus: Corpus, one: Any) -> list[str]:
        return [self.prefix + text for text in corpus.kind.input_type.texts(one)]
