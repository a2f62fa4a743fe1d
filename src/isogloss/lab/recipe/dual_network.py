"""An encoder that reads queries and documents apart, and how it learns which belong together.

Imported only once torch is there.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy, normalize

from isogloss.lab.recipe.neural.network import Network
from isogloss.models.encoder import pool
from isogloss.models.inputs import Tokens
from isogloss.models.runtime import by_length, count, device, padded, with_oom_backoff

Matrix = np.ndarray[Any, Any]


class Contrast(NamedTuple):
    """What is learnt by; see `isogloss.lab.recipe.bi_encoder.BiEncoder`."""

    temperature: float
    negatives: int
    own: float
    taught: float


class DualNetwork(Network):
    """Scores of documents for queries: cosines of one vector per text, or sums over the tokens of the query.

    Parameters
    ----------
    model : transformers.PreTrainedModel
    pooling, dropout
        See `Network`.
    dimension : int
        Of the vectors after a learnt linear map without bias; 0 for states as they are.
    contrast : Contrast
    by_token : bool
        Whether texts have a vector per token (late interaction).

    Attributes
    ----------
    teacher : numpy.ndarray of float, shape (units,), or None
        Scores of a teacher for all training documents, to learn from too.
    """

    in_batch: ClassVar[bool] = True

    def __init__(
        self, model: Any, pooling: str, dropout: float, dimension: int, contrast: Contrast, *, by_token: bool
    ):  # fmt: skip
        nn.Module.__init__(self)
        self.encoder, self.pooling, self.objective = model, pooling, "ranking"
        self.contrast, self.by_token, self.dropout = contrast, by_token, nn.Dropout(dropout)
        self.head: Any = nn.Identity()
        if dimension:
            self.head = nn.Linear(model.config.hidden_size, dimension, bias=False)
            nn.init.normal_(self.head.weight, std=0.02)
        self.teacher: Matrix | None = None

    @property
    def outputs(self) -> int:
        return 1

    def forward(self, ids: Any, there: Any, rows: Any = None, columns: Any = None, every: bool = False) -> Any:
        """Vectors of length 1, (texts, width); by token (texts, tokens, width), zero where there is no token."""
        states = self.encoder(input_ids=ids, attention_mask=there).last_hidden_state
        if not self.by_token:
            states = pool(states, there, self.pooling)
        vectors = normalize(self.head(self.dropout(states)).float(), dim=-1)
        return vectors * there[:, :, None] if self.by_token else vectors

    def encoded(self, tokens: Tokens, sequences: Matrix) -> tuple[Any, Any]:
        """Vectors of some sequences, and where there are tokens."""
        ids, there = padded([tokens.sequence(int(one)) for one in sequences], self.encoder.config.pad_token_id or 0)
        return self(ids, there), there.bool()

    def scores(self, queries: Any, documents: Any, there: Any) -> Any:
        """Of all documents for all queries, (queries, documents)."""
        if not self.by_token:
            return queries @ documents.T
        products = torch.einsum("qid,pjd->qpij", queries, documents)
        # A query's padding is zero, so that it adds nothing; a document's must not be the best of negative products.
        return (products.masked_fill(~there[None, :, None], -2).amax(dim=3) * (queries != 0).any(2)[:, None]).sum(2)

    def loss(self, tokens: Tokens, rows: Matrix, of_units: Matrix) -> Any:
        """Summed over the queries of some rows, each with one of its relevant documents and a few of its others."""
        documents, owners = self._drawn(tokens, rows, of_units)
        sequences = tokens.rows[rows[owners]] + 1 + documents
        read = np.concatenate([tokens.rows[rows], sequences])
        count(tokens=int(tokens.lengths[read].sum()), flops=self.passes * self.flops(tokens.lengths[read]))
        (queries, _), (vectors, there) = self.encoded(tokens, tokens.rows[rows]), self.encoded(tokens, sequences)
        scores = self.scores(queries, vectors, there) / self.contrast.temperature
        excluded = self._relevant(tokens, rows, of_units, sequences)
        right = np.searchsorted(owners, np.arange(len(rows)))  # the first of each row's is relevant
        excluded[np.arange(len(rows)), right] = False
        goal = torch.from_numpy(right).to(scores.device)
        among = scores.masked_fill(torch.from_numpy(excluded).to(scores.device), -torch.inf)
        loss = cross_entropy(among, goal, reduction="sum")
        elsewhere = torch.from_numpy(owners[None] != np.arange(len(rows))[:, None]).to(scores.device)
        if self.contrast.own:
            own = among.masked_fill(elsewhere, -torch.inf)
            loss = loss + self.contrast.own * cross_entropy(own, goal, reduction="sum")
        if self.teacher is not None:
            taught = torch.full_like(scores, -torch.inf)
            units = torch.from_numpy(self.teacher[tokens.units[rows[owners]] + documents]).to(taught)
            taught[torch.from_numpy(owners), torch.arange(len(owners))] = units
            likely = scores.masked_fill(elsewhere, -torch.inf).log_softmax(1).masked_fill(elsewhere, 0)
            loss = loss - self.contrast.taught * (taught.softmax(1) * likely).sum()
        return loss

    def count_training(self, tokens: Tokens, rows: Matrix, epochs: int) -> None:
        """Nothing: what is read is drawn, and counted step by step."""

    def vectors_of(self, tokens: Tokens, sequences: Matrix) -> list[Any]:
        """Of each of some sequences its vector, (width,), or by token its vectors, (tokens, width)."""
        lengths = tokens.lengths[sequences]
        found: list[Any] = [None] * len(sequences)

        def keep(batch: Matrix) -> None:
            with torch.inference_mode():
                for place, vector in zip(batch, self.encoded(tokens, sequences[batch])[0].float(), strict=True):
                    found[place] = vector[: lengths[place]] if self.by_token else vector

        for batch in by_length(lengths):
            with_oom_backoff(keep, batch)
        count(tokens=int(lengths.sum()), flops=self.flops(lengths))
        return found

    def answer(self, tokens: Tokens) -> Matrix:
        """The score of every document for the query of its row, (units,); alike texts are read once."""
        places: dict[bytes, int] = {}
        of_sequence = np.array(
            [places.setdefault(tokens.sequence(one).tobytes(), len(places)) for one in range(len(tokens.lengths))]
        )
        vectors = self.vectors_of(tokens, np.unique(of_sequence, return_index=True)[1])
        found = np.empty(int(tokens.units[-1]), np.float32)
        with torch.inference_mode():
            for row in range(len(tokens.rows) - 1):
                query, *documents = of_sequence[tokens.rows[row] : tokens.rows[row + 1]]
                several = [vectors[one] for one in documents]
                there = torch.ones(0)
                if self.by_token:
                    there = nn.utils.rnn.pad_sequence([torch.ones(len(one)) for one in several], batch_first=True)
                    stacked = nn.utils.rnn.pad_sequence(several, batch_first=True)
                else:
                    stacked = torch.stack(several)
                scores = self.scores(vectors[query][None], stacked, there.bool().to(device()))
                found[tokens.units[row] : tokens.units[row + 1]] = scores[0].cpu().numpy()
        return found

    def _drawn(self, tokens: Tokens, rows: Matrix, of_units: Matrix) -> tuple[Matrix, Matrix]:
        """Documents of each row by their places in it, a relevant one first; and the place of the row each is of."""
        documents, owners = [], []
        for place, row in enumerate(rows):
            is_relevant = of_units[tokens.units[row] : tokens.units[row + 1]] > 0
            relevant, others = np.flatnonzero(is_relevant), np.flatnonzero(~is_relevant)
            chosen = [*_some(relevant, 1), *_some(others, self.contrast.negatives)]
            documents += chosen
            owners += [place] * len(chosen)
        return np.array(documents, np.int64), np.array(owners, np.int64)

    def _relevant(self, tokens: Tokens, rows: Matrix, of_units: Matrix, sequences: Matrix) -> Matrix:
        """Which documents of a batch are known to be relevant for which queries, letter by letter."""
        known: dict[bytes, set[bytes]] = {}
        for row in rows:
            first = tokens.rows[row]
            grades = of_units[tokens.units[row] : tokens.units[row + 1]]
            there = known.setdefault(tokens.sequence(first).tobytes(), set())
            there |= {tokens.sequence(first + 1 + one).tobytes() for one in np.flatnonzero(grades > 0)}
        drawn = [tokens.sequence(one).tobytes() for one in sequences]
        asked = [known[tokens.sequence(tokens.rows[row]).tobytes()] for row in rows]
        return np.array([[one in relevant for one in drawn] for relevant in asked])


def _some(places: Matrix, most: int) -> Matrix:
    """A few places at random, by the generator of torch, which the seed of the training sets."""
    return np.asarray(places[torch.randperm(len(places))[:most].numpy()])
