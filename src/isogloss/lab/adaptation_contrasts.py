"""Whether languages of few texts, or of other scripts than the Latin one, pay more for an adaptation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import polars as pl

from isogloss.languages import resolve, resources
from isogloss.stats.hypotheses import holm, permutation_p_value

FEWEST = 6
"""Languages, and of a script two, below which nothing is tested."""
PERMUTATIONS = 2000
CORPUS = "cc100"
LATIN = "Latn"

Array = np.ndarray[Any, Any]
SCHEMA = {"model": pl.String, "recipe": pl.String, "contrast": pl.String, "languages": pl.Int64,
          "value": pl.Float64, "p_value": pl.Float64}  # fmt: skip


def contrasts_of(changes: pl.DataFrame) -> pl.DataFrame:
    """Test whether what an adaptation costs goes with a language's amount of text and with its script.

    Parameters
    ----------
    changes : polars.DataFrame
        `model`, `recipe`, `target`, `change`.

    Returns
    -------
    polars.DataFrame
        `model`, `recipe`, `contrast`, `languages`, `value`, `p_value`. Of `text`, the value is the rank correlation
        (Spearman) between change and size in CC-100, where languages that are not in it have none: negative where
        languages of few texts pay more. Of `script`, it is the mean change of languages in other scripts than the Latin
        one less that of the others: positive where these pay more. p-values are two-sided, by 2,000 permutations of
        languages, and corrected by Holm over the adaptations of a model.

    Notes
    -----
    Relatives are no independent languages, so p-values are too small where many of one family are measured.
    """
    rows = [row for _, group in changes.group_by("model", maintain_order=True) for row in _of_model(group)]
    return pl.DataFrame(rows, schema=SCHEMA)


def _of_model(changes: pl.DataFrame) -> Iterator[dict[str, Any]]:
    sizes = resources(CORPUS)
    for contrast, amount, weigh in (
        ("text", lambda code: sizes.get(code, sizes.get(code[:3], 0.0)), _ranks),
        ("script", lambda code: float(resolve(code).script != LATIN), _shares),
    ):
        rows = [
            {"model": group["model"][0], "recipe": recipe, "contrast": contrast, "languages": group.height,
             **_tested(np.array([amount(code) for code in group["target"]]), group["change"].to_numpy(), weigh)}
            for (recipe,), group in changes.group_by("recipe", maintain_order=True)
        ]  # fmt: skip
        corrected = holm([row["p_value"] for row in rows])
        yield from (row | {"p_value": p} for row, p in zip(rows, corrected, strict=True))


def _tested(amounts: Array, changes: Array, weigh: Callable[[Array, Array], tuple[Array, Array]]) -> dict[str, Any]:
    """A sum of weighted changes with its p-value; nothing where there are too few languages, or all are alike."""
    values, counts = np.unique(amounts, return_counts=True)
    alike = len(values) < 2 or (len(values) == 2 and counts.min() < 2) or np.ptp(changes) == 0
    if len(amounts) < FEWEST or alike:
        return {"value": None, "p_value": None}
    weights, scores = weigh(amounts, changes)
    value = float(weights @ scores)
    permuted = np.random.default_rng(0).permuted(np.tile(weights, (PERMUTATIONS, 1)), axis=1) @ scores
    return {"value": value, "p_value": permutation_p_value(abs(value), np.abs(permuted))}


def _ranks(amounts: Array, changes: Array) -> tuple[Array, Array]:
    """Standardised ranks of both, whose product is Spearman's correlation."""
    from scipy.stats import rankdata, zscore

    return zscore(rankdata(amounts)) / len(amounts), zscore(rankdata(changes))


def _shares(other: Array, changes: Array) -> tuple[Array, Array]:
    """Weights by which changes give the difference of two means."""
    return other / other.sum() - (1 - other) / (1 - other).sum(), changes
