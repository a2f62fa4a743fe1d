"""Targets whose forecast does not show what a training mix does for them."""

from __future__ import annotations

from collections.abc import Sequence

from isogloss.forecasting import Forecaster
from isogloss.forecasting.default import CombinedSetting
from isogloss.forecasting.settings import Setting


def by_table_alone(fitted: Forecaster, setting: Setting, targets: Sequence[str]) -> set[str]:
    """Targets that the table model forecasts alone.

    It does not see whose examples a mix holds: under a new one their forecasts move as the measured languages do.
    """
    of_setting = fitted.settings_[setting]
    if not isinstance(of_setting, CombinedSetting):
        return set()
    return {target for target, weight in zip(targets, of_setting.weights(targets), strict=True) if weight == 0}
