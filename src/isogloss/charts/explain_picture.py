"""The picture of an explanation, whichever question it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isogloss.charts.explain_drivers import drivers_plot
from isogloss.charts.explain_forecast import contributions_plot

if TYPE_CHECKING:
    import altair as alt

    from isogloss.explanation import Drivers, Explanation


def explanation_picture(explained: Drivers | Explanation) -> alt.TopLevelMixin:
    """Draw what drives transfer, or what one forecast rests on."""
    from isogloss.explanation import Drivers

    return drivers_plot(explained) if isinstance(explained, Drivers) else contributions_plot(explained)
