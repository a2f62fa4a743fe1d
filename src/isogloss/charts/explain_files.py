"""Explanations as files: the table, or its picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from isogloss.charts.explain_drivers import drivers_plot
from isogloss.charts.explain_forecast import contributions_plot
from isogloss.charts.files import save
from isogloss.files import write_whole

if TYPE_CHECKING:
    from isogloss.explain.answer import ExplainAnswer


def write_explanation(found: ExplainAnswer, out: Path) -> None:
    """Write an answer of `isogloss explain`; the ending of `out` names the format.

    Raises
    ------
    BadFile
        If the file cannot be written.
    """
    from isogloss.explain.drivers import Drivers
    from isogloss.explain.forecast import Explanation

    explained = found.explained
    if out.suffix == ".csv":
        write_whole(out, lambda whole: found.flat.write_csv(whole))
    elif isinstance(explained, Drivers):
        save(drivers_plot(explained), out)
    elif isinstance(explained, Explanation):
        save(contributions_plot(explained), out)
