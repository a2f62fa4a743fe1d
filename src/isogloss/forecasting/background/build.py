"""Build a background from tables of scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from isogloss.errors import NotEnoughEvidence
from isogloss.forecasting.background.artefact import Background, records
from isogloss.forecasting.background.factor_learning import learn_factors
from isogloss.forecasting.background.profiles import read_profiles
from isogloss.forecasting.background.quantiles import FEWEST_LANGUAGES as LANGUAGES_OF_A_SHIFT
from isogloss.forecasting.background.quantiles import learn_quantiles, simulate_residuals
from isogloss.forecasting.background.slopes import FEWEST_LANGUAGES, FEWEST_ROWS, learn_slopes
from isogloss.forecasting.background.tables import ScoreTable, read_tables
from isogloss.threads import one_blas_thread

FEWEST_CORPORA = 4
"""Test corpora below which nothing can be said of how tables differ."""
FEWEST_WITH_ROWS = 2
"""Test corpora below which nothing can be said of how rows differ, when each is left out in turn."""


def build_background(tables: Sequence[ScoreTable] | None = None, out: str | Path | None = None) -> Background:
    """Learn language factors, slope priors and residual quantiles from tables; takes about 20 seconds.

    Parameters
    ----------
    tables : sequence of ScoreTable, optional
        By default the public tables that ship. `[*read_tables(), *tables_of(evidence)]` adds your own.
    out : str or path, optional
        File to write the background to.

    Raises
    ------
    NotEnoughEvidence
        If fewer than four test corpora have tables of at least twelve languages, fewer than two of them tables of at
        least four rows, or no table is large enough to simulate a shift.
    BadFile
        If `out` cannot be written.
    """
    used = [table.merged() for table in (read_tables() if tables is None else tables)]
    _check(used)
    with one_blas_thread():
        residuals = simulate_residuals(used)
        if not residuals:
            raise _too_little(f"no table of {LANGUAGES_OF_A_SHIFT} languages or more")
        factors = learn_factors(read_profiles(used))
        background = Background(factors, learn_slopes(used, factors), learn_quantiles(residuals), records(used))
    if out is not None:
        background.write(out)
    return background


def _check(tables: Sequence[ScoreTable]) -> None:
    wide = [table for table in tables if len(table.languages) >= FEWEST_LANGUAGES]
    for least, rows in ((FEWEST_CORPORA, 1), (FEWEST_WITH_ROWS, FEWEST_ROWS)):
        corpora = {table.corpus for table in wide if len(table.rows) >= rows}
        if len(corpora) < least:
            models = "" if rows == 1 else f" and {rows} models"
            raise _too_little(
                f"{len(corpora)} test corpora with at least {FEWEST_LANGUAGES} languages{models}, not {least}"
            )


def _too_little(what: str) -> NotEnoughEvidence:
    return NotEnoughEvidence(what, where="tables", hint="give more, for instance the public ones beside your own")
