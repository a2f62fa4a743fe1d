"""What `isogloss trust` says where evidence has too few languages to simulate a shift: errors on public tables.

Reads results/forecast_poorer.json and writes src/isogloss/evaluation/data/public_shifts.tsv.
"""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.common import RESULTS, ROOT

WRITTEN = ROOT / "src" / "isogloss" / "evaluation" / "data" / "public_shifts.tsv"
SHIFTS = ("hard", "random")
FORECASTER, PROMPTED, MIDDLE = "hierarchical", "prompted", 15
"""Figures by kind of table are means over numbers of measured languages, of which this is the middle."""


def main(path: Path = WRITTEN) -> None:
    """Write the file."""
    result = json.loads((RESULTS / "forecast_poorer.json").read_text(encoding="utf-8"))
    by_count = [("all", row["count"], row) for row in result["by_shift"] if row["forecaster"] == FORECASTER]
    by_kind = [
        (PROMPTED, MIDDLE, row)
        for row in result["by_kind"]
        if (row["forecaster"], row["kind"]) == (FORECASTER, PROMPTED)
    ]
    lines = [
        "# errors in points and shares of 90 % intervals that held, of public tables (forecast_poorer.json)",
        "shift\tkind\tmeasured\ttables\terror\tcoverage",
    ]
    lines += [
        f"{row['shift']}\t{kind}\t{count}\t{row['tables']}\t{row['mae']:.1f}\t{row['coverage_90'] / 100:.3f}"
        for kind, count, row in [*by_count, *by_kind]
        if row["shift"] in SHIFTS
    ]
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
