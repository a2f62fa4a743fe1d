"""Which model is the fairest: rules of choice side by side, and where they disagree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from isogloss.errors import BadValue, InputError, NotEnoughEvidence, UnknownName
from isogloss.evidence import Evidence
from isogloss.evidence.summing import mean_in_order
from isogloss.forecasting.grid import Array
from isogloss.languages import resolve
from isogloss.planning.forecast_cells import complete
from isogloss.planning.objectives import demand, gini, prioritarian
from isogloss.progress import Progress
from isogloss.text import counted

_RECORDED = ("task", "metric", "by", "tau", "weighted", "unserved", "forecasts", "width", "agree")
BY = ("model", "recipe", "train")
SAME = 1e-12


@dataclass(frozen=True)
class Rule:
    """One rule's verdict.

    Attributes
    ----------
    name : str
    says : str
        What it is best in, in words.
    winners : tuple of str
        More than one where it cannot tell.
    """

    name: str
    says: str
    winners: tuple[str, ...]


@dataclass(frozen=True)
class Fairness:
    """How evenly candidates serve languages.

    Attributes
    ----------
    task, metric, by : str
        What was compared, and what candidates are: one of `BY`.
    targets : tuple of str
        Languages that all candidates were measured in.
    left_out : tuple of str
        Languages that some were not.
    scores : array of shape (candidates, targets)
        Utilities: shares of the best possible score.
    candidates : tuple of str
    measures : polars.DataFrame
        One row for each candidate: `candidate`, `mean`, `demand` (at `tau`), `gini`, `minimum`, `worst` (the language
        there), `prioritarian`, `efficient` (whether none is at least as good everywhere and better somewhere).
    rules : tuple of Rule
    invest : polars.DataFrame
        Languages by the demand that the candidate of most demand leaves unmet: `target`, `demand`, `utility`,
        `missing`.
    tau : float
    weighted : bool
        Whether numbers of speakers were given; else every language counts the same in `demand`.
    unserved : int
        Languages with speakers but without a score, counted as 0.
    forecasts : int
        How many of the scores are forecasts.
    width : float
        Mean width of their 90 % intervals.
    lowest : tuple of str
        What the mean picks where every forecast is at the lower end of its interval.
    """

    task: str
    metric: str
    by: str
    targets: tuple[str, ...]
    left_out: tuple[str, ...]
    scores: Array
    candidates: tuple[str, ...]
    measures: pl.DataFrame
    rules: tuple[Rule, ...]
    invest: pl.DataFrame
    tau: float
    weighted: bool
    unserved: int
    forecasts: int = 0
    width: float = 0.0
    lowest: tuple[str, ...] = ()

    @property
    def agree(self) -> bool:
        """Whether one candidate wins by every rule."""
        return bool(set.intersection(*(set(rule.winners) for rule in self.rules)))

    def rule_table(self) -> pl.DataFrame:
        """The verdicts as a table: `rule`, `best in`, `picks`."""
        rows = [(rule.name, rule.says, ", ".join(rule.winners)) for rule in self.rules]
        return pl.DataFrame(rows, schema=["rule", "best in", "picks"], orient="row")

    def record(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            **{name: getattr(self, name) for name in _RECORDED},
            "lowest": list(self.lowest),
            "targets": list(self.targets),
            "left_out": list(self.left_out),
            "measures": self.measures.to_dicts(),
            "rules": [{"rule": one.name, "says": one.says, "picks": list(one.winners)} for one in self.rules],
            "invest": self.invest.to_dicts(),
        }

    def words(self) -> list[str]:
        """The answer in sentences, the verdict first."""
        what = "mix" if self.by == "train" else self.by
        sides: dict[str, list[str]] = {}
        for rule in self.rules:
            sides.setdefault(" or ".join(rule.winners), []).append(rule.name)
        if self.agree:
            common = set.intersection(*(set(rule.winners) for rule in self.rules))
            sentences = [f"All rules agree on {', '.join(sorted(common))}."]
        else:
            listed = "; ".join(f"{who} by {', '.join(by)}" for who, by in sides.items())
            sentences = [f"The rules disagree: {listed}."]
        left = f"; {len(self.left_out)} left out that some were not" if self.left_out else ""
        compared = f"{counted(len(self.targets), 'language')} in which every {what} was measured{left}"
        if self.forecasts:
            sentences.append(self._of_forecasts())
        else:
            sentences.append(f"{self.task}, {self.metric}: {compared}.")
        if self.unserved:
            languages = counted(self.unserved, "language")
            sentences.append(f"{languages} with speakers but without a score counted as 0 in the demand.")
        if dominated := self.measures.filter(~pl.col("efficient"))["candidate"].to_list():
            sentences.append(f"Picked by no rule, as another is as good in every language: {', '.join(dominated)}.")
        if not self.weighted:
            sentences.append("Without weights every language counts the same, so demand is the mean.")
        return sentences

    def _of_forecasts(self) -> str:
        """How many scores are forecasts, and whether the choice depends on how they turn out."""
        best = _best_mean(self.candidates, self.scores)
        picks = "the same" if set(best) == set(self.lowest) else " or ".join(self.lowest)
        return (
            f"{self.forecasts} of {self.scores.size} scores are forecasts, with 90 % intervals {100 * self.width:.0f} "
            f"points wide on average; with all of them at the lower ends the mean picks {picks}."
        )


def compare_fairness(
    evidence: Evidence,
    *,
    task: str,
    metric: str | None = None,
    by: str = "model",
    candidates: Sequence[str] | None = None,
    weights: Mapping[str, float] | None = None,
    tau: float = 1.0,
    unserved: bool = False,
    targets: Sequence[str] | None = None,
    progress: Progress | None = None,
    **equal: str | None,
) -> Fairness:
    """Compare how evenly models, recipes or training mixes serve languages.

    Parameters
    ----------
    evidence : Evidence
    task : str
    metric : str, optional
        Needed only where the evidence has several.
    by : {"model", "recipe", "train"}
        What is compared.
    candidates : sequence of str, optional
        By default all.
    weights : mapping of str to float, optional
        Speakers of each language.
    tau : float, default 1
        Of the demand: 1 counts speakers, 0 languages.
    unserved : bool, default False
        Whether languages that have speakers but no score count as 0 in the demand.
    targets : sequence of str, optional
        Languages that count, by canonical id; scores that were not measured are forecast. By default all languages in
        which every candidate was measured.
    progress : Progress, optional
        Of the forecaster's learning.
    **equal
        Other columns of the evidence to hold at a value: `model`, `recipe`, `train`, `split`.

    Returns
    -------
    Fairness

    Raises
    ------
    NotEnoughEvidence
        If there are not two candidates, or no language in which all were measured.
    InputError
        If scores have no best possible one, or lower is better; if weights lack a language.
    UnknownName, BadValue
    """
    if by not in BY:
        raise UnknownName("comparison", by, BY, where="by")
    if not 0 <= tau <= 1:
        raise BadValue(f"tau {tau:g} is not between 0 and 1", where="tau", hint="1: speakers, 0: languages")
    kept = evidence.filter(task=task, metric=metric, **equal).observations
    metric = only_metric(kept)
    _check_utility(kept, metric)
    if candidates:
        kept = of_candidates(kept, by, candidates)
    completed = None
    if targets is not None:
        completed = complete(evidence.filter(metric=metric), kept, targets, progress)
        kept = completed.observations
    names, counted_in, left_out, scores = shared_scores(kept, by)
    shares, outside = _shares(counted_in, weights, tau, unserved)
    measures = _measures(names, counted_in, scores, shares)
    best = int(np.argmax(scores @ shares))
    invest = pl.DataFrame(
        {"target": counted_in, "demand": shares, "utility": scores[best], "missing": shares * (1 - scores[best])}
    ).sort("missing", descending=True, maintain_order=True)
    return Fairness(
        task=task,
        metric=metric,
        by=by,
        targets=tuple(counted_in),
        left_out=tuple(left_out),
        scores=scores,
        candidates=tuple(names),
        measures=measures,
        rules=rules(names, scores, shares),
        invest=invest,
        tau=tau,
        weighted=weights is not None,
        unserved=outside,
        forecasts=completed.forecasts if completed else 0,
        width=completed.width if completed else 0.0,
        lowest=_best_mean(names, shared_scores(completed.lowest, by)[3]) if completed else (),
    )


def _best_mean(names: Sequence[str], scores: Array) -> tuple[str, ...]:
    means = scores.mean(1)
    return tuple(name for name, mean in zip(names, means, strict=True) if mean > means.max() - SAME)


def rules(candidates: Sequence[str], scores: Array, shares: Array) -> tuple[Rule, ...]:
    """What each rule of choice picks, of those candidates that no other one beats (see `efficient`).

    Choudhury and Deshpande (2021) ask for Pareto efficiency first. Only `gini`, and ties, would pick another.

    Parameters
    ----------
    candidates : sequence of str
    scores : array of shape (candidates, targets)
        Utilities, 0 to 1.
    shares : array of shape (targets,)
        Demand of each language.
    """
    kept = efficient(scores)
    candidates, scores = [name for name, keep in zip(candidates, kept, strict=True) if keep], scores[kept]
    sorted_scores = np.sort(scores, axis=1)
    leximin = max(tuple(np.round(row, 12)) for row in sorted_scores)
    lexical = [name for name, row in zip(candidates, sorted_scores, strict=True) if tuple(np.round(row, 12)) == leximin]
    equality = -np.array([gini(row) for row in scores])
    priority = np.array([prioritarian(row) for row in scores])
    return (
        Rule("utilitarian", "mean over languages", _winners(candidates, scores.mean(1))),
        Rule("demand", "mean over demand", _winners(candidates, scores @ shares)),
        Rule("gini", "least inequality", _winners(candidates, equality)),
        Rule("minimum", "worst-off language", _winners(candidates, scores.min(1))),
        Rule("leximin", "worst-off, then next worst", tuple(lexical)),
        Rule("prioritarian", "mean of square roots", _winners(candidates, priority)),
    )


def efficient(scores: Array) -> list[bool]:
    """Which rows no other row is at least as good as everywhere and better than somewhere."""
    return [not ((scores >= row).all(1) & (scores > row).any(1)).any() for row in scores]


def _winners(candidates: Sequence[str], values: Array) -> tuple[str, ...]:
    best = values.max()
    return tuple(name for name, value in zip(candidates, values, strict=True) if value >= best - SAME)


def _measures(names: Sequence[str], targets: Sequence[str], scores: Array, shares: Array) -> pl.DataFrame:
    table = {
        "candidate": names,
        "mean": scores.mean(1),
        "demand": scores @ shares,
        "gini": [gini(row) for row in scores],
        "minimum": scores.min(1),
        "worst": [targets[int(place)] for place in scores.argmin(1)],
        "prioritarian": [prioritarian(row) for row in scores],
        "efficient": efficient(scores),
    }
    return pl.DataFrame(table).sort("mean", descending=True, maintain_order=True)


def only_metric(observations: pl.DataFrame) -> str:
    """The metric of some observations.

    Raises
    ------
    InputError
        If they have several.
    """
    metrics = observations["metric"].unique().sort().to_list()
    if len(metrics) > 1:
        raise InputError(f"several metrics: {', '.join(metrics)}", where="evidence", hint="say which with metric=...")
    return str(metrics[0])


def _check_utility(observations: pl.DataFrame, metric: str) -> None:
    if (observations["scale"] == "raw").any():
        reason = f"{metric} has no best possible score to measure utility by"
        raise InputError(reason, where="evidence", hint="choose another with metric=...")
    if not bool(observations["higher_is_better"].all()):
        raise InputError(f"{metric} is better when lower", where="evidence", hint="choose another with metric=...")


def of_candidates(observations: pl.DataFrame, by: str, candidates: Sequence[str]) -> pl.DataFrame:
    """Observations of these candidates; one that nobody measured is refused."""
    for name in candidates:
        if name not in observations[by]:
            raise UnknownName(by, name, observations[by].drop_nulls().unique().to_list(), where="evidence")
    return observations.filter(pl.col(by).is_in(list(candidates)))


def shared_scores(observations: pl.DataFrame, by: str) -> tuple[list[str], list[str], list[str], Array]:
    """Candidates, the languages all were measured in, those that some were not, and mean scores."""
    cells = observations.drop_nulls(by).group_by(by, "target").agg(mean_in_order("score"))
    names, every = cells[by].unique().sort().to_list(), cells["target"].unique().sort().to_list()
    if len(names) < 2:
        what = "mix" if by == "train" else by
        raise NotEnoughEvidence(
            f"one {what} only ({', '.join(map(str, names)) or 'none'}): nothing to compare",
            where="evidence",
            hint=f"add evidence of another {by}, or compare by another of {', '.join(BY)}",
        )
    scores = np.full((len(names), len(every)), np.nan)
    row, column = ({name: at for at, name in enumerate(values)} for values in (names, every))
    for name, target, score in cells.iter_rows():
        scores[row[name], column[target]] = score
    common = ~np.isnan(scores).any(0)
    if not common.any():
        raise NotEnoughEvidence(
            f"no language in which every {by} was measured", where="evidence", hint="name fewer candidates"
        )
    targets = [target for target, whole in zip(every, common, strict=True) if whole]
    return names, targets, [target for target in every if target not in targets], scores[:, common]


def _shares(
    targets: Sequence[str], weights: Mapping[str, float] | None, tau: float, unserved: bool
) -> tuple[Array, int]:
    """Demand of each target, and how many languages have a share of it without being a target."""
    if weights is None:
        if unserved:
            raise InputError("nobody said who is unserved", where="unserved", hint="give speakers with weights=...")
        return np.full(len(targets), 1 / len(targets)), 0
    if missing := [target for target in targets if target not in weights]:
        names = ", ".join(f"{code} ({resolve(code).name})" for code in missing[:5])
        raise InputError(
            f"no number of speakers for {len(missing)} languages: {names}", where="weights", hint="add them"
        )
    outside = [code for code, value in weights.items() if code not in targets and value > 0] if unserved else []
    speakers = np.array([weights[code] for code in [*targets, *outside]])
    if not speakers[: len(targets)].any():
        raise BadValue("no language measured has speakers", where="weights", hint="give one of them a weight")
    return demand(speakers, tau)[: len(targets)], len(outside)
