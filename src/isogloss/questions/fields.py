"""The fields that questions share: their types, how each is written in a shell, and what they mean."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BeforeValidator, Field, ValidationInfo
from pydantic.fields import FieldInfo

from isogloss.config import bare_type, checked
from isogloss.errors import BadValue


@dataclass(frozen=True)
class Shell:
    """How a field is written in a shell, where that is not its name with dashes.

    Parameters
    ----------
    flags : tuple of str
        Instead of `--name`.
    kind : type
        What the shell reads, where the field takes more: a path for what may be a table in memory, too.
    metavar : str, optional
    argument : bool
        Whether it stands without a flag, before all options; with `flags`, it may stand behind these, too.
    """

    flags: tuple[str, ...] = ()
    kind: type | None = None
    metavar: str | None = None
    argument: bool = False

    def flags_of(self, name: str) -> tuple[str, ...]:
        """What is written before the value of a field of this name."""
        return self.flags or (f"--{name.replace('_', '-')}",)


def shell_of(field: FieldInfo) -> Shell:
    """The last that is annotated: what a question says of its field comes after what the field's type says."""
    return next((one for one in reversed(field.metadata) if isinstance(one, Shell)), Shell())


def choices_of(field: FieldInfo) -> tuple[str, ...]:
    """The values of a field that has only some."""
    bare = bare_type(field.annotation)
    return tuple(map(str, get_args(bare))) if get_origin(bare) is Literal else ()


def split_names(value: Any) -> Any:
    """Names as a list: a text has commas or lines between, quotes around a name with a comma; a list stays one."""
    if value is None:
        return []
    if isinstance(value, str):
        lines = csv.reader(value.splitlines(), skipinitialspace=True)
        return [name.strip() for line in lines for name in line if name.strip()]
    return list(dict.fromkeys(value)) if isinstance(value, list | tuple) else value


@checked
def read_pairs(value: Any, info: ValidationInfo) -> Any:
    """`["jp=jpn"]` as a mapping; a mapping as it is."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return dict(value)
    pairs = {}
    for pair in [value] if isinstance(value, str) else value:
        code, sign, meaning = (part.strip() for part in str(pair).partition("="))
        if not (code and sign and meaning):
            raise BadValue(f"'{pair}' is no pair", where=info.field_name, hint="put an equals sign between the two")
        pairs[code] = meaning
    return pairs


def read_settings(value: Any, info: ValidationInfo) -> Any:
    """Names and values, of which a shell's numbers become numbers; what is none stays, to be refused."""
    pairs = read_pairs(value, info)
    if not isinstance(pairs, dict):
        return pairs
    read = {}
    for name, one in pairs.items():
        try:
            read[name] = json.loads(one) if isinstance(one, str) else one
        except ValueError:
            read[name] = one
    return read


def as_sources(value: Any) -> Any:
    """Evidence as a list of sources."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def as_number(value: Any) -> Any:
    """A whole number as a number."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@checked
def split_numbers(value: Any) -> Any:
    """Numbers as a list: a text has commas between; one number is a list of one."""
    try:
        return [float(one) for one in (split_names(value) if isinstance(value, str | list | tuple) else [value])]
    except (TypeError, ValueError):
        raise BadValue(f"'{value}' is no number", hint="give 0.9, or 0.5,0.9") from None


def split_whole_numbers(value: Any) -> Any:
    """As `split_numbers`, with numbers that have no fraction as whole numbers."""
    return [int(one) if one.is_integer() else one for one in split_numbers(value)]


def as_level(value: Any) -> Any:
    """A level as a number; one in percent, such as 90, as a share."""
    number = as_number(value)
    return number / 100 if isinstance(number, float) and 1 < number < 100 else number


def as_texts(value: Any) -> Any:
    """One or several texts as a list."""
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]


def as_path(value: Any) -> Any:
    """The name of a file as a path."""
    return Path(value) if isinstance(value, str) else value


def split_each(value: Any) -> Any:
    """Names of several words of a shell, in each of which there may be several with commas between."""
    words = value if isinstance(value, list | tuple) else [value]
    return [name for word in words for name in (split_names(word) if isinstance(word, str) else [word])]


Sources = Annotated[
    list[Any],
    BeforeValidator(as_sources),
    Shell(flags=("--evidence", "-e"), kind=str, argument=True, metavar="FILE"),
    Field(
        description="Spreadsheets, result files, folders, stores, tables in memory, or isogloss:NAME for what ships."
    ),
]
NameList = Annotated[list[str], BeforeValidator(split_names), Shell(kind=str)]
Pairs = Annotated[dict[str, str], BeforeValidator(read_pairs)]
Settings = Annotated[dict[str, Any], BeforeValidator(read_settings), Shell(metavar="NAME=VALUE")]
ReadAs = Annotated[
    Pairs,
    Shell(flags=("--language",), metavar="CODE=ID"),
    Field(description="How to read a code or name, ahead of all else, such as jp=jpn."),
]
OptionalPath = Annotated[Path | None, BeforeValidator(as_path)]
FilePath = Annotated[Path, BeforeValidator(as_path)]
Level = Annotated[
    float, BeforeValidator(as_level), Field(gt=0, lt=1, description="Probability that an interval holds.")
]
Target = Annotated[str, Field(description="The language, by name or code; it need not have been measured.")]
Languages = Annotated[
    NameList,
    Field(
        description="Languages by name or code, and groups: africa, family:Bantu, script:Deva, flores, evidence, all."
    ),
]
StoreName = Annotated[
    str,
    BeforeValidator(lambda value: str(value) if isinstance(value, Path) else value),
    Shell(argument=True, metavar="STORE"),
    Field(description="Folder of the store, or s3://..."),
]
CheckpointName = Annotated[
    str, Field(description="Folder of a checkpoint, package:module/path, or a downloaded model.")
]
Precision = Annotated[
    Literal["float32", "bfloat16"], Field(description="Of the numbers that local models compute with.")
]
GridFile = Annotated[FilePath, Field(description="Grid file (TOML).")]
DataFolder = Annotated[
    OptionalPath, Field(description="Folder of the files that are read; by default that of the file that names them.")
]
LanguageNames = Annotated[
    list[str],
    BeforeValidator(split_each),
    Shell(kind=str, argument=True, metavar="LANGUAGE"),
    Field(description="Languages by name or code (Wolof, de, zh-TW, stan1295), and groups (africa, family:Bantu)."),
]
Targets = Annotated[Languages, Shell(flags=("--targets", "--target"), kind=str)]
Goal = Annotated[
    float | None,
    BeforeValidator(as_number),
    Field(description="A score to reach, written as the evidence writes scores."),
]
ForecasterName = Annotated[str, Field(description="Name of the forecaster; 'isogloss benchmark' compares them.")]
Number = Annotated[float | None, BeforeValidator(as_number)]
Texts = Annotated[list[str], BeforeValidator(as_texts)]
Weights = Annotated[Any, Shell(kind=Path), Field(description="CSV file: language,speakers.")]
Levels = Annotated[list[float], BeforeValidator(split_numbers), Shell(flags=("--level", "--levels"), kind=str)]
Adaptation = Annotated[
    str | None,
    Field(
        description="What an adaptation changes: its label, or a name such as quantise-int8, as in the evidence; with "
        "train, the texts in tokens that it reads."
    ),
]
