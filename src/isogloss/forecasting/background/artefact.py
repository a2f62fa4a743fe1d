"""The background as one file: language factors, slope priors, residual quantiles, and where they come from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import numpy as np

from isogloss.errors import BadFile
from isogloss.files import atomic_write, read_input
from isogloss.forecasting.background.factors import LanguageFactors
from isogloss.forecasting.background.probe import Probe
from isogloss.forecasting.background.quantiles import PROBABILITIES, ResidualQuantiles
from isogloss.forecasting.background.slopes import SlopePriors
from isogloss.forecasting.background.tables import ScoreTable

FORMAT = 1
SHIPPED = "background.json"
DIGITS = 4
HINT = "make it again with 'isogloss background build'"


@dataclass(frozen=True)
class TableRecord:
    """What a card says of one table that the background learnt from."""

    name: str
    source: str
    kind: str
    corpus: str
    rows: int
    languages: int

    @classmethod
    def of(cls, table: ScoreTable) -> TableRecord:
        return cls(table.name, table.source, table.kind, table.corpus, len(table.rows), len(table.languages))


@dataclass(frozen=True)
class Background:
    """What public evidence says of languages, and of how scores slope on them.

    Attributes
    ----------
    factors : LanguageFactors
    slopes : SlopePriors
    quantiles : ResidualQuantiles
    tables : tuple of TableRecord
        What it learnt from.
    probe : Probe or None
        Of the model that is asked about, instead of the one that ships; no part of the file.
    """

    factors: LanguageFactors
    slopes: SlopePriors
    quantiles: ResidualQuantiles
    tables: tuple[TableRecord, ...]
    probe: Probe | None = None

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of all that it holds."""
        return _checksum(self._content())

    def write(self, path: str | Path) -> None:
        """Write to a JSON file with a checksum, whole or not at all.

        Raises
        ------
        BadFile
        """
        content = {**self._content(), "checksum": self.checksum}
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        atomic_write(Path(path), lambda into: into.write_text(text + "\n", encoding="utf-8"))

    def _content(self) -> dict[str, Any]:
        factors = self.factors
        languages = {
            language: [*_rounded(factors.mean[row]), *_rounded(factors.covariance[row][np.triu_indices(2)])]
            for language, row in factors.place.items()
        }
        return {
            "format": FORMAT,
            "languages": languages,
            "side_weights": _rounded(factors.side_weights),
            "slopes": {name: _rounded(value) for name, value in asdict(self.slopes).items()},
            "probabilities": list(PROBABILITIES),
            "quantiles": {name: _rounded(value) for name, value in asdict(self.quantiles).items()},
            "tables": [asdict(table) for table in self.tables],
        }


def read_background(path: str | Path | None = None) -> Background:
    """Read a background; by default the one that ships.

    Raises
    ------
    BadFile
        If it is no background, does not fit its checksum, or a newer isogloss wrote it.
    """
    return _shipped() if path is None else _read(Path(path))


@lru_cache(maxsize=1)
def _shipped() -> Background:
    return _read(cast(Path, files("isogloss.forecasting.background").joinpath("data", SHIPPED)))


def _read(path: Path) -> Background:
    try:
        content = json.loads(read_input(path))
        checksum = content.pop("checksum")
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        raise BadFile("is no background", where=str(path), hint=HINT) from None
    if checksum != _checksum(content):
        raise BadFile("does not fit its checksum", where=str(path), hint=HINT)
    if content.get("format") != FORMAT:
        raise BadFile(f"has format {content.get('format')}, not {FORMAT}", where=str(path), hint=HINT)
    return _background(content)


def _background(content: Mapping[str, Any]) -> Background:
    rows = np.array(list(content["languages"].values()))
    covariance = np.stack([rows[:, [2, 3]], rows[:, [3, 4]]], axis=1)
    weights = np.array(content["side_weights"])
    factors = LanguageFactors(tuple(content["languages"]), rows[:, :2], covariance, weights)
    slopes: dict[str, Any] = {name: _array(value) for name, value in content["slopes"].items()}
    quantiles = {name: np.array(value) for name, value in content["quantiles"].items()}
    tables = tuple(TableRecord(**table) for table in content["tables"])
    return Background(factors, SlopePriors(**slopes), ResidualQuantiles(**quantiles), tables)


def _checksum(content: Mapping[str, Any]) -> str:
    """SHA-256 of the content in canonical JSON."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _array(value: Any) -> Any:
    return np.array(value) if isinstance(value, list) else value


def _rounded(values: Any) -> Any:
    return np.round(values, DIGITS).tolist()


def records(tables: Sequence[ScoreTable]) -> tuple[TableRecord, ...]:
    """Records of some tables."""
    return tuple(TableRecord.of(table) for table in tables)
