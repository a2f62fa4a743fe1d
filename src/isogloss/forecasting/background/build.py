"""Build a background from tables of scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from isogloss.errors import NotEnoughEvidence
from isogloss.forecasting.background.artefact import Background, records
from isogloss.forecasting.background.factor_learning import learn_factors
from isogloss.forecasting.background.profiles import read_profiles
from isogloss.forecasting.background.quantiles import learn_quantiles, simulate_residuals
from isogloss.forecasting.background.slopes import FEWEST_LANGUAGES, learn_slopes
from isogloss.forecasting.background.tables import ScoreTable, read_tables
from isogloss.threads import one_blas_thread

FEWEST_CORPORA = 4
"""Test corpora below which nothing can be said of how tables differ."""


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
        If fewer than four test corpora have tables of at least twelve languages.
    BadFile
        If `out` cannot be written.
    """
    used = read_tables() if tables is None else list(tables)
    corpora = {table.corpus for table in used if len(table.languages) >= FEWEST_LANGUAGES}
    if len(corpora) < FEWEST_CORPORA:
        raise NotEnoughEvidence(
            f"{len(corpora)} test corpora with at least {FEWEST_LANGUAGES} languages",
            where="tables",
            hint=f"give tables of {FEWEST_CORPORA} or more, for instance those of read_tables() and your own",
        )
    with one_blas_thread():
        factors = learn_factors(read_profiles(used))
        quantiles = learn_quantiles(simulate_residuals(used))
        background = Background(factors, learn_slopes(used, factors), quantiles, records(used))
    if out is not None:
        background.write(out)
    return background
