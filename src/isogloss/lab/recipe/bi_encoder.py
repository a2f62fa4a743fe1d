"""`bi-encoder`, `late-interaction`: encoders that read queries and documents apart, so that documents can be kept."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, cast

import numpy as np
from annotated_types import Ge

from isogloss.errors import BadValue
from isogloss.lab.recipe import Apply, Arrays, Corpus, Fitted, Recipe, Training, recipes
from isogloss.lab.recipe.fine_tune import with_low_rank
from isogloss.lab.recipe.neural.trained import TrainedRecipe
from isogloss.lab.recipe.wrapper import among, beside
from isogloss.lab.task import TaskKind
from isogloss.metrics.ranking import average_precision, ranked
from isogloss.models.encoder import shared_encoder_model
from isogloss.models.inputs import Choice, RankingType, Sequences, Tokens, join, tokenize
from isogloss.models.runtime import start_torch
from isogloss.models.tokenizers import Tokenizer
from isogloss.parameters import NotNegative, Positive

if TYPE_CHECKING:
    from isogloss.lab.recipe.dual_network import DualNetwork
    from isogloss.lab.recipe.neural.network import Network

TEACHER = "teacher"

Matrix = np.ndarray[Any, Any]


@dataclass(frozen=True)
class BiEncoder(TrainedRecipe):
    """One vector for each text; a document is as near to a query as their cosine says.

    Parameters
    ----------
    temperature : float, default 0.05
        Cosines are divided by it in training.
    negatives : int, default 1
        How many of a query's own documents that are not relevant are drawn at each step.
    own : float, default 0
        Weight of a second loss, over the query's own documents alone.
    rank : int, default 0
        Of additions of low rank (LoRA) that are learnt instead of all weights; 0 for all weights.
    dimension : int, default 0
        Of vectors after a linear map that is learnt too; 0 for none.
    query_prefix, document_prefix : str, default ""
        What stands before each query and each document, such as "query: " and "passage: " for E5.
    query_length : int, default 0
        Tokens of a query at most; 0 for as many as a document.
    teacher : dict, default {}
        `name` and parameters of a recipe that learns from the same examples first, and whose scores are learnt from
        too; by default of the same checkpoint.
    taught : float, default 1
        Weight of that loss.
    batch_size : int, default 32
        Queries of a step, whose documents are one another's negatives.
    learning_rate : float, default 2e-5
        The highest, of AdamW.
    dropout : float, default 0
        Of the numbers of vectors, beside what the encoder itself leaves out in training.

    Notes
    -----
    Loss of a query q with the relevant document d that was drawn: -log exp(s(q, d) / t) / sum over d' of
    exp(s(q, d') / t), d' being all documents that were drawn for the batch but others known to be relevant for q
    (InfoNCE with in-batch negatives: van den Oord et al. 2018; Karpukhin et al. 2020, Dense passage retrieval).
    With a teacher, plus the Kullback-Leibler divergence of the softmax of s / t from that of the teacher's scores,
    over the query's own documents. A grid with sizes = [0] measures the encoder as it is. The other parameters are
    those of `TrainedRecipe`.
    """

    name: ClassVar[str] = "bi-encoder"
    answers: ClassVar[tuple[str, ...]] = ("ranking",)
    zero_shot: ClassVar[bool] = True
    by_token: ClassVar[bool] = False

    learning_rate: Positive = 2e-5
    dropout: NotNegative = 0.0
    temperature: Positive = 0.05
    negatives: Annotated[int, Ge(0)] = 1
    own: NotNegative = 0.0
    rank: Annotated[int, Ge(0)] = 0
    dimension: Annotated[int, Ge(0)] = 0
    query_prefix: str = ""
    document_prefix: str = ""
    query_length: Annotated[int, Ge(0)] = 0
    teacher: dict[str, Any] = field(default_factory=dict)
    taught: NotNegative = 1.0
    pooling: Literal["mean", "cls", "last", "weighted", "max"] = "mean"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.own and not self.negatives:
            raise BadValue("own needs documents that are not relevant", hint="set negatives = 1, or leave out own")
        if self.teacher:
            _ = self.inner_teacher

    @cached_property
    def inner_teacher(self) -> TrainedRecipe:
        """The teacher with its parameters."""
        given = {key: value for key, value in self.teacher.items() if key != "name"}
        kind: type[Recipe] = recipes.get(str(self.teacher.get("name")))
        if not (issubclass(kind, TrainedRecipe) and "ranking" in kind.answers):
            raise BadValue(f"{kind.name} gives no scores of documents", where=TEACHER, hint='set name = "fine-tune"')
        return kind.read({"checkpoint": self.checkpoint, "max_length": self.max_length, **given}, where=TEACHER)

    @property
    def identity(self) -> dict[str, Any]:
        """What decides the teacher's scores stands for its parameters."""
        known = super().identity
        if not self.teacher:
            return known
        return known | {"parameters": known["parameters"] | {TEACHER: self.inner_teacher.identity}}

    @property
    def preparation(self) -> tuple[Any, ...]:
        taught = self.inner_teacher.preparation if self.teacher else ()
        apart = (self.query_prefix, self.document_prefix, self.query_length)
        return ("queries and documents", *apart, *super().preparation, *taught)

    def reads(self, kind: TaskKind) -> ApartType:
        """Query and documents as sequences of their own."""
        return ApartType(self.query_prefix, self.document_prefix, self.query_length)

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """Cut queries and documents into tokens, for a teacher as it reads them."""
        found = dict(super().prepare(corpus, apply))
        if self.teacher:
            found |= beside(TEACHER, self.inner_teacher.prepare(corpus, apply))
        return found

    def adapt(self, encoder: Any) -> Any:
        """The encoder, with additions of low rank if they are to be learnt."""
        return with_low_rank(encoder, self.rank, 2 * self.rank) if self.rank else encoder

    def is_learnt(self, name: str) -> bool:
        return not self.rank or "lora_" in name

    def objective(self, labels: np.ndarray[Any, Any]) -> str:
        return "ranking"

    def check_training(self, training: Training) -> None:
        """Raise BadValue if there is nothing to learn a linear map from."""
        if not len(training.rows) and self.dimension:
            raise BadValue("there is nothing to learn the linear map from", hint="set dimension = 0, or a size")

    def begin(self, network: Network, prepared: Arrays, training: Training) -> None:
        """Let the teacher learn from the source, and score all documents to learn from."""
        if not self.teacher or not len(training.rows):
            return
        teacher, read = self.inner_teacher, among(TEACHER, prepared)
        tokens = Tokens.of(read, "train")
        rows = np.unique(np.concatenate([training.rows, *(stage.rows for stage in training.then)]))
        some = join([tokens.part(row, row + 1) for row in rows])
        alone = replace(training, then=())
        scores = teacher.predict({**read, **some.arrays("test")}, teacher.fit(read, alone))[""]
        of_units = np.zeros(int(tokens.units[-1]), np.float32)
        of_units[tokens.units_of(rows)] = scores
        cast("DualNetwork", network).teacher = of_units

    def encode(self, fitted: Fitted, texts: Sequence[str], part: Literal["query", "document"]) -> list[Matrix]:
        """Vectors of texts that a trained encoder reads as queries or as documents.

        Parameters
        ----------
        fitted : Fitted
            As `fit` gives it.
        texts : sequence of str
        part : {"query", "document"}

        Returns
        -------
        list of numpy.ndarray of float32
            Of each text its vectors of length 1, (1, width), or by token (tokens, width).
        """
        network = self._network({}, 1, "ranking")
        self._restore(network, fitted.arrays)
        is_query = part == "query"
        tokenizer = self.tokenizer
        if is_query and self.query_length:
            tokenizer = replace(tokenizer, max_length=self.query_length)
        prefix = self.query_prefix if is_query else self.document_prefix
        tokens = tokenize([prefix + text for text in texts], tokenizer)
        found = cast("DualNetwork", network.eval()).vectors_of(tokens, np.arange(len(texts)))
        return [np.atleast_2d(one.cpu().numpy()) for one in found]

    def _learn_source(self, network: Network, tokens: Tokens, training: Training) -> dict[str, Any]:
        if not len(training.rows):
            return {"selected_on": "nothing: the encoder is taken as it is"}
        return super()._learn_source(network, tokens, training)

    def _network(self, prepared: Arrays, outputs: int, objective: str) -> Network:
        from isogloss.lab.recipe.dual_network import Contrast, DualNetwork

        start_torch()
        encoder = self.adapt(deepcopy(shared_encoder_model(self.folder, "float32")))
        contrast = Contrast(self.temperature, self.negatives, self.own, self.taught)
        return self._ready(
            DualNetwork(encoder, self.pooling, self.dropout, self.dimension, contrast, by_token=self.by_token)
        )

    def _answer(self, network: Network, tokens: Tokens, common: int) -> np.ndarray[Any, Any]:
        return cast("DualNetwork", network).answer(tokens)

    def _score(self, network: Network, tokens: Tokens, labels: Any) -> float:
        return float(ranked(average_precision, labels, self._answer(network, tokens, 0), tokens.units).mean())


@dataclass(frozen=True)
class LateInteraction(BiEncoder):
    """A vector for each token; the best cosine of each of the query with one of the document, summed.

    Parameters
    ----------
    temperature : float, default 1
        Scores are divided by it in training.
    own : float, default 1
        Weight of the loss over the query's own documents alone.
    dimension : int, default 128
        Of vectors after a linear map that is learnt too; 0 for none.
    query_length : int, default 32
        Tokens of a query at most.

    Notes
    -----
    s(q, d) = sum_i max_j q_i . d_j, vectors of length 1 (ColBERT: Khattab and Zaharia 2020; ColBERT-XM: Louis,
    Saxena, van Dijck and Spanakis 2024). Queries are not filled up with masks, and punctuation is kept. The other
    parameters are those of `BiEncoder`; there is nothing to pool.
    """

    name: ClassVar[str] = "late-interaction"
    by_token: ClassVar[bool] = True

    temperature: Positive = 1.0
    own: NotNegative = 1.0
    dimension: Annotated[int, Ge(0)] = 128
    query_length: Annotated[int, Ge(0)] = 32

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pooling != "mean":
            raise BadValue("a vector for each token is not pooled", where=self.name, hint="leave out pooling")


class ApartType(RankingType):
    """A query and its documents, each a sequence of its own.

    Parameters
    ----------
    query_prefix, document_prefix : str
        What stands before each.
    query_length : int
        Tokens of a query at most; 0 for as many as a document.
    """

    def __init__(self, query_prefix: str, document_prefix: str, query_length: int):
        self.query_prefix, self.document_prefix, self.query_length = query_prefix, document_prefix, query_length

    def sequences(self, one: Choice) -> list[tuple[str, ...]]:
        """Query, then documents."""
        return [(self.query_prefix + one.premise,), *((self.document_prefix + each,) for each in one.choices)]

    def tokenize(self, tokenizer: Tokenizer, inputs: Sequence[Choice]) -> Sequences:
        """Alike texts are cut once."""
        shorter = replace(tokenizer, max_length=self.query_length) if self.query_length else tokenizer
        queries = shorter.encode([self.query_prefix + one.premise for one in inputs])
        texts = list(dict.fromkeys(chain.from_iterable(one.choices for one in inputs)))
        cut = dict(zip(texts, tokenizer.encode([self.document_prefix + one for one in texts]), strict=True))
        several = [[query, *(cut[text] for text in one.choices)] for query, one in zip(queries, inputs, strict=True)]
        return Sequences(list(chain.from_iterable(several)), [len(one) for one in several])
