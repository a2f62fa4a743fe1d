"""AMUE tables: how a model does with so many English, translated and labelled examples of the language tested."""

from __future__ import annotations

import re
from pathlib import Path, PurePath

import polars as pl

from isogloss.errors import BadValue, UnknownName
from isogloss.evidence.importers.base import Importer, RawTable, ReadOptions
from isogloss.evidence.importers.columns import cast_columns
from isogloss.evidence.importers.files import read_frame

PIVOT, TRANSLATED, LABELLED = "en_pivot_size", "en_tgt_trans_pivot_size", "tgt_pivot_size"
NEEDED = (PIVOT, TRANSLATED, LABELLED, "tgt_lang", "f1_score")
TASKS = {"tydiqa": "TyDiQA"}
MODELS = {"mbert": "bert-base-multilingual-cased"}

_NAME = re.compile(r"(?P<task>[^_]+)_(?P<model>[^_]+)_results")


class Amue(Importer):
    """Tables of Ahuja, Choudhury and Dandapat (NAACL 2022), "On the Economics of Multilingual Few-shot Learning".

    One row per fine-tuning. `en_pivot_size` counts English examples, `en_tgt_trans_pivot_size` those of them
    that were also translated into the target, `tgt_pivot_size` examples labelled in the target: the
    mix `eng:<n>,<target>:<n>,<target>+translated:<n>`. Task and model stand only in the file name.
    """

    name = "amue"

    def sniff(self, head: bytes, path: PurePath) -> float:
        header = head.split(b"\n", 1)[0]
        return 0.95 * all(column.encode() in header for column in NEEDED)

    def read(self, path: Path, options: ReadOptions) -> RawTable:
        where = str(path)
        constants = _constants(path, options)
        table = read_frame(path)
        for column in NEEDED:
            if column not in table.columns:
                raise UnknownName("column", column, table.columns, where=where)
        table = table.with_row_index("origin_row").with_columns(pl.col("origin_row").cast(pl.Int64))
        sizes = {column: _sizes(table, column, where) for column in (PIVOT, TRANSLATED, LABELLED)}
        target = table["tgt_lang"].fill_null("")
        rows = pl.DataFrame(
            {
                "origin_row": table["origin_row"],
                "target": target,
                "score": table["f1_score"],
                "train": [_mix(*row) for row in zip(target, *sizes.values(), strict=True)],
            }
        ).with_columns(pl.lit(value).alias(name) for name, value in constants.items())
        if "train_mode" in table.columns:
            rows = rows.with_columns(details=table.select(pl.struct("train_mode").struct.json_encode()).to_series())
        return RawTable(cast_columns(rows, where), marks_queries=False)


def _constants(path: Path, options: ReadOptions) -> dict[str, str]:
    found = _NAME.fullmatch(path.stem)
    task, model = (TASKS.get(found["task"]), MODELS.get(found["model"])) if found else (None, None)
    known = {name: value for name, value in (("task", task), ("model", model)) if value} | options.values
    asked = [name for name in ("task", "model") if name not in known]
    if asked:
        raise BadValue(
            f"the file name does not say the {' and the '.join(asked)}",
            where=str(path),
            hint=f"give {' and '.join(f'{name}=...' for name in asked)}",
        )
    return {"metric": "f1", "scale": "percent", "recipe": "fine-tune"} | known


def _sizes(table: pl.DataFrame, column: str, where: str) -> list[int]:
    """Numbers of examples, which pandas may have written as 369.0."""
    numbers = table[column].cast(pl.String).cast(pl.Float64, strict=False)
    wrong = (numbers.is_null() | ~numbers.is_finite() | (numbers < 0) | (numbers != numbers.floor())).arg_true()
    if wrong.len():
        raise BadValue(
            f"{column} '{str(table[column][wrong[0]] or '')[:40]}' is not a number of examples",
            where=f"{where} row {wrong[0]}",
            hint="write a whole number from 0 up",
        )
    return [int(number) for number in numbers]


def _mix(target: str, pivot: int, translated: int, labelled: int) -> str:
    parts = {"en": pivot, f"{target}+translated": translated}
    parts[target] = parts.get(target, 0) + labelled
    return ",".join(f"{source}:{size}" for source, size in parts.items() if size)
