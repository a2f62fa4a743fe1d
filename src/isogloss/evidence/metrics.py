"""What a metric's name says about its values: whether they are bounded, and which way is better."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LOWER_IS_BETTER = frozenset(
    [
        *("loss", "nll", "perplexity", "ppl", "entropy", "bits", "bpb", "bpc"),
        *("mae", "mse", "rmse", "error", "errors", "distance"),
        *("ter", "wer", "cer", "mer"),
    ]
)
_UNBOUNDED = (_LOWER_IS_BETTER - {"errors"}) | {"comet"}
_SIGNED = frozenset(("pearson", "spearman", "kendall", "tau", "mcc", "matthews", "kappa", "correlation", "silhouette"))
_MAY_BE_SIGNED = ("main_score",)
"""What MTEB calls the score of every task, which for semantic similarity is a correlation."""


@dataclass(frozen=True)
class Metric:
    """What is known about a metric from its name.

    Attributes
    ----------
    bounded : bool
        Whether its values are fractions (or percentages) of a best possible score.
    lowest : float
        The lowest possible fraction: 0, or -1 for correlations. Meaningless when unbounded.
    higher_is_better : bool
    """

    bounded: bool
    lowest: float
    higher_is_better: bool


def describe(name: str) -> Metric:
    """The metric called `name`; one that is not known is taken as bounded, higher being better.

    Only words of the name count, so `eval_loss` and `word_perplexity` are recognised. TER, WER and CER
    may exceed 1 and are unbounded; BLEU and chrF run from 0 to 100 and are percentages.

    Examples
    --------
    >>> describe("word_perplexity").bounded
    False
    >>> describe("error_rate")
    Metric(bounded=True, lowest=0.0, higher_is_better=False)
    """
    words = set(re.split(r"[^a-z]+", name.casefold()))
    plain_rate = "rate" in words and not words & {"word", "character", "char", "edit", "ter", "wer", "cer"}
    return Metric(
        bounded=plain_rate or not words & _UNBOUNDED,
        lowest=-1.0 if words & _SIGNED or name in _MAY_BE_SIGNED else 0.0,
        higher_is_better=not words & _LOWER_IS_BETTER,
    )
