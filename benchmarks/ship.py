"""Making evidence small enough to ship: one part of each kind, sorted, without what only a rerun needs.

python -m benchmarks.ship STORE FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

from isogloss.evidence.parts import MODELS, OBSERVATIONS, TASKS, Kind
from isogloss.evidence.schema import SCHEMA_VERSION
from isogloss.evidence.store import Store


def ship(store: Store, folder: str | Path) -> Path:
    """Write all observations of a store, and what it knows of models and tasks, as small parts of another.

    Parameters
    ----------
    store : Store
    folder : str or pathlib.Path
        The store to ship; parts written by an earlier call are replaced.

    Returns
    -------
    pathlib.Path
        The part that holds the observations.

    Notes
    -----
    Details (seconds, versions) go, as the data card has them; so do columns without any value, which
    readers fill in again. Scores other than accuracy are rounded to 4 decimals, far below their error, and errors to 5.
    """
    evidence = store.read()
    observations = evidence.observations.drop("details")
    empty = [column.name for column in observations if column.null_count() == observations.height]
    rounded = pl.when(pl.col("metric") == "accuracy").then("score").otherwise(pl.col("score").round(4))
    small = observations.with_columns(
        score=rounded,
        standard_error=pl.col("standard_error").round(5),
        # Per job: scores of one job arrive together, and one time stands for all of them.
        recorded_at=pl.col("recorded_at").dt.truncate("1m"),
    )
    small = small.drop(empty)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    size = pl.col("train").str.extract(r":(\d+)$").cast(pl.Int64)
    ordered = small.sort("task", "metric", "recipe", size, "seed", "train", "target")
    for kind, facts in ((MODELS, evidence.models), (TASKS, evidence.tasks)):
        if facts.height:
            _write(facts.sort(facts.columns[:2]), folder, kind)
    return _write(ordered, folder, OBSERVATIONS)


def _write(table: pl.DataFrame, folder: Path, kind: Kind) -> Path:
    path = folder / f"{kind.prefix}-{folder.name}.v{SCHEMA_VERSION}.parquet"
    table.write_parquet(path, compression="zstd", compression_level=19, statistics=False)
    return path


if __name__ == "__main__":
    written = ship(Store(sys.argv[1]), sys.argv[2])
    print(f"{written}: {written.stat().st_size / 1e6:.2f} MB")
