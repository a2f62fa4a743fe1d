"""Targets of which nothing was measured, so that what a training mix does for them is carried over from others."""

from __future__ import annotations

from collections.abc import Sequence

from isogloss.forecasting import Forecaster
from isogloss.forecasting.default import CombinedSetting
from isogloss.forecasting.settings import Setting


def by_table_alone(fitted: Forecaster, setting: Setting, targets: Sequence[str]) -> set[str]:
    """Targets that the table model forecasts alone.

    Under a new mix they move by what base learners carry over from measured languages, which falls short of what
    examples in the target itself add, and intervals do not count that.
    """
    of_setting = fitted.settings_[setting]
    if not isinstance(of_setting, CombinedSetting):
        return set()
    return {target for target, weight in zip(targets, of_setting.weights(targets), strict=True) if weight == 0}
