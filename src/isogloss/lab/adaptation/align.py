"""`align-sentences`, `align-words`: training that brings languages together, on sentences and their translations."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le

from isogloss.errors import BadValue
from isogloss.lab.adaptation import Inputs, Texts
from isogloss.lab.adaptation.draft import Draft
from isogloss.lab.adaptation.mixing import Integers
from isogloss.lab.adaptation.objectives.contrast import SentenceContrast
from isogloss.lab.adaptation.objectives.pairs import Pairs, Term, Weighting
from isogloss.lab.adaptation.objectives.prediction import own_loss
from isogloss.lab.adaptation.objectives.words import WordDistance
from isogloss.lab.adaptation.trained import TrainedAdaptation, check_languages
from isogloss.lab.adaptation.training import has_head, train
from isogloss.lab.adaptation.weights import Weights
from isogloss.models.checkpoints import load_model, load_tokenizer
from isogloss.models.tokenizers import Tokenizer
from isogloss.parameters import Count, NotNegative, Positive
from isogloss.texts.aligners import Bitext, read_aligner
from isogloss.texts.words import cut_words


@dataclass(frozen=True)
class AlignLanguages(TrainedAdaptation):
    """Trains a model on a loss over sentences and their translations, beside its own loss on the same sentences.

    Parameters
    ----------
    pivot : str, default "eng"
        The language of the texts that the others are brought to.
    languages : tuple of str
        Those that are brought to it; by default all others of the texts.
    layer : int, default 0
        Whose states are compared, 1 being the first after the embeddings; 0 for the layer that the loss is known with.
    weight : float, default 1
        Of the loss over pairs.
    own : float, default 1
        Weight of the model's own loss on the sentences, of next or of hidden tokens. An encoder without a head has
        none: it needs 0.
    keep : float, default 0
        Weight of the mean squared distance of the states of the pivot's tokens, at the layer, from those of the
        model before.
    batches : int, default 200
        That are read, one in each step.
    batch_size : int, default 32
        Pairs of a step, all of one language, which is drawn evenly.
    hidden : float, default 0.15
        Share of the tokens that is hidden in the own loss of models of hidden words.
    parts : int, default 4
        After each of which the state is kept, and the loss of each language and the retrieval of translations are
        measured.
    """

    pivot: str = "eng"
    languages: tuple[str, ...] = ()
    layer: Annotated[int, Ge(0)] = 0
    weight: Positive = 1.0
    own: NotNegative = 1.0
    keep: NotNegative = 0.0
    batches: Count = 200
    batch_size: Annotated[int, Ge(2)] = 32
    hidden: Annotated[float, Gt(0), Le(0.9)] = 0.15

    def __post_init__(self) -> None:
        """Check parameters, and that they agree."""
        super().__post_init__()
        if self.pivot in self.languages:
            raise BadValue(f"the pivot '{self.pivot}' is brought to itself", where="languages", hint="leave it out")

    @property
    def needs_translations(self) -> bool:
        return True

    @property
    def steps(self) -> int:
        """Steps of training."""
        return self.batches

    def compared(self, texts: Collection[str]) -> list[str]:
        """The pivot, and the languages that are brought to it.

        Raises
        ------
        UnknownName, BadValue
            If there are no texts of one, or none beside the pivot.
        """
        chosen = list(self.languages) or [code for code in texts if code != self.pivot]
        check_languages([self.pivot, *chosen], texts)
        if not chosen:
            raise BadValue("there are no texts of a language beside the pivot", where="corpus")
        return [self.pivot, *chosen]

    def learns_from(self, languages: Collection[str]) -> list[str]:
        return self.compared(languages)

    def memory(self, source: Weights) -> int:
        return super().memory(source) + 4 * bool(self.keep) * source.parameters

    @abstractmethod
    def known_layer(self, depth: int) -> int:
        """The layer that the loss is known with, of a model with so many."""

    def tokens(self, tokenizer: Tokenizer, texts: Texts) -> dict[str, list[Integers]]:
        """The tokens of the sentences that are learnt from, by language."""
        return {code: arrays(tokenizer.encode(some)) for code, some in texts.items()}

    @abstractmethod
    def term(self, tokenizer: Tokenizer, texts: Texts) -> Term:
        """The loss over pairs; the pivot is the first language of the texts."""

    def apply(self, source: Weights, inputs: Inputs, draft: Draft) -> None:
        if self.own and not has_head(source):
            raise BadValue(
                "is an encoder without a head, which has no loss of its own", where=f"checkpoint {source.folder}",
                hint="give own=0; keep=1 then holds the pivot in its place",
            )  # fmt: skip
        texts = {code: inputs.texts[code] for code in self.compared(inputs.texts)}
        if len(texts[self.pivot]) < 2:
            raise BadValue("one sentence is no contrast to any other", where="corpus", hint="give more translations")
        train(self, source, lambda model: self._objective(source, texts, model), inputs, draft)

    def _objective(self, source: Weights, texts: Texts, model: Any) -> Pairs:
        shape = model.config.get_text_config()
        if self.layer > shape.num_hidden_layers:
            raise BadValue(f"there is no layer {self.layer}", hint=f"the model has 1 to {shape.num_hidden_layers}")
        room = (getattr(shape, "max_position_embeddings", None) or self.length + 4) - 4
        tokenizer = Tokenizer(source.folder, min(self.length, room))
        return Pairs(
            self.term(tokenizer, texts), self.tokens(tokenizer, texts), lambda some: arrays(tokenizer.encode(some)),
            layer=self.layer or self.known_layer(shape.num_hidden_layers), batch_size=self.batch_size,
            weighting=Weighting(self.weight, self.own, self.keep),
            own=own_loss(source.folder, model, self.hidden, self.length) if self.own else None,
            before=load_model("AutoModel", source.folder, "float32") if self.keep else None,
            filler=load_tokenizer(source.folder).pad_token_id or 0,
        )  # fmt: skip


def arrays(ids: Sequence[Sequence[int]]) -> list[Integers]:
    """Token sequences as arrays."""
    return [np.array(one, np.int64) for one in ids]


@dataclass(frozen=True)
class AlignSentences(AlignLanguages):
    """Brings sentences and their translations together at a middle layer, and apart from others, by contrast.

    Parameters
    ----------
    temperature : float, default 0.1
        That cosines are divided by: the lower, the more the nearest wrong sentences count.

    Notes
    -----
    Half of the cross entropy of the right translation among those of the batch by cosine of mean states, and half of
    that of the right sentence. At the middle layer, this is the loss of Liu and Niehues (2025, Middle-layer
    representation alignment); on texts and their transliterations, of Liu et al. (2024, TransliCo); on single words
    with `own = 0`, of Green et al. (2022, BabelBERT). The other parameters are those of every alignment.
    """

    name: ClassVar[str] = "align-sentences"

    temperature: Positive = 0.1

    def known_layer(self, depth: int) -> int:
        """The middle."""
        return max(1, round(depth / 2))

    def term(self, tokenizer: Tokenizer, texts: Texts) -> Term:
        return SentenceContrast(self.temperature)


@dataclass(frozen=True)
class AlignWords(AlignLanguages):
    """Brings words and their translations in context together, by distance, and keeps the pivot in its place.

    Parameters
    ----------
    own : float, default 0
        Weight of the model's own loss on the sentences.
    keep : float, default 1
        Weight of the mean squared distance of the states of the pivot's tokens, at the layer, from those of the
        model before.
    aligner : dict, default {"name": "ibm1"}
        Which words are translations of each other: an aligner with its parameters.

    Notes
    -----
    The mean squared distance of the states of linked words, and `keep` times that of the pivot's tokens from what they
    were (Cao, Kitaev and Klein 2020, Multilingual alignment of contextual word representations; Efimov et al. 2023, The
    impact of cross-lingual adjustment). Links are made once, before training. The other parameters are those of every
    alignment.
    """

    name: ClassVar[str] = "align-words"

    own: NotNegative = 0.0
    keep: NotNegative = 1.0
    aligner: dict[str, Any] = field(default_factory=lambda: {"name": "ibm1"})

    def __post_init__(self) -> None:
        super().__post_init__()
        read_aligner(self.aligner)  # what is wrong with it is to be known early
        if not self.keep and not self.own:
            raise BadValue(
                "neither keep nor own is above 0: all words could get one state", where="keep", hint="give keep=1"
            )

    @property
    def identity(self) -> dict[str, Any]:
        """The aligner with its version and that of its model stands for its parameters."""
        return super().identity | {"aligner": read_aligner(self.aligner).describe()}

    def known_layer(self, depth: int) -> int:
        """The last."""
        return depth

    def tokens(self, tokenizer: Tokenizer, texts: Texts) -> dict[str, list[Integers]]:
        cut = {code: [cut_words(text) for text in some] for code, some in texts.items()}
        return {code: arrays(tokenizer.encode_owned(some)[0]) for code, some in cut.items()}

    def term(self, tokenizer: Tokenizer, texts: Texts) -> Term:
        cut = {code: [cut_words(text) for text in some] for code, some in texts.items()}
        pivot, *others = texts
        owners = {code: tokenizer.encode_owned(some)[1] for code, some in cut.items()}
        links = {code: read_aligner(self.aligner).align(Bitext(cut[pivot], cut[code])) for code in others}
        return WordDistance(owners, {code: [one.pairs for one in some] for code, some in links.items()}, pivot)
