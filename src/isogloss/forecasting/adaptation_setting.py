"""Which adaptation of which model is asked about, and what was measured that is most like it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from isogloss.errors import UnknownName
from isogloss.evidence import Evidence
from isogloss.evidence.adaptations import AFTER, CHANGE_OF, AdaptationLabel, adapted_scores
from isogloss.evidence.schema import AS_IT_IS
from isogloss.forecasting.settings import Setting


@dataclass(frozen=True)
class Strength:
    """An adaptation that was not measured, between or beyond strengths that were.

    Attributes
    ----------
    parameter : str
    value : float
    measured : dict of float to str
        Labels by strength.
    """

    parameter: str
    value: float
    measured: Mapping[float, str]

    @property
    def nearest(self) -> float:
        """The measured strength nearest to it in its logarithm; of two as near, the larger."""
        return min(sorted(self.measured, reverse=True), key=lambda one: abs(np.log(one / self.value)))


@dataclass(frozen=True)
class AdaptationSetting:
    """One model on one task, before and after an adaptation.

    Attributes
    ----------
    before : Setting
    label : str
        The adaptation that was measured: the one that is asked about, or its nearest strength.
    strength : Strength or None
        Where another strength is asked about.
    """

    before: Setting
    label: str
    strength: Strength | None = None

    def recipe(self, label: str) -> str:
        """The recipe under which changes of an adaptation stand."""
        own = self.before.recipe
        return label if own in (None, AS_IT_IS) else f"{own}{AFTER}{label}"

    def change(self, label: str | None = None) -> Setting:
        """The setting of changes."""
        return self.before._replace(
            task=f"{CHANGE_OF}{self.before.task}", metric=f"change in {self.before.metric}", model_revision=None,
            recipe=self.recipe(label or self.label),
        )  # fmt: skip


def find_adaptation(
    labels: Collection[str], label: str, before: Setting, defaults: Mapping[str, Mapping[str, str]] | None = None
) -> AdaptationSetting:
    """The adaptation that is meant, or the nearest strength of it that was measured.

    Parameters
    ----------
    labels : collection of str
        Of what was measured of the setting.
    label : str
        Of an adaptation, or the beginning of it that only one has: a name, with some of its parameters.
    before : Setting
    defaults : mapping of str to mapping of str to str, optional
        Values of parameters that labels leave out, by the name of the adaptation.

    Raises
    ------
    UnknownName
        If nothing like it was measured, naming what was.
    """
    if label in labels:
        return AdaptationSetting(before, label)
    wanted = AdaptationLabel.parse(label)
    alike = [one for one in labels if AdaptationLabel.parse(one).name == wanted.name]
    fitting = [one for one in alike if wanted.parameters.items() <= AdaptationLabel.parse(one).parameters.items()]
    if len(fitting) == 1:
        return AdaptationSetting(before, fitting[0])
    usual = (defaults or {}).get(wanted.name, {})
    if strength := _strength(wanted, alike, usual):
        return AdaptationSetting(before, strength.measured[strength.nearest], strength)
    raise UnknownName("adaptation", label, labels, where="adaptation")


def find_measured(
    evidence: Evidence, label: str, before: Setting, defaults: Mapping[str, Mapping[str, str]] | None = None
) -> AdaptationSetting:
    """The adaptation of a setting that is meant, of those that the evidence has scores after.

    Parameters
    ----------
    evidence : Evidence
    label, before, defaults
        See `find_adaptation`.

    Raises
    ------
    UnknownName
    """
    same = adapted_scores(evidence).filter(model=before.model, task=before.task, metric=before.metric)
    return find_adaptation(sorted(same["adaptation"].unique()), label, before, defaults)


def _strength(wanted: AdaptationLabel, alike: Sequence[str], usual: Mapping[str, str]) -> Strength | None:
    """The one parameter, a positive number, in which what was measured differs from what is asked about."""
    measured: dict[str, dict[float, str]] = {}
    full = {**usual, **wanted.parameters}
    for label in alike:
        other = {**usual, **AdaptationLabel.parse(label).parameters}
        differing = [name for name in full.keys() | other.keys() if full.get(name) != other.get(name)]
        values = [_positive(each.get(name)) for name in differing for each in (full, other)]
        if len(differing) == 1 and all(values):
            measured.setdefault(differing[0], {})[values[1]] = label
    if len(measured) != 1:
        return None
    ((parameter, labels),) = measured.items()
    return Strength(parameter, _positive(full[parameter]), labels)


def _positive(text: str | None) -> float:
    """A positive number; 0 for anything else."""
    try:
        return max(float(text or ""), 0.0)
    except ValueError:
        return 0.0
