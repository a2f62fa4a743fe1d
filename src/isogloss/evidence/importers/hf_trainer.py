"""What a Hugging Face Trainer wrote: `all_results.json` and its kin, `trainer_state.json` of a checkpoint."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath
from typing import Any

from isogloss.errors import BadFile, BadValue, UnknownLanguage
from isogloss.evidence.importers.base import Importer, RawTable, ReadOptions
from isogloss.evidence.importers.files import read_json
from isogloss.evidence.importers.task_names import LISTED, NO_LANGUAGE
from isogloss.evidence.importers.values import RawRow, details, dropped_rows, listed, number, raw_rows, scale_of, whole
from isogloss.languages import resolve

STATE = "trainer_state.json"
TRAIN = "train"
MEASURED = ("runtime", "loss")
"""What every evaluation leaves under its prefix, the surest first: `eval_de_runtime` tells of `eval_de`."""

BOOKKEEPING = re.compile(
    r"runtime|samples|samples_per_second|steps_per_second|tokens_per_second|\w*_time|(init_)?mem_\w+"
)
COSTS = ("train_runtime", "train_samples", "total_flos", "epoch", "num_input_tokens_seen")
SPLIT_WORDS = ("dev", "val", "ood", "test", "all", "id")
"""Names of parts of a data set that are also codes of languages."""

TASK_WORDS = ("ner", "pos", "nli", "dep", "sts", "rte", "mrc", "asr", "sum", "qa", "mt", "sts", "srl", "wic", "xnli")
"""Names of tasks that are also codes of languages."""

_CODE = re.compile(r"[a-z]{2,3}([-_][A-Za-z]{2,4})?")


class HFTrainer(Importer):
    """Metrics of transformers' Trainer.

    Each metric of each evaluation is a row. The file says neither model nor task nor what was trained on: they
    are asked for. The language is the name of an evaluation set, as in `eval_de_accuracy`, or asked for with
    `languages={'eval': CODE}`. Of a `trainer_state.json` every evaluation is read, those of each step as a
    revision of the model, `checkpoint-<step>`. Time, operations and tokens are kept in the details.
    """

    name = "hf-trainer"

    def sniff(self, head: bytes, path: PurePath) -> float:
        if head.lstrip()[:1] != b"{":
            return 0.0
        if path.name == STATE:
            return 0.95
        return 0.9 * (path.name.endswith("_results.json") and b'_runtime"' in head)

    def read(self, path: Path, options: ReadOptions) -> RawTable:
        where = str(path)
        data = read_json(path)
        if not isinstance(data, dict):
            raise BadFile("is not an object", where=where, hint="give all_results.json or trainer_state.json")
        shared = _shared(options, where)
        entries = listed(data, "log_history", where) if "log_history" in data else [data]
        if not all(isinstance(entry, dict) for entry in entries):
            raise BadFile("'log_history' is not a list of objects", where=where)
        prefixes = _prefixes({key for entry in entries for key in entry}, where)
        languages = _languages(prefixes, options, where)
        costs = {key: value for entry in [data, *entries] for key, value in entry.items() if key in COSTS}
        rows: list[RawRow] = []
        dropped: list[tuple[int, str]] = []
        position = 0
        for entry in entries:
            for key, value in entry.items():
                if (name := _metric(key, prefixes)) is None:
                    continue
                prefix, metric = name
                if (language := languages[prefix]) is None:
                    dropped.append((position, NO_LANGUAGE))
                else:
                    step = entry.get("step") if "log_history" in data else None
                    row = _row(position, prefix, metric, value, entry, step, where)
                    known = costs | {key: entry[key] for key in COSTS if key in entry}
                    cost = _cost(known, step is not None and data.get("best_global_step") == step, where)
                    rows.append(shared | row | {"target": language, "details": cost})
                position += 1
        return RawTable(raw_rows(rows, where), dropped_rows(dropped), marks_queries=False)


def _shared(options: ReadOptions, where: str) -> RawRow:
    asked = [name for name in ("model", "task", "train") if name not in options.values]
    if asked:
        raise BadValue(
            f"does not say {', '.join({'train': 'what was trained on'}.get(name, f'the {name}') for name in asked)}",
            where=where,
            hint=f"give {' '.join('train=eng:1000' if name == 'train' else f'{name}=...' for name in asked)}",
        )
    return {"recipe": "fine-tune"} | options.values


def _prefixes(keys: Iterable[str], where: str) -> list[str]:
    """The prefixes of evaluation sets, longest first."""
    keys = list(keys)
    for sign in MEASURED:
        prefixes = {key.removesuffix(f"_{sign}") for key in keys if key.endswith(f"_{sign}")} - {TRAIN, ""}
        if prefixes:
            return sorted(prefixes, key=lambda prefix: (-len(prefix), prefix))
    raise BadFile("holds no evaluation", where=where, hint="give a file with keys such as eval_loss and eval_runtime")


def _languages(prefixes: list[str], options: ReadOptions, where: str) -> dict[str, str | None]:
    """The language of each evaluation set as its name says it; None for one that is to be left out.

    Names are codes only if all of them are.
    """
    names = {prefix: prefix.partition("_")[2] for prefix in prefixes}
    languages: dict[str, str | None] = {}
    for prefix, name in names.items():
        if (given := next((one for one in (name, prefix) if one in options.languages), None)) is not None:
            languages[prefix] = None if options.languages[given] == "none" else given
    left = [prefix for prefix in sorted(prefixes) if prefix not in languages]
    if all(_is_code(names[prefix], alone=len(left) == 1) for prefix in left):
        return languages | {prefix: names[prefix] for prefix in left}
    shown = ", ".join(left[:LISTED]) + (f", ... ({len(left)} in all)" if len(left) > LISTED else "")
    raise BadValue(
        f"nothing says the language of {len(left)} evaluation set{'s' * (len(left) > 1)}: {shown}",
        where=where,
        hint=f"give languages={ {left[0]: 'CODE'} } ('none' leaves it out)",
    )


def _is_code(name: str, *, alone: bool) -> bool:
    """Whether a name is surely a language: `id` on its own may as well mean in-distribution."""
    if not _CODE.fullmatch(name) or name in TASK_WORDS or name in (SPLIT_WORDS if alone else SPLIT_WORDS[:-1]):
        return False
    try:
        resolve(name)
    except UnknownLanguage:
        return False
    return True


def _metric(key: str, prefixes: list[str]) -> tuple[str, str] | None:
    """Prefix and metric of a key; None for what is no score."""
    prefix = next((prefix for prefix in prefixes if key.startswith(f"{prefix}_")), None)
    if prefix is None or BOOKKEEPING.fullmatch(metric := key.removeprefix(f"{prefix}_")):
        return None
    return prefix, metric


def _row(
    position: int, prefix: str, metric: str, value: Any, entry: Mapping[str, Any], step: Any, where: str
) -> RawRow:
    here = f"{where} row {position}"
    step = whole(step, "step", here)
    return {
        "origin_row": position,
        "model_revision": None if step is None else f"checkpoint-{step}",
        "metric": metric,
        "split": prefix.partition("_")[0],
        "score": number(value, metric, here),
        "scale": scale_of(metric),
        "items": whole(entry.get(f"{prefix}_samples"), f"{prefix}_samples", here),
    }


def _cost(costs: Mapping[str, Any], best: bool, where: str) -> str | None:
    known = {key: number(costs.get(key), key, where) for key in COSTS}
    return details(**known, best=True if best else None)
