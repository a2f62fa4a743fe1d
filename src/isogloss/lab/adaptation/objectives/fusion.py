"""What a student learns from several teachers: from the one that knows a text best, or from all of them together.

The distance of graphs and that of sorted probabilities are those of Wang et al. 2025, InfiGFusion: graph-on-logits
distillation via efficient Gromov-Wasserstein for model fusion; the latter is of Boizard et al. 2024, Towards
cross-tokenizer distillation: the universal logit distillation loss for LLMs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Literal

from isogloss.lab.adaptation.objectives.prediction import OwnLoss
from isogloss.lab.adaptation.objectives.teaching import COMPARISONS, Lesson
from isogloss.models.runtime import start_torch


def sorted_probabilities(lesson: Lesson) -> Any:
    """Mean over tokens of the sum over ranks of |p_student - p_teacher|, both in falling order; 0 to 2."""
    ours, theirs = (one.softmax(-1).sort(-1, descending=True).values for one in lesson.logits)
    return (ours - theirs).abs().sum(-1).mean()


def graphs(lesson: Lesson) -> Any:
    """Mean over sequences of the distance of the graphs of student and teacher, see `graph_distance`."""
    told = lesson.answers != -100
    some = [place for place in range(len(told)) if told[place].any()]
    every = [
        graph_distance(
            lesson.student.logits[place][told[place]].float(), lesson.teacher.logits[place][told[place]].float(),
            lesson.kept,
        )
        for place in some
    ]  # fmt: skip
    return sum(every) / max(1, len(every))


def graph_distance(ours: Any, theirs: Any, kept: int) -> Any:
    """How far two graphs of tokens are from each other, whichever tokens they are of.

    Parameters
    ----------
    ours, theirs : torch.Tensor, shape (places, vocabulary)
        Logits at the places of one text.
    kept : int
        Largest logits of each place that count, the others being 0.

    Notes
    -----
    z_t are the logits of a place less their mean, which no model fixes, and 0 for all but the `kept` largest. The graph
    has a node for each token and the weights C = (1 / T) sum_t z_t z_t'. The distance of Gromov and Wasserstein of two
    such graphs is approximated by that of one number of each node, C 1 / kept, in one dimension: the sum of absolute
    differences of both in falling order, by `kept`. C itself is not needed: C 1 = (1 / T) sum_t z_t (z_t' 1). It takes
    O(T n + n log n) for n tokens.
    """
    first, second = (_nodes(one, kept).sort(descending=True).values for one in (ours, theirs))
    return (first - second).abs().sum() / kept


def _nodes(logits: Any, kept: int) -> Any:
    """C 1 / kept, shape (vocabulary,)."""
    centred = logits - logits.mean(-1, keepdim=True)
    least = centred.topk(min(kept, centred.shape[-1]), -1).values[:, -1:]
    largest = centred.masked_fill(centred < least, 0.0)
    return (largest * largest.sum(-1, keepdim=True)).mean(0) / kept


FUSED = {**COMPARISONS, "sorted": sorted_probabilities, "graph": graphs}
"""Parts of the loss by the name of their weight."""


class Fusion(OwnLoss):
    """A weighted sum of comparisons with what several teachers expect.

    Parameters
    ----------
    own : OwnLoss
        Of the student; decides what is hidden, and how much is read at once.
    teachers : sequence of transformers.PreTrainedModel
    weights : mapping of str to float
        Of `FUSED`; what has 0 is not computed.
    temperature : float
    kept : int
        Largest logits that make up a graph.
    choice : {"best", "mean"}
        Of each sequence, the teacher with the least loss, or the mean of their logits.
    """

    def __init__(
        self, own: OwnLoss, teachers: Sequence[Any], weights: Mapping[str, float], temperature: float, *, kept: int,
        choice: Literal["best", "mean"],
    ):  # fmt: skip
        at_once = max(1, own.at_once // (1 + len(teachers)))
        super().__init__(own.tokenizer, masked=own.masked, hidden=own.hidden, at_once=at_once)
        self.teachers, self.temperature, self.kept, self.choice = teachers, temperature, kept, choice
        self.weights = {name: weight for name, weight in weights.items() if weight}

    def total(self, model: Any, given: Any, there: Any, answers: Any) -> Any:
        torch = start_torch()
        batch = {"input_ids": given, "attention_mask": there}
        with torch.no_grad():
            theirs = torch.stack([one(**batch).logits for one in self.teachers])
            chosen = theirs.mean(0) if self.choice == "mean" else best(theirs, answers)
        teacher = SimpleNamespace(logits=chosen)
        lesson = Lesson(model(**batch), teacher, there, answers, self.temperature, self.kept)
        loss = sum(weight * FUSED[name](lesson) for name, weight in self.weights.items())
        return loss * (answers != -100).sum()


def best(logits: Any, answers: Any) -> Any:
    """Of each sequence, the logits of the teacher with the least cross entropy of its tokens.

    Parameters
    ----------
    logits : torch.Tensor, shape (teachers, sequences, tokens, vocabulary)
    answers : torch.Tensor, shape (sequences, tokens)
        -100 for tokens that are not to be told.
    """
    torch = start_torch()
    losses = torch.stack(
        [
            torch.nn.functional.cross_entropy(one.transpose(1, 2).float(), answers, ignore_index=-100, reduction="none")
            for one in logits
        ]
    )  # fmt: skip  (teachers, sequences, tokens)
    return logits[losses.sum(-1).argmin(0), torch.arange(logits.shape[1], device=logits.device)]
