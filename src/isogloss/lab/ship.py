"""Making evidence small enough to ship: one part, sorted, without what only a rerun needs.

python -m isogloss.lab.ship STORE FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

from isogloss.evidence.schema import SCHEMA_VERSION
from isogloss.evidence.store import Store


def ship(store: Store, folder: str | Path) -> Path:
    """Write all observations of a store as one small part of another.

    Parameters
    ----------
    store : Store
    folder : str or pathlib.Path
        The store to ship; a part written by an earlier call is replaced.

    Returns
    -------
    pathlib.Path
        The part.

    Notes
    -----
    Details (seconds, versions) go, as the data card has them; so do columns without any value, which
    readers fill in again. Scores other than accuracy are rounded to 4 decimals, far below their error.
    """
    observations = store.read().observations.drop("details")
    empty = [column.name for column in observations if column.null_count() == observations.height]
    rounded = pl.when(pl.col("metric") == "accuracy").then("score").otherwise(pl.col("score").round(4))
    small = observations.drop(empty).with_columns(
        score=rounded,
        # Per job: scores of one job arrive together, and one time stands for all of them.
        recorded_at=pl.col("recorded_at").dt.truncate("1m"),
    )
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"part-{folder.name}.v{SCHEMA_VERSION}.parquet"
    size = pl.col("train").str.extract(r":(\d+)$").cast(pl.Int64)
    ordered = small.sort("task", "metric", "recipe", size, "seed", "train", "target")
    ordered.write_parquet(path, compression="zstd", compression_level=19, statistics=False)
    return path


if __name__ == "__main__":
    written = ship(Store(sys.argv[1]), sys.argv[2])
    print(f"{written}: {written.stat().st_size / 1e6:.2f} MB")
