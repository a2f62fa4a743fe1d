"""Claim: 90 % intervals of the law in size hold 93 % of a random quarter of models, but 77 % of the largest quarter.

Of the largest quarter the law is also off by more than a straight line in the logarithm of size: 15.7 against 11.9.

On the MTEB tables that ship, with sizes from the models' own records: the largest quarter of the models held out, a
random quarter, and all but five at random. Beside it the mean of the measured models, and a straight line in the
logarithm of size for each language. For unmeasured shots, scores of EuroEval with and without examples in the prompt.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import polars as pl
from scipy import stats

from benchmarks.common import DATA, Array, have_data, machine, points, versions, write_result
from isogloss.evidence import Evidence, read_evidence
from isogloss.forecasting.curves import fit_law

MODELS, EUROEVAL = "observations/mteb/models.jsonl", "observations/euroeval/scores.parquet"
LEVELS = (0.5, 0.9)
FEWEST_MODELS, MOST_MODELS, LANGUAGES, TABLES = 24, 50, 4, 6
PROTOCOLS = ("largest quarter", "random quarter", "all but five")


class Intervals(NamedTuple):
    """Forecasts of some models in one language: means, and ends at each of `LEVELS`."""

    mean: Array
    ends: list[tuple[Array, Array]]


def main() -> None:
    """Hold out models of every table."""
    if not have_data(MODELS, EUROEVAL):
        return
    errors: dict[str, dict[str, list[Array]]] = {protocol: {name: [] for name in METHODS} for protocol in PROTOCOLS}
    tables = list(read_tables())
    for number, table in enumerate(tables):
        chance = np.random.default_rng(number)
        for protocol in PROTOCOLS:
            held = _held(table, protocol, chance)
            for language in chance.permutation(table["language"].unique().sort().to_list())[:LANGUAGES]:
                test = table.filter(pl.col("model").is_in(held.implode()) & (pl.col("language") == language))
                known = table.filter(~pl.col("model").is_in(held.implode()))
                if test.is_empty() or known.filter(language=language).height < 3:
                    continue
                for name, method in METHODS.items():
                    found = method(known, language, test["parameters"].to_numpy())
                    errors[protocol][name].append(_judge(found, test["score"].to_numpy()))
    result = {
        protocol: {name: _summary(np.concatenate(rows, axis=1)) for name, rows in by_name.items()}
        for protocol, by_name in errors.items()
    }
    write_result(
        "forecast_laws",
        {
            "claim": (__doc__ or "").splitlines()[0].removeprefix("Claim: "),
            "machine": machine(),
            "versions": versions("numpy", "scipy"),
            "tables": len(tables),
            "held_out": result,
            "change_with_examples_in_the_prompt": change_with_examples(),
        },
    )


def read_tables() -> Iterator[pl.DataFrame]:
    """MTEB tables with many models of known size: `model`, `parameters`, `language`, `score`."""
    records = [json.loads(line) for line in (DATA / MODELS).read_text().splitlines()]
    sizes = {one["name"].replace("/", "__"): one["n_parameters"] for one in records if one["n_parameters"]}
    facts = pl.DataFrame(
        {"model": list(sizes), "parameters": list(sizes.values())}, schema_overrides={"parameters": pl.Int64}
    )
    shipped = files("isogloss.forecasting.background") / "data" / "public_tables.parquet"
    public = pl.read_parquet(str(shipped)).filter(source="MTEB")
    rows = public.with_columns(model=pl.col("row").str.split("@").list.first()).join(facts, on="model")
    means = rows.group_by("table", "model", "parameters", "language").agg(pl.col("score").cast(pl.Float64).mean())
    counts = means.group_by("table").agg(models=pl.col("model").n_unique(), languages=pl.col("language").n_unique())
    large = counts.filter((pl.col("models") >= FEWEST_MODELS) & (pl.col("languages") >= LANGUAGES))
    for name in large.sort("models", "table", descending=[True, False])["table"].to_list()[:TABLES]:
        table = means.filter(table=name).sort("model", "language")
        some = table["model"].unique().sort().shuffle(seed=0)[:MOST_MODELS]
        yield table.filter(pl.col("model").is_in(some.implode()))


def _held(table: pl.DataFrame, protocol: str, chance: np.random.Generator) -> pl.Series:
    models = table.select("model", "parameters").unique().sort("parameters", "model")["model"]
    quarter = len(models) // 4
    if protocol == "largest quarter":
        return models[-quarter:]
    shuffled = models.gather(chance.permutation(len(models)))
    return shuffled[:quarter] if protocol == "random quarter" else shuffled[5:]


def by_law(known: pl.DataFrame, language: str, sizes: Array) -> Intervals:
    """The average of shapes."""
    scores = known.rename({"language": "target"}).drop("table", "parameters")
    evidence = read_evidence(
        scores.with_columns(task=pl.lit("t"), metric=pl.lit("accuracy"), train=pl.lit("")), scale="fraction"
    )
    evidence = Evidence(evidence.observations, known.select("model", "parameters").unique())
    curve = fit_law(evidence, vary="parameters", target=language)
    tables = [curve.predict(sizes, level) for level in LEVELS]
    return Intervals(
        tables[0]["mean"].to_numpy(), [(one["lower"].to_numpy(), one["upper"].to_numpy()) for one in tables]
    )


def by_mean(known: pl.DataFrame, language: str, sizes: Array) -> Intervals:
    """The mean of the measured models, with a normal interval for one more."""
    scores = known.filter(language=language)["score"].to_numpy()
    spread = scores.std(ddof=1) * np.sqrt(1 + 1 / len(scores))
    return _around(np.full(len(sizes), scores.mean()), np.full(len(sizes), spread), len(scores) - 1)


def by_line(known: pl.DataFrame, language: str, sizes: Array) -> Intervals:
    """Least squares in the logarithm of size for the language alone, with its prediction interval."""
    own = known.filter(language=language)
    doses, scores = np.log(own["parameters"].to_numpy().astype(float)), own["score"].to_numpy()
    apart = doses - doses.mean()
    slope = float(apart @ scores / (apart @ apart))
    left = scores - scores.mean() - slope * apart
    new = np.log(sizes.astype(float)) - doses.mean()
    free = max(len(scores) - 2, 1)
    spread = np.sqrt(left @ left / free * (1 + 1 / len(scores) + new**2 / (apart @ apart)))
    return _around(scores.mean() + slope * new, spread, free)


METHODS: dict[str, Callable[[pl.DataFrame, str, Array], Intervals]] = {
    "law": by_law, "mean of models": by_mean, "line in log size": by_line,
}  # fmt: skip


def _around(mean: Array, spread: Array, free: int) -> Intervals:
    away = [stats.t.ppf((1 + level) / 2, free) * spread for level in LEVELS]
    return Intervals(mean, [(np.clip(mean - one, 0, 1), np.clip(mean + one, 0, 1)) for one in away])


def _judge(found: Intervals, truth: Array) -> Array:
    """Error, held at each level, width and interval score at the last, of shape (5, models)."""
    inside = [(low <= truth) & (truth <= high) for low, high in found.ends]
    low, high = found.ends[-1]
    beyond = np.maximum(low - truth, 0) + np.maximum(truth - high, 0)
    return np.array([np.abs(found.mean - truth), *inside, high - low, high - low + 2 / (1 - LEVELS[-1]) * beyond])


def _summary(rows: Array) -> dict[str, float]:
    error, *inside, width, score = rows.mean(1)
    held = {f"coverage_{100 * level:.0f}": points(share) for level, share in zip(LEVELS, inside, strict=True)}
    return {
        "forecasts": rows.shape[1],
        "error": points(error),
        **held,
        "width": points(width),
        "interval_score": points(score),
    }


def change_with_examples() -> dict[str, float]:
    """How many logits scores differ between prompts with and without examples, by model and data set of EuroEval."""
    scores = pl.read_parquet(DATA / EUROEVAL).filter(pl.col("score").is_between(1, 99))
    named = scores.with_columns(
        none=pl.col("setting").str.contains("zero-shot"), logit=(pl.col("score") / (100 - pl.col("score"))).log()
    )
    means = named.group_by("model", "dataset", "none").agg(pl.col("logit").mean())
    both = means.filter(none=True).join(means.filter(none=False), on=("model", "dataset"))
    change = (both["logit_right"] - both["logit"]).to_numpy()
    return {"pairs": len(change), "mean": float(change.mean()), "root_mean_square": float(np.sqrt(np.mean(change**2)))}


if __name__ == "__main__":
    main()
