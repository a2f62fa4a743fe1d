"""Exporters: evidence in the formats of other tools, with a count of what they cannot say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.evidence.evidence import Evidence
from isogloss.evidence.pairs import TARGET
from isogloss.evidence.schema import SETTING
from isogloss.evidence.training_mix import TrainingMix
from isogloss.files import atomic_write, write_csv
from isogloss.languages import resolve

FORMATS = ("csv", "litmus", "mteb", "parquet")


@dataclass
class ExportReport:
    """What an export wrote.

    Attributes
    ----------
    files : list of pathlib.Path
    written : int
        Observations in them.
    left_out : dict of str to int
        Why the format cannot say the others, and how many they are.
    """

    files: list[Path] = field(default_factory=list)
    written: int = 0
    left_out: dict[str, int] = field(default_factory=dict)


def export(evidence: Evidence, format: str, out: Path) -> ExportReport:
    """Write evidence in some format.

    Parameters
    ----------
    evidence : Evidence
    format : {"csv", "parquet", "litmus", "mteb"}
        A table of observations as one file; or a folder of files as LITMUS or MTEB writes them, which holds
        what these formats can say.
    out : pathlib.Path
        The file, or the folder; a folder must be absent or empty.

    Raises
    ------
    UnknownName
        If there is no such format.
    BadValue
        If the format can say nothing of the evidence.
    BadFile
        If `out` cannot be written to.
    """
    if format in ("csv", "parquet"):
        table = evidence.observations
        atomic_write(out, partial(write_csv, table) if format == "csv" else table.write_parquet)
        return ExportReport([out], table.height)
    if format not in FORMATS:
        raise UnknownName("format", format, FORMATS)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadFile("is there already", where=str(out), hint="name a new folder with out=...")
    files, left_out = _litmus_files(evidence) if format == "litmus" else _mteb_files(evidence)
    report = ExportReport(written=len(evidence) - sum(left_out.values()), left_out=left_out)
    if not report.written:
        reasons = ", ".join(left_out) or "no observation"
        raise BadValue(f"nothing that {format} can say: {reasons}", where=str(out), hint="export as csv or parquet")
    for name, text in files:
        path = _free(out / name, report.files)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadFile(f"cannot be made: {error.strerror}", where=str(path.parent)) from None
        atomic_write(path, partial(Path.write_text, data=text, encoding="utf-8"))
        report.files.append(path)
    return report


def _free(path: Path, taken: list[Path]) -> Path:
    """`path`, or the same with a number if names that differ only in odd characters became one."""
    number, free = 1, path
    while free in taken:
        number += 1
        free = path.with_name(f"{path.stem}_{number}{path.suffix}")
    return free


def _safe_name(text: str) -> str:
    """`text` as part of a file name: what separates folders or begins a hidden file becomes a dash."""
    plain = "".join(mark if mark.isalnum() or mark in "._-+=@ " else "-" for mark in text).strip()
    return plain.lstrip(".") or "-"


def _first_reason(reasons: dict[str, pl.Expr]) -> pl.Expr:
    """The first reason whose condition holds in a row, null if none does."""
    return pl.coalesce(*(pl.when(holds).then(pl.lit(reason)) for reason, holds in reasons.items()))


def _count_reasons(reasons: pl.Series) -> dict[str, int]:
    """How often each reason stands there, nulls aside."""
    return dict(sorted(reasons.drop_nulls().value_counts().iter_rows()))


def _litmus_files(evidence: Evidence) -> tuple[Iterator[tuple[str, str]], dict[str, int]]:
    """Name and content of each file, and how many observations LITMUS cannot say, by reason.

    Files are named `<task>_<model>[_<metric>...].json`; of metric, revision, recipe, shots and split those
    parts that tell the file from another. Each (mix, seed) is an entry. Scores are fractions.
    """
    rows = evidence.observations.with_columns(
        _reason=_first_reason(
            {
                "is about a pair of languages": pl.col("pair").is_not_null(),
                "says no size of a training language": pl.col("train").str.contains(r"(?:^|,)[^:,]+(?:,|$)"),
                "tells kinds of training examples apart": pl.col("train").str.contains("+", literal=True),
            }
        )
    )
    return _litmus_documents(rows.filter(pl.col("_reason").is_null())), _count_reasons(rows["_reason"])


def _litmus_documents(rows: pl.DataFrame) -> Iterator[tuple[str, str]]:
    settings = rows.select(SETTING).unique()
    telling = [name for name in SETTING if name not in ("task", "model") and settings[name].n_unique() > 1]
    for setting, group in rows.group_by(SETTING, maintain_order=True):
        named = dict(zip(SETTING, setting, strict=True))
        parts = [named["task"], named["model"], *(named[name] for name in telling if named[name] is not None)]
        entries = [
            {
                "train_config": dict(TrainingMix.parse(str(train), language=str)),
                "eval_results": dict(scores.select("target", "score").iter_rows()),
            }
            for (train, _), scores in group.group_by("train", "seed", maintain_order=True)
        ]
        yield "_".join(_safe_name(str(part)) for part in parts) + ".json", json.dumps(entries, indent=1) + "\n"


MAIN = "main_score"
NO_REVISION = "no_revision_available"
_FILE = ("model", "model_revision", "task")


def _mteb_files(evidence: Evidence) -> tuple[Iterator[tuple[str, str]], dict[str, int]]:
    """Name and content of each file, and how many observations MTEB cannot say, by reason.

    `main_score` is the metric of that name, else the only metric of the task. Subsets are named as in the
    file that an observation came from, else by language.
    """
    metrics = evidence.observations.group_by("task").agg(
        _only=pl.col("metric").n_unique() == 1, _main=(pl.col("metric") == MAIN).any()
    )
    rows = evidence.observations.join(metrics, on="task", how="left", maintain_order="left").with_columns(
        _reason=_first_reason(
            {
                "was adapted on languages": pl.col("train") != "",
                "says a seed, a recipe or examples in the prompt": pl.any_horizontal(
                    pl.col("seed", "recipe", "shots").is_not_null()
                ),
                "is one of several metrics, none of them main_score": ~pl.col("_only") & ~pl.col("_main"),
                "is another metric than main_score": ~pl.col("_only") & (pl.col("metric") != MAIN),
            }
        )
    )
    kept = rows.filter(pl.col("_reason").is_null())
    return _mteb_documents(kept, evidence.models), _count_reasons(rows["_reason"])


def _mteb_documents(rows: pl.DataFrame, models: pl.DataFrame) -> Iterator[tuple[str, str]]:
    for (model, revision, task), group in rows.group_by(_FILE, maintain_order=True):
        splits: dict[str, list[dict[str, Any]]] = {}
        for row in group.iter_rows(named=True):
            splits.setdefault(row["split"] or "test", []).append(_entry(row))
        content = {"task_name": task, "scores": splits}
        yield f"{_folder(model, revision)}/{_safe_name(str(task))}.json", _written(content)
    known = rows.select("model", "model_revision").unique(maintain_order=True)
    for facts in known.join(models, on=["model", "model_revision"], nulls_equal=True).iter_rows(named=True):
        yield f"{_folder(facts['model'], facts['model_revision'])}/model_meta.json", _written(_meta(facts))


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    languages = _languages(row["target"], row["pair"])
    details = json.loads(row["details"]) if row["importer"] == "mteb" and row["details"] else {}
    subset = details.get("subset") or "-".join(dict.fromkeys(code.replace("-", "_") for code in languages))
    named = {} if row["metric"] == MAIN else {row["metric"]: row["score"]}
    return {MAIN: row["score"], **named, "hf_subset": subset, "languages": languages}


def _languages(target: str, pair: str | None) -> list[str]:
    """First and second language as MTEB writes them, deu-Latn."""
    if pair is None:
        ids = [target]
    elif pair.startswith(f"{TARGET}-"):
        ids = [target, pair[2:]]
    else:
        ids = [pair[:-2], target]
    return [f"{language.code}-{language.script}" for language in map(resolve, ids)]


def _meta(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": facts["model"],
        "revision": facts["model_revision"],
        "release_date": facts["released"] and facts["released"].isoformat(),
        "languages": facts["languages"] and [_languages(one, None)[0] for one in facts["languages"]],
        "n_parameters": facts["parameters"],
        "embed_dim": facts["embedding_size"],
        "max_tokens": facts["max_tokens"],
        "license": facts["license"],
        "adapted_from": facts["base_model"],
        "training_datasets": facts["training_tasks"],
    }


def _folder(model: Any, revision: Any) -> str:
    return f"{_safe_name(str(model).replace('/', '__', 1))}/{_safe_name(str(revision or NO_REVISION))}"


def _written(content: Any) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
