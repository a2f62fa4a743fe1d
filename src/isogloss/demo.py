"""The demonstration: languages nobody measured, forecast from the evidence that ships with isogloss.

A classifier of character n-grams was trained on Russian and tested on 205 languages. What it carries over ends where
the Cyrillic alphabet does, whatever the family of the language and wherever it is spoken. Of the evidence that ships,
this shows a line most sharply: what an English encoder knows of a language fades without one, and intervals are wider.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from isogloss.errors import BadFile

if TYPE_CHECKING:
    import polars as pl

EVIDENCE, TASK, MODEL, METRIC = "isogloss:sib200-ngram", "SIB-200", "char-ngram", "macro_f1"
TRAIN, LEVEL = "rus:700", 0.9
LANGUAGES = (
    *("rue", "bxr", "nog", "chv", "sah", "tyv", "kpv", "abk", "ckt"),  # written in Cyrillic, near and far relatives
    *("bre", "kal", "nav", "haw"),  # written in Latin letters
    "chr",  # a script and a family of which nothing was measured
)
PICTURE, TABLE = "forecast.png", "forecast.csv"
COMMAND = (
    f"isogloss forecast -e {EVIDENCE} --task {TASK} --model {MODEL} \\\n"
    f"    --metric {METRIC} --train {TRAIN} --targets udm,oss,sme"
)
"""The same for other languages."""


@dataclass(frozen=True)
class Demo:
    """What a demonstration made.

    Attributes
    ----------
    forecasts : polars.DataFrame
        With the columns of `isogloss.forecasting.FORECAST` and the language's `name`, best first.
    picture, table : pathlib.Path
        The forecasts as PNG and CSV.
    """

    forecasts: pl.DataFrame
    picture: Path
    table: Path

    @property
    def title(self) -> str:
        """What the forecasts are of."""
        return f"macro-F1 on {TASK}, trained on 700 examples of Russian; {LEVEL:.0%} intervals"

    @property
    def summary(self) -> pl.DataFrame:
        """The forecasts as a terminal has room for them: name, id, mean, lower, upper, trust, flags, nearest."""
        import polars as pl

        from isogloss.forecasting.flags import short

        return short(self.forecasts).select(
            "name", pl.col("target").alias("id"), "mean", "lower", "upper", "trust", "flags", "nearest"
        )


def run_demo(folder: Path, announce: Callable[[str], None] = lambda step: None) -> Demo:
    """Forecast languages that the shipped evidence lacks, and write a picture and a table.

    Parameters
    ----------
    folder : pathlib.Path
        Where to write; made if absent.
    announce : callable
        Told what is going on before each step.

    Raises
    ------
    BadFile
        If the folder cannot be written to.
    """
    import polars as pl

    _make(folder)
    announce("Loading what was measured in 205 languages")
    from isogloss.charts import Canvas, draw_forecast, save
    from isogloss.evidence import read_evidence
    from isogloss.forecasting import ask, fitted, write_forecasts
    from isogloss.languages import resolve

    evidence = read_evidence(EVIDENCE).filter(task=TASK, model=MODEL, metric=METRIC)
    announce("Learning from them, and from each of them left out, how to forecast others")
    queries = ask(task=TASK, model=MODEL, metric=METRIC, train=TRAIN, targets=LANGUAGES)
    forecasts = fitted(evidence, queries).predict_interval(queries, LEVEL)
    names = pl.Series("name", [resolve(target).name for target in forecasts["target"]])
    forecasts = forecasts.with_columns(names).sort("mean", "name", descending=[True, False])
    announce("Drawing")
    picture = draw_forecast(
        forecasts,
        evidence.filter(train=TRAIN).observations,
        canvas=Canvas(f"Forecast macro-F1 in {forecasts.height} languages nobody measured", score="macro-F1"),
    )
    made = Demo(forecasts, folder / PICTURE, folder / TABLE)
    write_forecasts(forecasts, made.table)
    save(picture, made.picture)
    return made


def _make(folder: Path) -> None:
    """Find out before the work whether there is a place for its result."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadFile(
            f"cannot be made a folder: {error.strerror}", where=str(folder), hint="choose another with --out"
        ) from None
