"""Claim: in languages never seen, neither tested nor trained on, the default forecaster beats every peer.

Protocols of `isogloss benchmark`: one language left out at a time (a tenth of them, where they are many),
the poorest quarter, whole families, whole scripts. The background of the default learnt nothing from the test texts of
a table. The languages vanish as targets and from every
mix. On UDPOS, WikiANN and XNLI (SumEval training tables), on NER (NN-Rank) and MASSIVE (ProxyLM) with one
source per mix, and on the evidence that ships (SIB-200, accuracy at 700 examples). Every language weighs
the same; differences have a 95 % bootstrap interval over languages. `litmus` is LITMUS's features, with its
subword overlap for XLM-R and T-ULR, and its learner's settings.

Named tables, or protocols, are measured again and the rest kept:
python -m benchmarks.forecast_unseen UDPOS_XLMR family script
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.backgrounds import background_without
from benchmarks.common import DATA, RESULTS, have_data, machine, read_sumeval, versions, write_result
from isogloss.evaluation import Benchmark, run_benchmark
from isogloss.evidence import Evidence, read_evidence
from isogloss.forecasting import Default, Litmus
from isogloss.languages import register_similarity

SUMEVAL = ("UDPOS_XLMR", "WikiANN_XLMR", "XNLI_TULRv6Large", "XNLI_XLMR")
PROTOCOLS = ("lolo", "low-resource", "family", "script")
PEERS = ("additive", "nearest", "trees", "mean")
LEVELS = (0.5, 0.8, 0.9, 0.95)
GROUPS, MANY = 10, 20
"""Tables of more than `MANY` languages leave out that many groups of them, in turn."""
NAME = "forecast_unseen"
CORPORA = {
    "SIB": "sib", "UDPOS": "udpos", "WikiANN": "wikiann", "NER": "wikiann", "XNLI": "xnli", "intent": "massive",
    "slot": "massive",
}  # fmt: skip
"""Beginnings of the names of tables, and the test texts of these in the background."""


def main() -> None:
    """Measure all tables, or those named on the command line."""
    tables = read_public_tables()
    chosen = [name for name in tables if name in sys.argv[1:]] or list(tables)
    protocols = [name for name in PROTOCOLS if name in sys.argv[1:]] or list(PROTOCOLS)
    written = RESULTS / f"{NAME}.json"
    every = json.loads(written.read_text())["tables"] if sys.argv[1:] and written.exists() else {}
    for name in chosen:
        found = evaluate(name, tables[name](), protocols)
        every[name] = found | {"protocols": every.get(name, found)["protocols"] | found["protocols"]}
    write_result(
        NAME,
        {
            "claim": "unseen languages: default below every peer, and intervals that hold",
            "protocol": "languages left out as sources and targets; MAE in points, languages weighing the same",
            "machine": machine(),
            "versions": versions("numpy", "scipy", "scikit-learn", "lightgbm"),
            "tables": {name: every[name] for name in tables if name in every},
        },
    )


def evaluate(name: str, evidence: Evidence, names: list[str]) -> dict[str, Any]:
    """Errors of all forecasters, differences and coverage, by protocol."""
    folds = GROUPS if len(evidence.targets) > MANY else None
    peers: dict[str, Any] = {peer: _forecaster(peer) for peer in PEERS if peer not in _too_slow(name)}
    if "litmus" not in _too_slow(name):
        peers = {"litmus": _litmus(name)} | peers
    start = time.process_time()
    protocols = {}
    background = background_without(corpus=next(its for start, its in CORPORA.items() if name.startswith(start)))
    for protocol in names:
        asked: dict[str, Any] = {"protocols": [protocol], "folds": folds, "every": _every(name, protocol)}
        default = run_benchmark(
            evidence, forecasters={"default": Default(background=background)}, levels=LEVELS, **asked
        )
        every = run_benchmark(
            evidence, forecasters={"default": Default(background=background)} | peers, levels=(), **asked
        )
        if every.summary.height:
            protocols[protocol] = summarise(protocol, every, default)
    return {
        "languages": len(evidence.targets),
        "left_out": f"{folds} groups of languages" if folds else "one language at a time",
        "protocols": protocols,
        "cpu_s": round(time.process_time() - start, 1),
    }


def summarise(protocol: str, every: Benchmark, default: Benchmark) -> dict[str, Any]:
    """One protocol of one table."""
    asked = pl.col("protocol") == protocol
    rows = every.summary.filter(asked)
    against = every.differences.filter(asked & (pl.col("forecaster") == "default"))
    covered = default.coverage().filter(asked)
    return {
        "languages": rows["groups"].max(),
        "mae": {name: round(error, 2) for name, error in rows.select("forecaster", "mae").iter_rows()},
        "rmse": {name: round(error, 2) for name, error in rows.select("forecaster", "rmse").iter_rows()},
        "default_minus": {
            other: {key: None if value is None else round(value, 2) for key, value in zip(keys, values, strict=True)}
            for keys in [("mean", "low", "high", "p_holm")]
            for other, *values in against.select("other", "difference", "low", "high", "p_holm").iter_rows()
        },
        "coverage": {
            f"{100 * level:g}": round(share, 3) for level, share in covered.select("level", "coverage").iter_rows()
        },
        "mean_width_of_90": round(covered.filter(pl.col("level") == 0.9)["mean_width"].item(), 1),
    }


def read_public_tables() -> dict[str, Callable[[], Evidence]]:
    """Functions that read the tables, by name."""
    tables: dict[str, Callable[[], Evidence]] = {"SIB-200 (shipped)": _shipped}
    if have_data("observations/sumeval", "similarity/litmus_features.json"):
        tables |= {name: partial(read_sumeval, name) for name in SUMEVAL}
    if have_data("observations/nnrank", "observations/proxylm"):
        for label, model in (("NER XLM-R", "xlm-roberta-base"), ("NER mBERT", "bert-base-multilingual-cased")):
            path = DATA / "observations" / "nnrank" / f"results_{model}_test.csv"
            tables[label] = partial(_read, path, metric="f1")
        for task in ("intent", "slot"):
            for model in ("aya", "llama3"):
                path = DATA / "observations" / "proxylm" / f"{task}_experiments.csv"
                tables[f"{task} {model}"] = partial(_read, path, model=model)
    return tables


def _read(path: Path, **which: str) -> Evidence:
    return read_evidence(path).filter(**which)


def _shipped() -> Evidence:
    shipped = read_evidence("isogloss:sib200-ngram").filter(metric="accuracy").observations
    return Evidence(shipped.filter(pl.col("train").str.ends_with(":700")))


def _every(name: str, protocol: str) -> int:
    """Leave out only every n-th fold, family or script, where all would take hours."""
    if name.startswith("SIB"):
        return 4
    return 2 if protocol in ("family", "script") and name.startswith(("UDPOS", "WikiANN")) else 1


def _too_slow(name: str) -> tuple[str, ...]:
    """Forecasters that take half a minute to fit a table, where ours takes two seconds."""
    return ("litmus", "trees") if name.startswith("SIB") else ()


def _litmus(name: str) -> Litmus:
    """LITMUS's recipe, with the overlap it has for a table's model."""
    models = {"XLMR": "xlmr", "TULRv6Large": "tulrv6"}
    model = models.get(name.rpartition("_")[2])
    if model is None:
        return Litmus()
    register_similarity(f"litmus-{model}", DATA / "similarity" / "litmus_features.json", model=model)
    return Litmus(overlap=f"litmus-{model}")


def _forecaster(name: str) -> Any:
    from isogloss.forecasting import forecasters

    return forecasters.get(name)()


if __name__ == "__main__":
    main()
