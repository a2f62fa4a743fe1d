"""How often one system's answers win against another's, language by language, also at equal length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.behaviour.judgements import judgements_of
from isogloss.errors import UnknownName
from isogloss.stats import holm, mcnemar, permutation_p_value, win_interval
from isogloss.stats.intervals import bootstrap_weights, check_level, percentile_interval

Array = NDArray[np.float64]

DRAWS = 2_000
STEPS = 50
WINS = {
    "model": pl.String, "against": pl.String, "language": pl.String, "items": pl.Int64, "wins": pl.Int64,
    "ties": pl.Int64, "losses": pl.Int64, "rate": pl.Float64, "lower": pl.Float64, "upper": pl.Float64,
    "p": pl.Float64, "p_holm": pl.Float64, "longer": pl.Float64, "equal": pl.Float64, "equal_lower": pl.Float64,
    "equal_upper": pl.Float64,
}  # fmt: skip
ORDERS = {
    "model": pl.String, "against": pl.String, "language": pl.String, "items": pl.Int64, "alike": pl.Float64,
    "first": pl.Int64, "second": pl.Int64, "p": pl.Float64, "p_holm": pl.Float64,
}  # fmt: skip
LENGTHS = {
    "model": pl.String, "against": pl.String, "odds": pl.Float64, "lower": pl.Float64, "upper": pl.Float64,
    "items": pl.Int64,
}  # fmt: skip


@dataclass(frozen=True)
class Wins:
    """How often systems win against one of them.

    Attributes
    ----------
    wins : polars.DataFrame
        For each `model` and `language`: `items` with their `wins`, `ties` and `losses` against the system `against`;
        the win `rate`, (wins + ties / 2) / items, with `lower` and `upper`; `p` of as many wins as losses, and `p_holm`
        corrected over the languages of the model. `longer` is the share of items with the longer answer, equal ones
        half; `equal`, with `equal_lower` and `equal_upper`, is the win rate that is expected where both are equally
        long, null without lengths. `language` is null in the mean over languages.
    orders : polars.DataFrame
        For each `model` and `language` with pairs judged in both orders: these `items`, the share `alike` whose vote
        is the same in both, how often an answer did better in the `first` place and in the `second` one, and `p` of
        as many of these as of those, with `p_holm`.
    lengths : polars.DataFrame
        For each `model` with lengths: by how much the `odds` to win grow for an answer longer by the usual difference,
        with `lower` and `upper`.
    left_out : int
        Rows without a vote, or of other systems.
    level : float
    """

    wins: pl.DataFrame
    orders: pl.DataFrame
    lengths: pl.DataFrame
    left_out: int
    level: float


def score_wins(
    items: pl.DataFrame, *, against: str | None = None, model: str | None = None, level: float = 0.95, seed: int = 0
) -> Wins:
    """Count wins of systems against one of them, in each language.

    Parameters
    ----------
    items : polars.DataFrame
        See `judgements_of`.
    against : str, optional
        The system that others are compared with, see `judgements_of`.
    model : str, optional
        The only system that is compared.
    level : float, default 0.95
        Of intervals.
    seed : int
        Of the bootstrap and the signs of the test over all languages.

    Returns
    -------
    Wins

    Raises
    ------
    BadValue, UnknownName, NotEnoughEvidence
        See `judgements_of`.

    Notes
    -----
    An item that was judged several times, such as in both orders, is won where its votes are so on average, and tied
    where they cancel out (Zheng et al. 2023). A language has Tango's interval and the exact sign test of wins against
    losses; the mean over languages, an interval of items drawn anew, the same in all languages, and a test that turns
    round the outcomes of items, in all languages together. At equal length: logit P(win) = a_language + b tanh(d / s),
    d being the difference of lengths and s its root mean square in the language, after Dubois et al. (2024); a tie is
    half a win, and each language gets one tie of equal length more, so that the fit exists where all is won.
    """
    check_level(level)
    votes, left_out = judgements_of(items, against)
    if model is not None:
        if model not in (known := votes["model"].unique(maintain_order=True).to_list()):
            raise UnknownName("system", model, known, where="model")
        votes = votes.filter(model=model)
    wins, orders, lengths = [], [], []
    for (name, other), rows in votes.group_by("model", "against", maintain_order=True):
        named = {"model": name, "against": other}
        by_item = rows.group_by("language", "item", maintain_order=True).agg(pl.col("outcome", "longer").mean())
        outcome = (pl.col("outcome") - 0.5).sign() / 2 + 0.5
        by_item = by_item.with_columns(outcome=outcome)
        languages = by_item["language"].unique(maintain_order=True).to_list()
        found = [_language(by_item.filter(language=one), one, level) for one in languages]
        for row, corrected in zip(found, holm([row["p"] for row in found]), strict=True):
            row["p_holm"] = corrected
        whole = _all_languages(by_item, languages, level, seed)
        with_lengths = by_item.drop_nulls("longer")
        if with_lengths.height == by_item.height:
            fitted = _EqualLength(with_lengths, languages, level)
            for row, equal in zip([*found, whole], fitted.rates(), strict=True):
                row |= equal
            lengths.append(named | fitted.odds())
        wins += [named | row for row in [whole, *found]]
        orders += [named | row for row in _orders(rows)]
    return Wins(
        pl.DataFrame(wins, schema=WINS), pl.DataFrame(orders, schema=ORDERS), pl.DataFrame(lengths, schema=LENGTHS),
        left_out, level,
    )  # fmt: skip


def _counts(outcomes: Array) -> dict[str, int]:
    return {name: int((outcomes == value).sum()) for name, value in (("wins", 1.0), ("ties", 0.5), ("losses", 0.0))}


def _longer(rows: pl.DataFrame) -> float | None:
    """The share of items whose answer is longer, equal ones half."""
    longer = rows["longer"]
    return None if longer.has_nulls() else float(np.mean(longer.sign().to_numpy() / 2 + 0.5))


def _places(column: pl.Series, names: list[str]) -> NDArray[np.int64]:
    return column.replace_strict(names, range(len(names)), return_dtype=pl.Int64).to_numpy()


def _sign_test(first: NDArray[Any], second: NDArray[Any]) -> float:
    return mcnemar(first, second).p_value


def _language(rows: pl.DataFrame, language: str, level: float) -> dict[str, Any]:
    outcomes = rows["outcome"].to_numpy()
    counts = _counts(outcomes)
    lower, upper = win_interval(counts["wins"], counts["losses"], len(outcomes), level)
    return {
        "language": language, "items": len(outcomes), **counts, "rate": float(outcomes.mean()), "lower": lower,
        "upper": upper, "p": _sign_test(outcomes == 1, outcomes == 0), "longer": _longer(rows),
    }  # fmt: skip


def _all_languages(rows: pl.DataFrame, languages: list[str], level: float, seed: int) -> dict[str, Any]:
    """The mean over languages; items are drawn, and turned round, in all of them together."""
    items = rows["item"].unique(maintain_order=True).to_list()
    at = _places(rows["item"], items), _places(rows["language"], languages)
    ahead, there = np.zeros((2, len(items), len(languages)))
    ahead[at], there[at] = rows["outcome"].to_numpy() - 0.5, 1.0
    weights = bootstrap_weights(len(items), draws=DRAWS, rng=np.random.default_rng(seed))
    drawn = weights @ there
    rates = np.divide(weights @ ahead, drawn, out=np.full(drawn.shape, np.nan), where=drawn > 0)
    means = 0.5 + np.nanmean(rates[(drawn > 0).any(1)], axis=1)
    lower, upper = percentile_interval(means, level) if len(items) > 1 else (None, None)  # one item drawn is itself
    parts = (ahead / there.sum(0)).sum(1)  # what each item adds
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], (DRAWS, len(items)))
    p = permutation_p_value(abs(parts.sum()), np.abs(signs @ parts))
    rate = 0.5 + float((ahead.sum(0) / there.sum(0)).mean())
    return {
        "language": None, "items": len(items), **_counts(rows["outcome"].to_numpy()), "rate": rate,
        "lower": lower, "upper": upper, "p": p, "longer": _longer(rows),
    }  # fmt: skip


class _EqualLength:
    """Logistic regression of outcomes on languages and on how much longer an answer is."""

    def __init__(self, rows: pl.DataFrame, languages: list[str], level: float):
        from scipy.special import ndtri

        self._reach = float(ndtri((1 + level) / 2))
        self._count, self._items = len(languages), rows.height
        usual = pl.col("longer").pow(2).mean().sqrt().over("language")
        scaled = rows.select(pl.when(usual > 0).then((pl.col("longer") / usual).tanh()).otherwise(0.0))
        of = _places(rows["language"], languages)
        own = np.eye(self._count)
        x = np.column_stack([own[of], scaled.to_numpy()])
        x = np.concatenate([x, np.column_stack([own, np.zeros(self._count)])])  # and a tie of equal length each
        y = np.append(rows["outcome"].to_numpy(), np.full(self._count, 0.5))
        self._weights, self._covariance = _logistic(x, y)

    def rates(self) -> list[dict[str, float]]:
        """The win rate at equal length, of each language and of all."""
        some = slice(0, self._count)
        rates = 1 / (1 + np.exp(-self._weights[some]))
        spread = self._reach * np.sqrt(np.diag(self._covariance)[some])
        ends = [1 / (1 + np.exp(-(self._weights[some] + side * spread))) for side in (-1, 1)]
        slope = rates * (1 - rates) / self._count
        mean, half = rates.mean(), self._reach * np.sqrt(slope @ self._covariance[some, some] @ slope)
        values = np.column_stack([np.append(rates, mean), np.append(ends[0], max(0.0, mean - half)),
                                  np.append(ends[1], min(1.0, mean + half))])  # fmt: skip
        return [dict(zip(("equal", "equal_lower", "equal_upper"), row, strict=True)) for row in values.tolist()]

    def odds(self) -> dict[str, float]:
        """How the odds to win grow with an answer longer by the usual difference."""
        usual, spread = np.tanh(1.0), self._reach * np.sqrt(self._covariance[-1, -1])
        odds = [float(np.exp(usual * (self._weights[-1] + side * spread))) for side in (0, -1, 1)]
        return dict(zip(("odds", "lower", "upper"), odds, strict=True)) | {"items": self._items}


def _logistic(x: Array, y: Array) -> tuple[Array, Array]:
    """Weights of the greatest likelihood, and their covariance; what is never seen apart has a flat prior of little."""
    little = 1e-6 * np.eye(x.shape[1])
    weights = np.zeros(x.shape[1])
    for _ in range(STEPS):
        expected = 1 / (1 + np.exp(-x @ weights))
        curvature = (x * (expected * (1 - expected))[:, None]).T @ x + little
        step = np.linalg.solve(curvature, x.T @ (y - expected) - little @ weights)
        weights += np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-9:
            break
    return weights, np.asarray(np.linalg.inv(curvature), np.float64)


def _orders(votes: pl.DataFrame) -> list[dict[str, Any]]:
    """Of each language with pairs in both orders, whether the place of an answer says who wins."""
    means = [
        votes.filter(shown_first=one).group_by("language", "item", maintain_order=True).agg(pl.col("outcome").mean())
        for one in (True, False)
    ]
    both = means[0].join(means[1], on=["language", "item"], suffix="_second", maintain_order="left")
    rows = []
    for (language,), one in both.group_by("language", maintain_order=True):
        as_first, as_second = (np.sign(one[name].to_numpy() - 0.5) for name in ("outcome", "outcome_second"))
        first, second = as_first > as_second, as_first < as_second
        rows.append({
            "language": language, "items": one.height, "alike": float((as_first == as_second).mean()),
            "first": int(first.sum()), "second": int(second.sum()), "p": _sign_test(first, second),
        })  # fmt: skip
    for row, corrected in zip(rows, holm([row["p"] for row in rows]), strict=True):
        row["p_holm"] = corrected
    return rows
