"""Covariance of the levels of languages where no table model forecasts: likeness, and scores of other tasks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from isogloss.evidence import Evidence
from isogloss.forecasting.grid import Array, Grid
from isogloss.forecasting.kriging import language_covariance
from isogloss.forecasting.settings import Setting, read_settings

COMMON = 3.0
"""Variance of what all languages share, against that of what tells them apart: little is known of it beforehand."""
OTHER_SETTINGS = 0.5
"""Weight of the moments."""
COVERED = 0.5
"""Share of the languages asked about that a task must have been measured in for its moments to count."""


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
