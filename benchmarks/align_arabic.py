"""Claim: a label carries over between varieties of Arabic, hardly less to distant ones, and one probe serves them all.

Vectors of SIB-200 in nine varieties, in a folder that `isogloss align encode` wrote and `ISOGLOSS_ARABIC` names. Three
tasks at the last layer: topic, by probes that learn from each variety alone, from all, and from as many sentences of
mixed ones; which variety a sentence is in; and finding the sentence's translation. Transfer, confusion and measures of
alignment are regressed on the great-circle distance of the eight dialects (Standard Arabic has no place), with
permutations of dialects. Byte models: see `align_arabic_bytes`.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import DATA, ROOT, have_data, machine, versions, write_result
from isogloss.alignment import AgainstDistance, Encodings, against_distance, probe, probe_transfer, score
from isogloss.alignment.linear_probe import STRENGTH

FOLDER = os.environ.get("ISOGLOSS_ARABIC", "")
STANDARD = "arb_Arab"
DIALECTS = tuple(f"{one}_Arab" for one in ("ary", "aeb", "arz", "ajp", "apc", "acm", "ars", "acq"))
VARIETIES = (STANDARD, *DIALECTS)
MEASURES = ("mexa", "cosine-gap", "cka")
IMAGES = ROOT / "docs" / "images"


def topics() -> pl.DataFrame:
    """The topic of every sentence, the same in all varieties."""
    table = pl.read_parquet(DATA / "sib200.parquet").filter(pl.col("lang").cast(pl.String) == STANDARD)
    return table.select(id="index_id", label=pl.col("category").cast(pl.String))


def identical(codes: tuple[str, ...]) -> dict[str, float]:
    """Share of the sentences of each dialect that are those of Standard Arabic, letter by letter."""
    table = pl.read_parquet(DATA / "sib200.parquet").with_columns(pl.col("lang").cast(pl.String))
    standard = table.filter(lang=STANDARD).select("index_id", standard="text")
    both = table.filter(pl.col("lang").is_in(codes)).join(standard, on="index_id")
    same = both.group_by("lang").agg(share=(pl.col("text") == pl.col("standard")).mean()).sort("lang")
    return {row["lang"]: round(row["share"], 4) for row in same.iter_rows(named=True)}


def rounded(value: Any) -> Any:
    """Numbers with four digits after the point, within whatever holds them."""
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [*map(rounded, value)]
    return round(value, 4) if isinstance(value, float) else value


def layers(encodings: Encodings) -> list[dict[str, Any]]:
    """Probes of the first, the middle and the last layer, with their control tasks."""
    shown = (0, encodings.layers[-1] // 2, encodings.layers[-1])
    return [
        {"task": name} | row for name, labels in (("topic", topics()), ("variety", "language"))
        for row in probe(encodings, labels, languages=VARIETIES, layers=shown).layers.iter_rows(named=True)
    ]  # fmt: skip


def regressions(encodings: Encodings) -> AgainstDistance:
    """Transfer, confusion and measures between the dialects against their distance."""
    topic = probe_transfer(encodings, topics(), languages=DIALECTS).matrix()
    confusion = probe_transfer(encodings, "language", languages=DIALECTS).matrix()
    responses = {"topic transfer": topic, "topic transfer less own": topic - topic.diagonal(), "confusion": confusion}
    last = encodings.layers[-1]
    alike = score(encodings, MEASURES, all_pairs=True, languages=DIALECTS, layers=[last]).filter(layers="each")
    responses |= {name: alike.filter(metric=name)["value"].to_numpy().reshape(len(DIALECTS), -1) for name in MEASURES}
    return against_distance(responses, DIALECTS)


def same_strength(encodings: Encodings) -> dict[str, float]:
    """One probe for all less one for each where both have the same inverse strength: a penalty nine times weaker."""
    own = probe_transfer(encodings, topics(), languages=VARIETIES).languages["own"]
    weaker = probe_transfer(encodings, topics(), languages=VARIETIES, strength=STRENGTH * len(VARIETIES))
    return {"difference": float((weaker.languages["all"] - own).to_numpy().mean())}


def main() -> None:
    """Probe, regress, compare, draw."""
    if not FOLDER or not have_data("sib200.parquet"):
        print("skipped: set ISOGLOSS_ARABIC to a folder of isogloss align encode over nine varieties of Arabic")
        return
    encodings = Encodings.read(FOLDER)
    last = encodings.layers[-1]
    transfer = probe_transfer(encodings, topics(), languages=VARIETIES)
    confusion = probe_transfer(encodings, "language", languages=VARIETIES)
    retrieval = score(encodings, ["p@1", *MEASURES], pivot=STANDARD, languages=DIALECTS, layers=[0, last // 2, last])
    retrieval = retrieval.filter((pl.col("layers") == "each") & (pl.col("lang_b") != STANDARD))
    found = regressions(encodings)
    write_result(
        "align_arabic",
        rounded({
            "claim": (__doc__ or "").splitlines()[0].removeprefix("Claim: "),
            "machine": machine(), "versions": versions("numpy", "scikit-learn"),
            "input": f"{encodings.model}, {encodings.sentences} SIB-200 sentences in nine varieties of Arabic",
            "same_as_standard": identical(DIALECTS),
            "layers": layers(encodings),
            "topic": {"layer": last, "transfer": transfer.pairs.to_dicts(),
                      "one_for_all": transfer.languages.to_dicts(),
                      "one_for_all_mean": transfer.mean, "one_for_all_same_strength": same_strength(encodings)},
            "variety": {"layer": last, "confusion": confusion.pairs.to_dicts()},
            "retrieval_of_standard": retrieval.drop("pooling", "layers", "reason").to_dicts(),
            "against_distance": found.fits.to_dicts(),
        }),
    )  # fmt: skip
    draw(transfer.matrix(), found)


def draw(transfer: np.ndarray[Any, Any], found: AgainstDistance) -> None:
    """Transfer of topics between varieties, and what holds between dialects against their distance."""
    from isogloss.charts import Canvas, Matrix, draw_matrix, draw_pair_regressions, save
    from isogloss.languages import resolve

    names = [resolve(one).name for one in VARIETIES]
    own = transfer.diagonal().mean()
    others = transfer[~np.eye(len(names), dtype=bool)].mean()
    title = f"Topic carries over between varieties of Arabic: accuracy {others:.2f} in others, {own:.2f} in the own"
    matrix = Matrix(names, names, transfer.tolist(), "accuracy", float(transfer.min()), float(transfer.max()))
    lines = ["Rows: the variety that a linear probe learnt from; columns: the one it is tested in."]
    save(draw_matrix(matrix, lines=lines, canvas=Canvas(title=title)), IMAGES / "arabic-transfer.png")
    chosen = ["topic transfer", "topic transfer less own", "confusion"]
    fits = pl.concat(found.fits.filter(response=one) for one in chosen)
    title = "Near dialects are taken for each other; for what carries over, distance hardly matters"
    save(draw_pair_regressions(fits, found.points, canvas=Canvas(title=title)), IMAGES / "arabic-distance.png")


if __name__ == "__main__":
    main()
