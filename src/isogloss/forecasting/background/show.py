"""Say what is in a background: its sources, and the factors of any language."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

import numpy as np
import polars as pl

from isogloss.forecasting.background.artefact import Background, read_background
from isogloss.forecasting.background.features import read_features
from isogloss.forecasting.background.side_facts import shared_web_text
from isogloss.languages import Language, resolve


def show_background(path: str | Path | None = None) -> pl.DataFrame:
    """What a background learnt from, one row per source of scores.

    Parameters
    ----------
    path : str or path, optional
        A background that `build_background` wrote; by default the one that ships.

    Returns
    -------
    polars.DataFrame
        `source`, `tables`, `rows` (models or training mixes), `languages` (the most of any of its tables), and of
        public sources `url`, `revision`, `licence`.

    Raises
    ------
    BadFile
    """
    return sources_of(read_background(path))


def sources_of(background: Background) -> pl.DataFrame:
    """The table of `show_background` for a background in memory."""
    tables = pl.DataFrame(background.tables)
    counted = tables.group_by("source", maintain_order=True).agg(
        pl.len().alias("tables"), pl.col("rows").sum(), pl.col("languages").max()
    )
    return counted.join(_public_sources(), on="source", how="left", maintain_order="left")


def shipped_card() -> list[str]:
    """What the card of the background that ships says, one paragraph after the other."""
    text = files("isogloss.forecasting.background").joinpath("data", "CARD.md").read_text(encoding="utf-8")
    paragraphs = re.split(r"\n\n|^- |\n- ", text.replace("`", ""))
    return [" ".join(part.split()) for part in paragraphs if part.strip() and not part.startswith("#")]


def language_factors(languages: Iterable[str | Language], path: str | Path | None = None) -> pl.DataFrame:
    """Factors of any languages of the catalogue, how sure they are, and where they come from.

    Parameters
    ----------
    languages : iterable of str or Language
    path : str or path, optional
        As for `show_background`.

    Returns
    -------
    polars.DataFrame
        `language`, `name`; the factors `resourced` and `latin_script` with their standard deviations
        `resourced_sd` and `latin_script_sd` (unit: the spread over all languages with public scores); `web_text`
        (log10 of the MiB in CC-100, null if unknown); `probe_retrieval` and `probe_cosine_gap` (standardised) and
        `probe_imputed`; `provenance`: `scores`, `scores of <id>` or `side facts and kin`.

    Raises
    ------
    UnknownLanguage
    BadFile
    """
    known = [resolve(str(language)) for language in languages]
    ids = [language.id for language in known]
    features = read_features(read_background(path).factors, ids)
    deviations = np.sqrt(np.einsum("jkk->jk", features.covariance))
    web = [shared_web_text(language) or None for language in ids]
    return pl.DataFrame(
        {
            "language": ids,
            "name": [language.name for language in known],
            "resourced": features.values[:, 0],
            "resourced_sd": deviations[:, 0],
            "latin_script": features.values[:, 1],
            "latin_script_sd": deviations[:, 1],
            "web_text": pl.Series(web, dtype=pl.Float64),
            "probe_retrieval": features.values[:, 4],
            "probe_cosine_gap": features.values[:, 5],
            "probe_imputed": features.imputed,
            "provenance": list(features.provenance),
        },
        schema_overrides={"language": pl.String, "name": pl.String, "provenance": pl.String},
    )


def _public_sources() -> pl.DataFrame:
    """Where the public tables come from: `source`, `url`, `revision`, `licence`."""
    text = files("isogloss.forecasting.background").joinpath("data", "sources.tsv").read_text(encoding="utf-8")
    return pl.DataFrame(list(csv.DictReader(text.splitlines(), delimiter="\t")))
