"""Errors are one line, and name fields as the door that was used calls them."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss import errors
from isogloss.errors import (
    BadPlugin,
    ForkedProcess,
    InputError,
    IsoglossError,
    NotFittedError,
    UnknownLanguage,
    UnknownName,
)
from isogloss.forecasting import ask
from isogloss.text import printable, shell_word

OPTIONS = {"metric": "--metric", "languages": "--language", "unfinished": "--unfinished", "start": "--from"}


@pytest.mark.parametrize(
    ("hint", "on_the_command_line"),
    [
        ("say which with metric=...", "say which with --metric"),
        ("say metric=accuracy", "say --metric accuracy"),
        ("read it with unfinished=True", "read it with --unfinished"),
        ("say languages={'jp': 'jpn'}", "say --language jp=jpn"),
        ("say languages={'Kurdish (Sorani)': 'ckb'}", "say --language 'Kurdish (Sorani)=ckb'"),
        ("read it as another: languages={...}, or not", "read it as another: --language, or not"),
        ("write colour=red", "write colour=red"),
    ],
)
def test_hints_name_fields_as_the_command_calls_them(hint, on_the_command_line):
    error = InputError("two metrics", hint=hint)
    assert str(error) == f"two metrics; {hint}"
    assert error.line(OPTIONS) == f"two metrics; {on_the_command_line}"


def test_where_an_error_is_names_options_on_the_command_line():
    error = InputError("no range", where="start, metric")
    assert str(error) == "start, metric: no range"
    assert error.line(OPTIONS) == "--from, --metric: no range"


def test_an_unknown_language_is_mapped_by_a_hint_ready_to_paste():
    error = UnknownLanguage("jp", where="a.csv row 3", suggestions=[("jpn", "Japanese")])
    assert str(error) == (
        "a.csv row 3: unknown language 'jp'; did you mean 'jpn' (Japanese)? to map it yourself: languages={'jp': 'jpn'}"
    )
    assert error.line(OPTIONS).endswith("to map it yourself: --language jp=jpn")


CLASSES = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, IsoglossError)]
NAMES = st.text(min_size=1, max_size=20) | st.sampled_from(["Kurdish (Sorani)", "N'Ko", '"', "$(rm -rf ~)", "a\x1b[2J"])


def made(kind: type[IsoglossError], name: str) -> IsoglossError:
    """An error of this class about something that is called `name`."""
    if kind is UnknownLanguage:
        return UnknownLanguage(name, where=name, suggestions=[("ckb", name)])
    if kind is UnknownName:
        return UnknownName("task", name, [name + "s", "others"], where=name)
    if kind is ForkedProcess:
        return ForkedProcess()
    if kind is BadPlugin:
        return BadPlugin("forecaster", name, f"{name}:{name}", name)
    return kind(f"not '{name}'", where=name, hint=f"give model={name!r}, languages={ {name: name} }")


@pytest.mark.parametrize("kind", CLASSES)
@given(name=NAMES)
def test_every_error_is_one_line_that_cannot_act_on_a_terminal(kind, name):
    for line in (str(made(kind, name)), made(kind, name).line(OPTIONS)):
        assert printable(line) == line


@given(st.lists(NAMES.filter(lambda name: printable(name) == name), min_size=1, unique=True))
def test_the_options_of_a_hint_are_what_a_shell_reads_back(names):
    near = [("ckb", "Central Kurdish")]
    first, *others = names
    error = UnknownLanguage(first, suggestions=near, others=dict.fromkeys(others, near))
    words = shlex.split(error.line(OPTIONS).rpartition(" yourself: ")[2])
    assert words == [word for name in names for word in ("--language", f"{name}=ckb")]
    error = InputError("no", hint=f"give metric={first!r}")
    assert shlex.split(error.line(OPTIONS).removeprefix("no; give ")) == ["--metric", first]


@pytest.mark.parametrize("name", ["a\x1b[2J", "tab\there", "it's\x07", "back\\slash\x9b", "right\u202eleft"])
def test_a_name_with_unseen_characters_can_be_pasted_into_bash(name):
    word = shell_word(name)
    assert word.isprintable()
    said = subprocess.run(["bash", "-c", f"printf %s {word}"], capture_output=True, env={"LC_ALL": "C.UTF-8"})
    assert said.stdout.decode() == name


def test_all_languages_that_are_unknown_are_in_one_error(measured):
    with pytest.raises(UnknownLanguage) as refused:
        ask(task="t", model="m", targets=["Yorubba", "deu", "N'Kko (x)"])
    assert refused.value.line(OPTIONS).startswith(
        """targets: unknown languages 'Yorubba', 'N'"'"'Kko (x)'; did you mean"""
    )
    assert list(refused.value.unknown) == ["Yorubba", "N'Kko (x)"]
    cells = [("xx1", "", 0.5), ("deu", "xx2:5,xx3:5", 0.5), ("xx4", "", 0.5)]
    with pytest.raises(UnknownLanguage, match="row 0: unknown languages 'xx1', 'xx4', 'xx2', 'xx3'; ") as refused:
        measured(cells)
    hint = refused.value.line(OPTIONS).rpartition(" yourself: ")[2]
    assert hint.split() == [word for number in "1423" for word in ("--language", f"xx{number}=CODE")]


def test_an_error_lists_so_many_unknown_languages_at_most(measured):
    with pytest.raises(UnknownLanguage) as refused:
        measured([(f"qqq{number}", "", 0.5) for number in range(1000)])
    assert len(refused.value.unknown) == errors.MOST_UNKNOWN


def test_control_characters_never_reach_a_terminal():
    assert str(InputError("unknown name '\x1b[31m'")) == r"unknown name '\x1b[31m'"


def test_an_estimator_that_is_not_fitted_fails_as_scikit_learns_do():
    assert all(issubclass(NotFittedError, base) for base in (InputError, ValueError, AttributeError))
    assert NotFittedError("not fitted").exit_code == 2
