"""The label-free probe: forecasts of poorer languages with the one that ships, without, and with a model's own.

Claim: the probe that ships lowers errors of the table model on public tables whose test texts it never saw; a model's
own alignment, averaged with it, ranks languages better at the same error. Own: XLM-R's mean cosine of parallel FLORES
sentences with English, layer 8, in 83 languages (mPLM-Sim), on four tables of XLM-R.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from benchmarks.background_tables import judged_tables
from benchmarks.common import DATA, have_data, machine, versions, write_result
from benchmarks.forecast_poorer import JUDGED, Backgrounds, cases, run, summary
from isogloss.forecasting.background.probe import Probe, Probed, shipped_probe
from isogloss.forecasting.background.tables import read_tables
from isogloss.forecasting.hierarchical import Hierarchical
from isogloss.languages import resolve
from isogloss.threads import one_blas_thread

SHIFTED = (("soft", 9), ("hard", 15), ("random", 9))
XLM_R = ("nnrank:xlm-roberta-base", "sumeval:UDPOS_XLMR", "sumeval:WikiANN_XLMR", "sumeval:XNLI_XLMR")
LAYER, ENGLISH = 8, "eng_Latn"
SEEDS = 2


class NoProbe(Probe):
    """Says the same of every language."""

    def of(self, languages: Sequence[str]) -> Probed:
        shape = (len(languages), 2)
        return Probed(np.zeros(shape), np.zeros(len(languages), dtype=bool), np.zeros(shape))


def alignment_of_xlm_r() -> dict[str, float]:
    """Mean cosine of each language's sentences with their English translations."""
    table = pl.read_parquet(DATA / "similarity/mplm_sim_flores200.parquet").filter(pl.col("layer") == LAYER)
    english = table.filter((pl.col("lang_a") == ENGLISH) | (pl.col("lang_b") == ENGLISH)).drop_nulls("similarity")
    other = pl.when(pl.col("lang_a") == ENGLISH).then("lang_b").otherwise("lang_a")
    return {resolve(code).id: value for code, value in english.select(other, "similarity").rows()}


def main() -> None:
    if not have_data("observations/nnrank"):
        return
    tables = read_tables()
    by_name = {table.name: table for table in [*tables, *judged_tables()]}
    own = shipped_probe().with_model(alignment_of_xlm_r())
    probes = {"the probe that ships": None, "no probe": NoProbe((), np.zeros((0, 2)))}
    results = []
    with one_blas_thread():
        backgrounds = Backgrounds([table.merged() for table in tables])

        def forecast(name: str, probe: Probe | None, judged: Sequence[str], part: str) -> None:
            made = list(cases([by_name[table] for table in judged], SHIFTED, range(SEEDS)))
            found = run(
                made,
                name,
                lambda case: Hierarchical(replace(backgrounds.without(case.table.corpus, None), probe=probe)),
            )
            results.append(found.with_columns(part=pl.lit(part)))

        for name, probe in probes.items():
            forecast(name, probe, JUDGED, "all tables")
        for name, probe in {**probes, "XLM-R's own, averaged with it": own}.items():
            forecast(name, probe, XLM_R, "tables of XLM-R")
    write_result(
        "forecast_probe",
        {
            "claim": "the probe lowers errors; a model's own alignment ranks languages better at the same error",
            "machine": machine(),
            "versions": versions("numpy", "scipy", "polars"),
            "input": f"{len(JUDGED)} public tables, and {len(XLM_R)} of XLM-R; {SEEDS} seeds; slopes of the probe and "
            "quantiles are those of backgrounds that have it",
            "unit": "points, means over tables; interval_score at 90 %; rank_correlation among the languages of a row",
            "over_shifts": summary(pl.concat(results), "part"),
            "by_shift": summary(pl.concat(results), "part", "shift", "count"),
        },
    )


if __name__ == "__main__":
    main()
