"""ProxyLM's machine translation: seven systems on MT560 corpora of known size, in both directions with English."""

from __future__ import annotations

import re
from pathlib import Path, PurePath

import polars as pl

from isogloss.errors import BadFile
from isogloss.evidence.importers.base import Importer, RawTable, ReadOptions
from isogloss.evidence.importers.columns import as_text, cast_columns, refuse, require_columns
from isogloss.evidence.importers.files import read_frame

NEEDED = ("source_lang", "target_lang", "train_dataset", "dataset_size", "test_dataset")
TRANSFORMER = "trfm"
"""The system that is trained from scratch."""

PERCENT = ("spBLEU", "BLEU", "chrF2", "chrF2++")

_SCORE = re.compile(r"(?P<system>[^_]+)(_(?P<tuning>ft|noft))?_(?P<metric>[^_]+)_mean")


class ProxyLM(Importer):
    """The MT560 experiments of Anugraha et al. (2025), "ProxyLM".

    One row per direction, training corpus and test corpus, with a column `<system>_<ft|noft>_<metric>_mean` and
    `..._se` per score. A system as it was released (`noft`) has the same score in every row of a
    direction and test corpus; it is kept once. The size of the corpus counts as examples of the language
    that is not English; the corpus itself is named in the recipe.
    """

    name = "proxylm-mt560"

    def sniff(self, head: bytes, path: PurePath) -> float:
        header = head.split(b"\n", 1)[0]
        return 0.95 * (all(column.encode() in header for column in NEEDED) and b"_spBLEU_mean" in header)

    def read(self, path: Path, options: ReadOptions) -> RawTable:
        where = str(path)
        table = read_frame(path)
        require_columns(table, NEEDED, where)
        scores = [match for column in table.columns if (match := _SCORE.fullmatch(column))]
        if not scores:
            raise BadFile("has no column such as nllb_ft_BLEU_mean", where=where)
        shared = as_text(table, NEEDED)
        for name in NEEDED:
            refuse(shared, pl.col(name).is_null(), name, "is empty", where)
        english = pl.col("source_lang") == "eng"
        refuse(shared, english == (pl.col("target_lang") == "eng"), "target_lang", "makes no pair with English", where)
        size = pl.col("dataset_size").cast(pl.Float64, strict=False).cast(pl.Int64, strict=False)
        refuse(shared.with_columns(_size=size), pl.col("_size").is_null(), "dataset_size", "is not a number", where)
        items = table["test_size"] if "test_size" in table.columns else pl.lit(None)
        shared = shared.select(
            "origin_row",
            "train_dataset",
            items=items,
            task=pl.format("MT560-{}", "test_dataset"),
            target=pl.format("{}|{}", "source_lang", "target_lang"),
            mix=pl.format("{}:{}", pl.when(english).then("target_lang").otherwise("source_lang"), size),
            details=pl.struct("train_dataset").struct.json_encode(),
        )
        parts = [_scores(shared, table, match) for match in scores]
        rows = pl.concat(parts, how="vertical_relaxed").sort("origin_row", maintain_order=True)
        return RawTable(cast_columns(rows, where), marks_queries=False)


def _scores(shared: pl.DataFrame, table: pl.DataFrame, match: re.Match[str]) -> pl.DataFrame:
    """The scores of one column."""
    system, metric = match["system"], match["metric"]
    errors = match.string.removesuffix("mean") + "se"
    released = match["tuning"] == "noft"
    recipe = "from scratch on {}" if system == TRANSFORMER else "fine-tune on {}"
    return shared.select(
        "origin_row",
        "target",
        "task",
        "items",
        model=pl.lit("transformer" if system == TRANSFORMER else system),
        metric=pl.lit(metric),
        train=pl.lit("") if released else "mix",
        recipe=pl.lit(None, dtype=pl.String) if released else pl.format(recipe, "train_dataset"),
        score=table[match.string],
        standard_error=table[errors] if errors in table.columns else pl.lit(None, dtype=pl.Float64),
        scale=pl.lit("percent" if metric in PERCENT else "raw"),
        details=pl.lit(None, dtype=pl.String) if released else "details",
    )
