"""What a fitted forecaster depends on, as a checksum: evidence, forecaster, background, varieties of users, and code.

Where scores came from and when they were recorded does not count.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from functools import lru_cache
from importlib import metadata
from pathlib import Path

import isogloss
from isogloss.errors import InputError
from isogloss.evidence import Evidence
from isogloss.forecasting.background.use import background_key
from isogloss.forecasting.forecaster import Forecaster
from isogloss.forecasting.persistence.pieces import MANIFEST, pack
from isogloss.languages.varieties import added_varieties

PROVENANCE = ("target_as_reported", "origin", "origin_row", "importer", "recorded_at", "details")
"""Columns of observations that no forecast depends on."""
CODE = ("forecasting", "languages", "metrics", "stats", "evidence/training_mix.py")
"""Parts of isogloss that forecasts come from."""
LIBRARIES = ("lightgbm", "numpy", "polars", "scipy", "urielplus")
"""Libraries whose other versions forecast otherwise; polars's hash rows otherwise."""


def state_key(evidence: Evidence, estimator: Forecaster) -> str | None:
    """Checksum of all that an estimator's fitted state depends on; None where that cannot be told."""
    kind = type(estimator)
    code = _code_of(kind.__module__.partition(".")[0])
    if code is None:
        return None
    try:
        # A model that is not yet fitted holds what it takes from registries and from language data.
        model = pack([estimator.get_params(deep=False), estimator.new_model()])[MANIFEST]
    except (InputError, AttributeError):
        return None
    name = f"{kind.__module__}:{kind.__qualname__}"
    varieties = repr(sorted(added_varieties().items()))
    parts = (name, code, _digest_of_ours(), varieties, background_key(), digest(evidence))
    return hashlib.sha256(b"\0".join([model, *(part.encode() for part in parts)])).hexdigest()


def digest(evidence: Evidence) -> str:
    """Checksum of the observations without their provenance, and of the facts."""
    # Computed at every call: a table can be changed in place, and is then still the same object.
    checksum = hashlib.sha256()
    # Hashes of rows and JSON are the same for the same values, however they lie in memory.
    rows = evidence.observations.drop(PROVENANCE)
    checksum.update(f"{rows.schema}\0".encode() + rows.hash_rows().to_numpy().tobytes())
    for facts in (evidence.models, evidence.tasks):
        checksum.update(b"\0" + facts.write_ndjson().encode())
    return checksum.hexdigest()


@lru_cache(maxsize=1)
def _digest_of_ours() -> str:
    root = Path(isogloss.__file__).parent
    versions = [f"{name} {metadata.version(name)}" for name in LIBRARIES]
    code = _checksum(file for part in CODE for file in _files(root / part))
    return ", ".join([isogloss.__version__, *versions, code])


@lru_cache(maxsize=8)
def _code_of(package: str) -> str | None:
    """Checksum of the package or module that a forecaster comes from; empty for ours, None if it has no file."""
    if package == "isogloss":
        return ""
    file = getattr(sys.modules.get(package), "__file__", None)
    if file is None:
        return None
    path = Path(file)
    return _checksum(_files(path.parent if path.stem == "__init__" else path))


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (file for file in sorted(path.rglob("*")) if file.is_file() and file.suffix != ".pyc")
    else:
        yield path


def _checksum(files: Iterator[Path]) -> str:
    checksum = hashlib.sha256()
    for file in files:
        checksum.update(f"{file.name} {file.stat().st_size}\n".encode() + file.read_bytes())
    return checksum.hexdigest()
