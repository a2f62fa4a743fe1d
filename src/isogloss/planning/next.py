"""Which languages to test next, so that as little as possible stays unknown about the others.

A language is worth testing if it tells about many that stay untested. The measure is how much it takes off the
variance of their levels under a Gaussian process; one language after another is chosen, each given those before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.evidence import Evidence
from isogloss.forecasting.features import space
from isogloss.forecasting.grid import Array, Grid
from isogloss.forecasting.kriging import NOISE, language_covariance
from isogloss.forecasting.settings import Setting, find_setting, read_settings, split_names
from isogloss.languages import resolve
from isogloss.languages.groups import read_languages

COMMON = 3.0
"""Variance of what all languages share, against that of what tells them apart: little is known of it beforehand."""
OTHER_SETTINGS = 0.5
"""Weight of the moments."""
COVERED = 0.5
"""Share of the languages asked about that a task must have been measured in for its moments to count."""
NEXT = pl.Schema(
    {
        "order": pl.Int64, "language": pl.String, "language_as_reported": pl.String, "name": pl.String,
        "deviation": pl.Float64, "deviation_of_rest": pl.Float64, "gain": pl.Float64, "tells_most_about": pl.String,
    }
)  # fmt: skip
"""Columns of a choice of languages to test."""
RANDOM_DRAWS = 100
SHOWN_NEIGHBOURS = 3


@dataclass(frozen=True)
class NextTests:
    """Languages to test next, in order.

    Attributes
    ----------
    task, model : str
    table : polars.DataFrame
        With the columns of `NEXT`: how unsure the language's own level was (`deviation`, standard deviation on the
        scale of the scores), how unsure that of the candidates left is on average once it and those before it are
        tested, and what it took off that.
    baselines : polars.DataFrame
        `choice` and the `deviation_of_rest` it would leave: none, random (mean of 100 draws), largest, most central.
    notes : tuple of str
    """

    task: str
    model: str
    table: pl.DataFrame
    baselines: pl.DataFrame
    notes: tuple[str, ...]


def choose_next(
    evidence: Evidence,
    candidates: str | Sequence[str],
    *,
    task: str,
    model: str,
    k: int = 5,
    metric: str | None = None,
    recipe: str | None = None,
    weights: Mapping[str, float] | None = None,
    languages: Mapping[str, str] | None = None,
) -> NextTests:
    """Choose languages to test next.

    Parameters
    ----------
    evidence : Evidence
        What was measured with the model in the task, and anything else: other tasks and models show which
        languages do well and badly together.
    candidates : str or sequence of str
        Languages and groups such as `asia`, see `isogloss.languages.groups.read_languages`. Those that were
        measured already are left out.
    task, model, metric, recipe : str
        As the evidence names them.
    k : int, default 5
    weights : mapping of str to float, optional
        How much it weights to know a language, by canonical id; 1 for those not named.
    languages : mapping of str to str, optional
        How to read a code, ahead of all else.

    Returns
    -------
    NextTests

    Raises
    ------
    BadValue
        If `k` is not positive or a weight negative.
    NotEnoughEvidence
        If no candidate is left untested, or not more than `k`.
    UnknownName, UnknownLanguage
    """
    if k < 1:
        raise BadValue(f"{k} languages cannot be chosen", where="k", hint="give 1 or more")
    setting, observations = find_setting(evidence, task=task, model=model, metric=metric, recipe=recipe)
    names = split_names(candidates) if isinstance(candidates, str) else candidates
    written = read_languages(names, evidence.targets, languages=languages, where="candidates")
    grid = Grid.read(observations)
    open_ones = [language for language in written if language not in grid.targets]
    if len(open_ones) <= k:
        raise NotEnoughEvidence(
            f"{len(open_ones)} of {len(written)} candidates are untested, which is not more than {k}",
            where="candidates", hint="name more languages, or choose fewer",
        )  # fmt: skip
    process = _Process(evidence, setting, grid, open_ones)
    shares = _weights(weights or {}, open_ones)
    chosen, left = process.greedy(shares, k)
    return NextTests(
        task, model, _table(process, written, chosen, left), _baselines(process, shares, k, left[-1]),
        _notes(grid, written, process),
    )  # fmt: skip


class _Process:
    """Levels of the open languages, given the measured ones."""

    def __init__(self, evidence: Evidence, setting: Setting, grid: Grid, open_ones: Sequence[str]):
        every = [*grid.targets, *open_ones]
        prior = covariance(every, evidence, setting)
        measured = len(grid.targets)
        known = prior[:measured, :measured] + NOISE * np.eye(measured)
        across = prior[:measured, measured:]
        self.names = list(open_ones)
        self.posterior = prior[measured:, measured:] - across.T @ np.linalg.solve(known, across)
        levels = np.nanmean(grid.scores - np.nanmean(grid.scores, axis=1, keepdims=True), axis=0)
        # The unit of the covariance that makes the measured levels most likely.
        self.unit = float(np.sqrt(levels @ np.linalg.solve(known, levels) / measured))

    def after(self, posterior: Array, tested: int) -> Array:
        """The covariance once one more language is tested."""
        column = posterior[:, tested]
        return posterior - np.outer(column, column) / (column[tested] + NOISE)

    def greedy(self, weights: Array, k: int) -> tuple[list[int], list[float]]:
        """Languages in order, and how unsure the rest is before and after each."""
        posterior, chosen = self.posterior, list[int]()
        left = [self.deviation(posterior, chosen, weights)]
        for _ in range(k):
            squares = posterior**2 / (np.diag(posterior) + NOISE)  # (told about, tested)
            rest = weights.copy()
            rest[chosen] = 0.0
            gains = rest @ squares
            gains[chosen] = -np.inf
            chosen.append(int(gains.argmax()))
            posterior = self.after(posterior, chosen[-1])
            left.append(self.deviation(posterior, chosen, weights))
        return chosen, left

    def deviation_after(self, chosen: Sequence[int], weights: Array) -> float:
        """How unsure the rest is once some languages are tested."""
        posterior = self.posterior
        for one in chosen:
            posterior = self.after(posterior, one)
        return self.deviation(posterior, list(chosen), weights)

    def deviation(self, posterior: Array, chosen: list[int], weights: Array) -> float:
        """Standard deviation of the levels of those not chosen: root of the mean variance."""
        rest = weights.copy()
        rest[chosen] = 0.0
        variances = np.maximum(np.diag(posterior), 0)
        return self.unit * float(np.sqrt((rest @ variances) / max(float(rest.sum()), 1e-12)))


def _weights(weights: Mapping[str, float], names: Sequence[str]) -> Array:
    for name, weight in weights.items():
        if not weight >= 0:
            raise BadValue(f"weight {weight} of '{name}' is not 0 or more", where="weights", hint="give 0 or more")
    return np.array([float(weights.get(name, 1.0)) for name in names])


def _table(process: _Process, written: Mapping[str, str], chosen: Sequence[int], left: Sequence[float]) -> pl.DataFrame:
    rows = []
    posterior = process.posterior
    for place, one in enumerate(chosen):
        explained = posterior[one] ** 2 / np.maximum(np.diag(posterior), 1e-12)
        explained[list(chosen[: place + 1])] = -np.inf
        about = [
            process.names[other] for other in np.argsort(-explained)[:SHOWN_NEIGHBOURS] if np.isfinite(explained[other])
        ]
        language = process.names[one]
        rows.append(
            (place + 1, language, written[language], resolve(language).name,
             process.unit * float(np.sqrt(max(posterior[one, one], 0.0))), left[place + 1],
             left[place] - left[place + 1], ", ".join(about))
        )  # fmt: skip
        posterior = process.after(posterior, one)
    return pl.DataFrame(rows, schema=NEXT, orient="row")


def _baselines(process: _Process, weights: Array, k: int, ours: float) -> pl.DataFrame:
    count = len(process.names)
    chance = np.random.default_rng(0)
    drawn = [
        process.deviation_after(chance.choice(count, k, replace=False).tolist(), weights) for _ in range(RANDOM_DRAWS)
    ]
    rows = [("this choice", ours), ("none", process.deviation_after([], weights)), ("random", float(np.mean(drawn)))]
    for name, order in (("largest", largest(process.names)), ("most central", most_central(process.names))):
        rows.append((name, process.deviation_after(order[:k], weights)))
    return pl.DataFrame(rows, schema={"choice": pl.String, "deviation_of_rest": pl.Float64}, orient="row")


def largest(names: Sequence[str]) -> list[int]:
    """Positions of languages by web text, most first."""
    features = space(names)
    return np.argsort(-features.web_text[features.at(names)], kind="stable").tolist()


def most_central(names: Sequence[str]) -> list[int]:
    """Positions of languages by mean combined distance from the others, nearest first."""
    between = space(names).between("combined", names, names)
    return np.argsort(between.mean(1), kind="stable").tolist()


def _notes(grid: Grid, written: Mapping[str, str], process: _Process) -> tuple[str, ...]:
    measured = f"{len(grid.targets)} language{'s' * (len(grid.targets) != 1)} measured"
    notes = [f"{measured}, {len(process.names)} of {len(written)} candidates untested"]
    if len(grid.targets) < 5:
        notes.append("FEW measured languages: the size of the deviations is a guess, the order is not")
    return tuple(notes)


def covariance(languages: Sequence[str], evidence: Evidence, setting: Setting) -> Array:
    """Covariance of the levels of some languages in a setting, in units of their variance.

    Parameters
    ----------
    languages : sequence of str
    evidence : Evidence
        Everything; its other settings give the moments.
    setting : Setting
        The one asked about, whose own scores are not looked at.

    Returns
    -------
    array of shape (languages, languages)
        Without negative eigenvalues.
    """
    whole = COMMON + language_covariance(languages, languages) + OTHER_SETTINGS * moments(languages, evidence, setting)
    values, vectors = np.linalg.eigh((whole + whole.T) / 2)
    return np.asarray((vectors * np.maximum(values, 1e-9)) @ vectors.T)


def moments(languages: Sequence[str], evidence: Evidence, setting: Setting) -> Array:
    """Mean products of the scores of two languages in other tasks, in units of each task's variance.

    A task counts once, however many models it was measured with; 0 where no task has both languages. Another metric
    or split of the task asked about counts only for other models.
    """
    total, count = np.zeros((2, len(languages), len(languages)))
    for rows, covered in _tasks(languages, evidence, setting):
        standard = rows - np.nanmean(rows, axis=1, keepdims=True)
        standard = np.nan_to_num(standard / max(float(np.nanstd(standard)), 1e-12))
        cells = np.ix_(covered, covered)
        total[cells] += standard.T @ standard / len(standard)
        count[cells] += 1
    return np.asarray(total / np.maximum(count, 1))


def _tasks(languages: Sequence[str], evidence: Evidence, setting: Setting) -> list[tuple[Array, NDArray[np.intp]]]:
    """Per task its scores (rows, covered languages), and which of the languages these are."""
    place = {language: position for position, language in enumerate(languages)}
    by_task: dict[str, list[Array]] = {}
    for other, observations in read_settings(evidence):
        if other.task == setting.task and other.model == setting.model:
            continue
        grid = Grid.read(observations)
        rows = np.full((len(grid.scores), len(languages)), np.nan)
        columns = [column for column, target in enumerate(grid.targets) if target in place]
        rows[:, [place[grid.targets[column]] for column in columns]] = grid.scores[:, columns]
        kept = (~np.isnan(rows)).sum(1) >= max(2, COVERED * len(languages))
        if kept.any():
            by_task.setdefault(other.task, []).append(rows[kept])
    tasks = []
    for parts in by_task.values():
        rows = np.concatenate(parts)
        covered = np.flatnonzero((~np.isnan(rows)).any(0))
        tasks.append((rows[:, covered], covered))
    return tasks
