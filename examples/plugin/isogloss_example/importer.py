"""Score cards: one JSON object with `scorecard`, `model`, `task`, `metric` and `scores` by language."""

import json
from pathlib import Path, PurePath
from typing import ClassVar

import polars as pl

from isogloss.errors import BadFile
from isogloss.evidence.importers.base import Importer, RawTable, ReadOptions


class Scorecard(Importer):
    """Reads `*.scorecard.json`, which is as the tool wrote it: languages, scales and duplicates are settled later."""

    name: ClassVar[str] = "scorecard"

    def sniff(self, head: bytes, path: PurePath) -> float:
        """Sure if the first key says so."""
        return 1.0 if head.lstrip().startswith(b'{"scorecard"') else 0.0

    def read(self, path: Path, options: ReadOptions) -> RawTable:
        """One row per language."""
        try:
            card = json.loads(path.read_text(encoding="utf-8"))
            scores: dict[str, float] = card["scores"]
            facts = {name: str(card[name]) for name in ("model", "task", "metric")}
        except (ValueError, KeyError, TypeError) as error:
            raise BadFile(f"is no score card: {error}", where=str(path), hint="write it again") from None
        rows = pl.DataFrame(
            {"target": list(scores), "score": list(scores.values()), "origin_row": range(len(scores))},
            schema={"target": pl.String, "score": pl.Float64, "origin_row": pl.Int64},
        )
        return RawTable(rows.with_columns(train=pl.lit(""), **{name: pl.lit(value) for name, value in facts.items()}))
