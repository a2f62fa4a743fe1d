"""Facts asked in every language, as cells of a language and a country."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.behaviour.countries import country_key
from isogloss.behaviour.items import require, require_languages
from isogloss.errors import BadValue, NotEnoughEvidence

Array = NDArray[np.float64]

FEWEST_PAIRED = 2
"""Languages with facts of their own country, below which nothing can be compared."""


@dataclass(frozen=True)
class Cells:
    """The outcomes of the models of one task.

    Attributes
    ----------
    task : str
    models, languages, countries : list of str
        Countries as they were written.
    wrong : list of arrays of shape (models, languages, facts of a country)
        For each country.
    is_home : array of bool, shape (languages, countries)
        Whether a country is the language's own.
    """

    task: str
    models: list[str]
    languages: list[str]
    countries: list[str]
    wrong: list[Array]
    is_home: NDArray[np.bool_]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Models, languages, countries."""
        return len(self.models), len(self.languages), len(self.countries)

    @property
    def facts(self) -> int:
        """Facts of all countries."""
        return sum(wrong.shape[-1] for wrong in self.wrong)

    def error_rates(self) -> Array:
        """Of shape (models, languages, countries)."""
        return np.stack([wrong.mean(-1) for wrong in self.wrong], axis=-1)

    def means(self, rates: Array, among: NDArray[np.bool_] | None = None) -> tuple[Array, Array]:
        """Mean error rates of associative and of all other cells, of some languages; NaN where there is no cell."""
        rows = np.ones(len(self.languages), bool) if among is None else among
        means = []
        for chosen in (self.is_home & rows[:, None], ~self.is_home & rows[:, None]):
            cells = rates[..., chosen]
            means.append(cells.mean(-1) if chosen.any() else np.full(rates.shape[:-2], np.nan))
        return means[0], means[1]

    def paired(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The languages that have facts of their own country, and the places of these countries."""
        languages, countries = np.nonzero(self.is_home)
        return languages, countries

    def table(self, rates: Array) -> pl.DataFrame:
        """One row for each cell."""
        models, languages, countries = self.shape
        model, language, country = (place.ravel() for place in np.indices((models, languages, countries)))
        errors = np.stack([wrong.sum(-1) for wrong in self.wrong], axis=-1)
        facts = np.array([wrong.shape[-1] for wrong in self.wrong])
        return pl.DataFrame(
            {
                "task": [self.task] * len(model), "model": np.array(self.models)[model],
                "language": np.array(self.languages)[language], "country": np.array(self.countries)[country],
                "errors": errors.ravel().astype(int), "facts": facts[country], "error_rate": rates.ravel(),
                "associative": self.is_home[language, country],
            }
        )  # fmt: skip


def read_cells(items: pl.DataFrame, homes: Mapping[str, str], *, shared: bool = False) -> Iterator[Cells]:
    """The cells of each task; see `score_recall`."""
    require(items, "language", "item", "country", "right")
    require_languages(items)
    names = [pl.lit("").alias(name) for name in ("task", "model") if name not in items.columns]
    text = pl.col("task", "model", "item", "country").cast(pl.String)
    whole = items.with_columns(names).with_columns(text)
    without = [language for language in whole["language"].unique().sort() if language not in homes]
    if without:
        hint = f"home={dict.fromkeys(without, 'COUNTRY')!r}"
        raise BadValue(f"the country of {', '.join(without)} is not known", where="home", hint=hint)
    for (task,), rows in whole.group_by("task", maintain_order=True):
        yield _cells(str(task), rows, homes, shared)


def _cells(task: str, rows: pl.DataFrame, homes: Mapping[str, str], shared: bool) -> Cells:
    models, languages = (rows[name].unique(maintain_order=True).to_list() for name in ("model", "language"))
    spellings = {country: country_key(country) for country in rows["country"].unique(maintain_order=True)}
    countries = {key: country for country, key in reversed(spellings.items())}
    facts = rows.select("item", pl.col("country").replace_strict(spellings)).unique(maintain_order=True)
    if facts["item"].n_unique() < facts.height:
        item = facts.filter(pl.col("item").is_duplicated())["item"][0]
        raise BadValue(f"item {item} is of several countries", where="items", hint="give each item one country")
    wrong = _outcomes(rows, models, languages, facts["item"].to_list(), task, shared)
    kept = ~np.isnan(wrong).any((0, 1))
    by_country = {
        key: wrong[:, :, kept & (facts["country"] == key).to_numpy()]
        for key in sorted(countries, key=lambda one: countries[one])
    }
    by_country = {key: cells for key, cells in by_country.items() if cells.shape[-1]}
    home = [country_key(homes[language]) for language in languages]
    is_home = np.array([[key == own for key in by_country] for own in home]).reshape(len(languages), len(by_country))
    if is_home.sum() < FEWEST_PAIRED or is_home.all():
        raise NotEnoughEvidence(
            f"{is_home.sum()} of {len(languages)} languages have facts of their own country", where=task or "items",
            hint=f"give facts of {' and '.join(homes[one] for one in languages[:FEWEST_PAIRED])}, or say home=...",
        )  # fmt: skip
    written = [countries[key] for key in by_country]
    return Cells(task, models, languages, written, [*by_country.values()], is_home)


def _outcomes(
    rows: pl.DataFrame, models: list[str], languages: list[str], facts: list[str], task: str, shared: bool
) -> Array:
    """Whether each answer is wrong, of shape (models, languages, facts); NaN where there is none."""
    places = [
        rows[name].replace_strict(values, range(len(values)), return_dtype=pl.Int64).to_numpy()
        for name, values in (("model", models), ("language", languages), ("item", facts))
    ]
    shape = (len(models), len(languages), len(facts))
    flat = np.ravel_multi_index(tuple(places), shape)
    given = np.bincount(flat, minlength=int(np.prod(shape))).reshape(shape)
    if (given > 1).any():
        model, language, fact = np.argwhere(given > 1)[0]
        raise BadValue(
            f"item {facts[fact]} stands {given.max()} times",
            where=", ".join(part for part in ("items", task, models[model], languages[language]) if part),
            hint="keep one answer for each item, language and model, or name the column of tasks or models",
        )  # fmt: skip
    if (given == 0).any() and not shared:
        raise _not_parallel(given, models, languages, facts, task)
    wrong = np.full(shape, np.nan)
    wrong.flat[flat] = ~rows["right"].to_numpy()
    return wrong


def _not_parallel(
    given: NDArray[np.intp], models: list[str], languages: list[str], facts: list[str], task: str
) -> BadValue:
    missing = (given == 0).sum(-1)  # (models, languages)
    model, language = np.unravel_index(missing.argmax(), missing.shape)
    lacking = np.flatnonzero(given[model, language] == 0)
    one = facts[lacking[0]]
    return BadValue(
        f"lacks {len(lacking):,} of {len(facts):,} items, such as {one}",
        where=", ".join(part for part in ("items", task, models[model], languages[language]) if part),
        hint="score only what all languages and models have with shared=True",
    )
