"""Label-free probe: what a small multilingual encoder holds of each language, without any score of a task.

multilingual-e5-small on 60 parallel sentences in 205 languages: how often the English sentence is the nearest (P@1),
and by how much the cosine of translations exceeds that of other pairs.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from isogloss.forecasting.background.side_facts import kinship, side_facts
from isogloss.forecasting.grid import Array
from isogloss.languages import resolve
from isogloss.languages.near_identical import relatives

PROBE = ("retrieval of the English sentence", "cosine gap")
LOWEST, HIGHEST = -4.0, 3.0
"""Standardised values are held between these."""
KIN_SHARE = 0.5
"""Share of what side facts leave unexplained that runs along kinship."""


class Probed(NamedTuple):
    """Probe values of some languages.

    Attributes
    ----------
    values : array of shape (languages, 2)
        Standardised; `PROBE` names the columns.
    imputed : array of bool of shape (languages,)
    variance : array of shape (languages, 2)
        Of the imputation, 0 where measured.
    """

    values: Array
    imputed: Array
    variance: Array


class Probe:
    """Probe values of every language: as measured, else by ridge regression on side facts and kriging by kin.

    Parameters
    ----------
    languages : sequence of str
    values : array of shape (languages, 2)
        Standardised.
    """

    def __init__(self, languages: Sequence[str], values: Array):
        self.languages, self.values = tuple(languages), values
        self._place = {language: place for place, language in enumerate(self.languages)}

    def with_model(self, alignment: Mapping[str, float]) -> Probe:
        """The probe for one model, given how well each language is aligned with English in that model.

        Its alignment is brought to the mean and spread that this probe has over the same languages, and averaged with
        this probe where both know a language (`benchmarks/forecast_probe.py`); alone it makes errors larger.

        Parameters
        ----------
        alignment : mapping of str to float
            Of several languages, not all alike; any measure that rises with alignment.
        """
        languages, own = list(alignment), np.array(list(alignment.values()))
        known = self.of(languages)
        standardised = ((own - own.mean()) / own.std())[:, None]
        scaled = np.clip(known.values.mean(0) + standardised * known.values.std(0), LOWEST, HIGHEST)
        joint = np.where(known.imputed[:, None], scaled, (scaled + known.values) / 2)
        rest = [place for place, language in enumerate(self.languages) if language not in alignment]
        values = np.concatenate([joint, self.values[rest]])
        return Probe([*languages, *(self.languages[place] for place in rest)], values)

    @cached_property
    def _regression(self) -> tuple[Array, Array, Array]:
        """Ridge weights on side facts, residuals, and the inverse of their correlation."""
        known = side_facts(self.languages)
        weights = np.linalg.solve(known.T @ known + np.eye(known.shape[1]), known.T @ self.values)
        kin = KIN_SHARE * kinship(self.languages, self.languages) + (1 - KIN_SHARE) * np.eye(len(self.languages))
        return np.asarray(weights), self.values - known @ weights, np.asarray(np.linalg.inv(kin))

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of languages and values."""
        return hashlib.sha256(
            " ".join(self.languages).encode() + np.ascontiguousarray(self.values).tobytes()
        ).hexdigest()

    def of(self, languages: Sequence[str]) -> Probed:
        """Probe values of any languages."""
        places = [self._find(language) for language in languages]
        values, variance = np.zeros((len(places), 2)), np.zeros((len(places), 2))
        imputed = np.array([place is None for place in places], dtype=bool)
        values[~imputed] = self.values[[place for place in places if place is not None]]
        if imputed.any():
            # Of all languages: side facts and kinship of the same ones are asked for elsewhere, and kept.
            weights, residuals, inverse = self._regression
            kin = KIN_SHARE * kinship(languages, self.languages)[imputed]
            kriging = kin @ inverse
            values[imputed] = np.clip(side_facts(languages)[imputed] @ weights + kriging @ residuals, LOWEST, HIGHEST)
            left = 1 - np.einsum("ij,ij->i", kriging, kin)
            variance[imputed] = left[:, None] * residuals.var(0)
        return Probed(values, imputed, variance)

    def _find(self, language: str) -> int | None:
        return next((self._place[name] for name in relatives(language) if name in self._place), None)


@lru_cache(maxsize=1)
def shipped_probe() -> Probe:
    """The probe that ships: log odds of P@1, and the cosine gap."""
    text = files("isogloss.forecasting.background").joinpath("data", "probe.tsv").read_text(encoding="utf-8")
    measured = {}
    for row in csv.DictReader(text.splitlines(), delimiter="\t"):
        count, share = int(row["n"]), float(row["p_at_1_to_eng"])
        odds = np.log((share * count + 0.5) / (count - share * count + 0.5))
        measured[resolve(row["lang"]).id] = (float(odds), float(row["cosine_gap_to_eng"]))
    values = np.array(list(measured.values()))
    return Probe(list(measured), np.clip((values - values.mean(0)) / values.std(0), LOWEST, HIGHEST))
