"""Datasets of the Hugging Face Hub, and the names of classes as the library `datasets` writes them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.errors import BadFile, BadValue
from isogloss.extras import need

LANGUAGE = "{language}"
"""Stands in the name of a file or a column where a language is named."""
PREFIX = "hub:"
_SPLIT = "{split}"


def is_on_hub(path: Path) -> bool:
    """Whether a file of a task is a dataset of the hub."""
    return any(part.startswith(PREFIX) for part in path.parts)


def read_hub(path: Path) -> Iterator[tuple[str, pl.DataFrame, dict[str, str]]]:
    """The splits of a dataset, of all configurations asked for.

    Parameters
    ----------
    path : pathlib.Path
        `hub:owner/name/{split}` is a dataset, `hub:owner/name/configuration/{split}` one of its configurations and
        `hub:owner/name/{language}/{split}` all that are called after languages. `owner/name@revision` is one state of
        it.

    Yields
    ------
    where : str
        What it is, for errors.
    table : polars.DataFrame
        With the names of classes in place of their numbers.
    told : dict of str to str
        The split and, if configurations are languages, the language.

    Raises
    ------
    MissingExtra
        Without the library `datasets`.
    BadValue
        If the name is not one.
    BadFile
        If the dataset cannot be had: there is no network, nor a copy from an earlier time; or no such dataset.
    """
    need("datasets", extra="hub")
    from datasets import disable_progress_bars, load_dataset

    disable_progress_bars()
    name, revision, configuration = _parse(path)
    for chosen, told in _configurations(name, revision, configuration):
        loaded = _asked(name, partial(load_dataset, name, chosen, revision=revision))
        for split, data in loaded.items():
            table = pl.from_arrow(data.with_format("arrow")[:])
            assert isinstance(table, pl.DataFrame)
            where = "/".join(part for part in (f"{PREFIX}{name}", chosen, str(split)) if part)
            yield where, name_classes(table, data.features.to_dict()), {**told, "split": str(split)}


def name_classes(table: pl.DataFrame, features: Mapping[str, Any]) -> pl.DataFrame:
    """The table with the names of classes in place of their numbers, as the features of a dataset give them.

    A number without a name, such as the -1 of examples that have no label, becomes null.
    """
    named = []
    for column, feature in features.items():
        inner = feature.get("feature", {}) if isinstance(feature, dict) else {}
        for described, is_list in ((feature, False), (inner, True)):
            if column in table.columns and isinstance(described, dict) and described.get("_type") == "ClassLabel":
                names = dict(enumerate(described["names"]))
                each = (pl.element() if is_list else pl.col(column)).replace_strict(
                    names, default=None, return_dtype=pl.String
                )
                named.append(pl.col(column).list.eval(each) if is_list else each)
    return table.with_columns(named)


def features_of_file(path: Path) -> dict[str, Any]:
    """What a Parquet file that `datasets` wrote says of its columns; nothing for other files."""
    try:
        features = json.loads(pl.read_parquet_metadata(path)["huggingface"])["info"]["features"]
    except (KeyError, TypeError, ValueError):
        return {}
    return features if isinstance(features, dict) else {}


def _parse(path: Path) -> tuple[str, str | None, str | None]:
    """Name, revision and configuration."""
    text = path.as_posix()
    parts = text[text.index(PREFIX) + len(PREFIX) :].split("/")
    if len(parts) not in (3, 4) or parts[-1] != _SPLIT or not all(parts):
        raise BadValue(
            f"'{PREFIX}{'/'.join(parts)}' is not a dataset of the hub",
            hint=f'write file = "{PREFIX}owner/name/{_SPLIT}", or "{PREFIX}owner/name/{LANGUAGE}/{_SPLIT}"',
        )
    name, _, revision = parts[1].partition("@")
    return f"{parts[0]}/{name}", revision or None, parts[2] if len(parts) == 4 else None


def _configurations(
    name: str, revision: str | None, pattern: str | None
) -> Iterator[tuple[str | None, dict[str, str]]]:
    """The configurations to read, with the language that the name of each tells."""
    if pattern is None or LANGUAGE not in pattern:
        yield pattern, {}
        return
    from datasets import get_dataset_config_names

    fits = re.compile(re.escape(pattern).replace(re.escape(LANGUAGE), "(.+?)") + r"\Z")
    known = _asked(name, lambda: get_dataset_config_names(name, revision=revision))
    found = [(one, {"language": match[1]}) for one in known if (match := fits.match(one))]
    if not found:
        raise BadFile(
            f"no configuration fits '{pattern}'", where=f"{PREFIX}{name}", hint=f"there are {', '.join(known)}"
        )
    yield from found


def _asked(name: str, ask: Any) -> Any:
    """What the hub, or the copy that is here, answers."""
    try:
        return ask()
    except Exception as error:  # of the library's own, of its HTTP client, of the file system, of Arrow
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise BadFile(
            f"cannot be read from the hub ({lines[0]})",
            where=f"{PREFIX}{name}",
            hint="fetch it where there is a network, with `hf download --repo-type dataset`, and name its files",
        ) from None
