"""Does adding a language to a mix help or hurt? Pairs of mixes that differ by that language alone.

A language that is tested and was trained on before the addition may be *forgotten*; any other may be *interfered*
with. Both are measured against the same mix without the addition, never against another one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from isogloss.errors import NotEnoughEvidence
from isogloss.evidence import Evidence, TrainingMix
from isogloss.forecasting.settings import find_setting
from isogloss.stats.hypotheses import benjamini_hochberg

LEVEL = 0.95
DISCOVERIES = 0.05
TRANSFER, FORGETTING, OWN = "other language", "source of before", "language added"

ADDITIONS = pl.Schema(
    {
        **dict.fromkeys(("added", "target", "kind"), pl.String),
        "pairs": pl.Int64,
        **dict.fromkeys(("before", "after", "difference", "lower", "upper", "p", "q"), pl.Float64),
        "verdict": pl.String,
    }
)
"""Columns of the table of `compare_additions`."""


def compare_additions(
    evidence: Evidence, *, task: str, model: str, metric: str | None = None, recipe: str | None = None
) -> pl.DataFrame:
    """Compare mixes with the same mixes without one of their languages.

    Parameters
    ----------
    evidence : Evidence
    task, model : str
        As the evidence names them.
    metric, recipe : str, optional
        Needed only where the evidence has several.

    Returns
    -------
    polars.DataFrame
        With the columns of `ADDITIONS`, one row per language `added` and `target`, worst first. `kind` is `source of
        before` where the target was in the mix before (a loss is forgetting), `language added` where it is what
        was added, else `other language` (a loss is interference). `pairs` are mixes, or seeds of one;
        `difference` is after less before, with a 95 % interval; `p` of a paired t-test over pairs, or for one pair
        of a z-test if both scores have standard errors; `q` corrected for all rows by Benjamini and Hochberg;
        `verdict` is `hurts` or `helps` where `q` is at most .05, `not shown` elsewhere, and `untested` where there
        is nothing to test by.

    Raises
    ------
    NotEnoughEvidence
        If no mix was measured with and without a language.
    """
    _, observations = find_setting(evidence, task=task, model=model, metric=metric, recipe=recipe)
    better = 1 if bool(observations["higher_is_better"].all()) else -1
    rows = [_compare(*key, found) for key, found in _paired(observations)]
    if not rows:
        raise NotEnoughEvidence(
            "no mix was measured both with and without one of its languages", where="evidence",
            hint="measure a mix again without one of its languages, the others with as many examples as before",
        )  # fmt: skip
    tested = [place for place, row in enumerate(rows) if row["p"] is not None]
    for place, q in zip(tested, benjamini_hochberg([rows[place]["p"] for place in tested]), strict=True):
        shown = "hurts" if better * rows[place]["difference"] < 0 else "helps"
        rows[place] |= {"q": q, "verdict": shown if q <= DISCOVERIES else "not shown"}
    return pl.DataFrame(rows, schema=ADDITIONS).sort(better * pl.col("difference"), "added", "target")


def describe_additions(table: pl.DataFrame, unit: str = "points") -> tuple[str, ...]:
    """What adding a language does, in a sentence for each kind."""
    sentences = []
    scale = 100.0 if unit == "points" else 1.0
    for kind, loss in ((TRANSFER, "interference"), (FORGETTING, "forgetting")):
        rows = table.filter(pl.col("kind") == kind)
        if rows.height:
            hurt, helped = (rows.filter(pl.col("verdict") == verdict) for verdict in ("hurts", "helps"))
            mean = scale * float(rows["difference"].to_numpy().mean())
            sentences.append(
                f"{loss.capitalize()} is shown in {hurt.height} of {rows.height} cases and a gain in {helped.height}; "
                f"the mean change is {mean:+.1f} {unit}."
            )
    own = table.filter(pl.col("kind") == OWN)
    if own.height:
        gains = own.filter(pl.col("verdict") == "helps").height
        change = scale * float(own["difference"].to_numpy().mean())
        sentences.append(
            f"The language added itself is shown to gain in {gains} of {own.height} cases; the mean change is "
            f"{change:+.1f} {unit}."
        )
    untested = table.filter(pl.col("verdict") == "untested").height
    if untested:
        sentences.append(
            f"{untested} case{' was' if untested == 1 else 's were'} not tested: of one pair without standard errors, "
            "or of pairs that differ by just the same."
        )
    return tuple(sentences)


Pair = tuple[float, float, float | None, float | None]


def _paired(observations: pl.DataFrame) -> Iterator[tuple[tuple[str, str, str], list[Pair]]]:
    """Scores before and after with their errors, by language added, target and kind."""
    cells: dict[tuple[str, str, Any], tuple[float, float | None]] = {}
    for row in observations.select("train", "target", "seed", "score", "standard_error").iter_rows():
        cells[row[:3]] = row[3:]
    smaller: dict[str, list[tuple[str, str]]] = {}
    for text in {key[0] for key in cells}:
        mix = TrainingMix.parse(text, language=str)
        smaller[text] = [(language, str(mix.without(language))) for language in mix] if len(mix) > 1 else []
    found: dict[tuple[str, str, str], list[Pair]] = {}
    for (text, target, seed), (after, error_after) in sorted(cells.items(), key=lambda cell: str(cell[0])):
        for added, before_text in smaller[text]:
            if (before := cells.get((before_text, target, seed))) is not None:
                kind = OWN if target == added else TRANSFER
                if kind == TRANSFER and target in TrainingMix.parse(before_text, language=str):
                    kind = FORGETTING
                found.setdefault((added, target, kind), []).append((before[0], after, before[1], error_after))
    yield from sorted(found.items())


def _compare(added: str, target: str, kind: str, pairs: list[Pair]) -> dict[str, Any]:
    before, after = (np.array([pair[side] for pair in pairs]) for side in (0, 1))
    differences = after - before
    mean, count = float(differences.mean()), len(pairs)
    row = {"added": added, "target": target, "kind": kind, "pairs": count, "before": float(before.mean()),
           "after": float(after.mean()), "difference": mean, "lower": None, "upper": None, "p": None, "q": None,
           "verdict": "untested"}  # fmt: skip
    error, degrees = _error(differences, pairs)
    if error is None or error == 0:
        return row
    from scipy.special import stdtr, stdtrit

    # With endless degrees of freedom Student's law is the normal one.
    freedom = math.inf if degrees is None else degrees
    margin = float(stdtrit(freedom, (1 + LEVEL) / 2)) * error
    p_value = 2 * float(stdtr(freedom, -abs(mean) / error))
    return row | {"lower": mean - margin, "upper": mean + margin, "p": p_value}


def _error(differences: np.ndarray, pairs: list[Pair]) -> tuple[float | None, int | None]:
    """Standard error of the mean difference, and its degrees of freedom (None: known from the test items)."""
    if len(differences) > 1:
        return float(differences.std(ddof=1)) / math.sqrt(len(differences)), len(differences) - 1
    _, _, first, second = pairs[0]
    return (None, None) if first is None or second is None else (math.hypot(first, second), None)
