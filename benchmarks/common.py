"""What all benchmarks share: where the data are, what the machine is, where results go."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.evidence import Evidence, read_evidence

Array = NDArray[np.float64]

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("ISOGLOSS_DATA", ROOT.parent / "shared" / "data"))
RESULTS = ROOT / "benchmarks" / "results"

SUMEVAL_TRAIN = (
    "TyDiQA_TULRv6Large_ID",
    "TyDiQA_TULRv6Large_OOD",
    "TyDiQA_XLMR_ID",
    "TyDiQA_XLMR_OOD",
    "UDPOS_XLMR",
    "WikiANN_XLMR",
    "XNLI_TULRv6Large",
    "XNLI_XLMR",
)


PAPERS = ("amue", "nnrank", "proxylm")
"""Folders of observations that the plugin package of importers, `plugins/`, reads."""


def have_data(*names: str) -> bool:
    """Whether the research data are here, and the importers for them; says what is missing where they are not."""
    missing = [name for name in names if not (DATA / name).exists()]
    if missing:
        print(f"skipped: no {', '.join(missing)} in {DATA} (set ISOGLOSS_DATA)")
        return False
    if {part for name in names for part in name.split("/")} & set(PAPERS) and find_spec("isogloss_papers") is None:
        print("skipped: the importers of papers are absent (pip install ./plugins)")
        return False
    return True


def sumeval(name: str, kind: str = "train") -> Path:
    """Path of a SumEval file."""
    return DATA / "observations" / "sumeval" / kind / f"{name}.json"


def read_sumeval(name: str) -> Evidence:
    """Scores of one SumEval training file."""
    return read_evidence(sumeval(name))


def machine() -> str:
    """The machine in words, without its name."""
    return f"{platform.machine()}, {os.cpu_count()} processors, {platform.system()}, shared with other work"


def versions(*packages: str) -> dict[str, str]:
    """Versions of Python, isogloss and some packages."""
    return {"python": platform.python_version()} | {name: version(name) for name in ("isogloss", *packages)}


def _finite(value: Any) -> Any:
    """The same with null for numbers that there are none of; JSON has no other way to say it."""
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def write_result(name: str, result: dict[str, Any]) -> None:
    """Print a result and write it to benchmarks/results/<name>.json."""
    text = json.dumps(_finite(result), indent=1, ensure_ascii=False, allow_nan=False)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    print(text)


def points(value: float, digits: int = 3) -> float:
    """A fraction in points."""
    return round(100 * float(value), digits)


def as_queries(observations: pl.DataFrame) -> pl.DataFrame:
    """The observations as questions, their scores left out."""
    from isogloss.evidence import QUERY_TABLE

    return observations.with_row_index("query_row").select(
        pl.col("query_row").cast(pl.Int64), *(name for name in QUERY_TABLE if name != "query_row")
    )
