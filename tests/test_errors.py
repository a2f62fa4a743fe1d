"""Errors are one line, and name fields as the door that was used calls them."""

from __future__ import annotations

import pytest

from isogloss.errors import InputError, NotFittedError, UnknownLanguage

OPTIONS = {"metric": "--metric", "languages": "--language", "unfinished": "--unfinished", "start": "--from"}


@pytest.mark.parametrize(
    ("hint", "on_the_command_line"),
    [
        ("say which with metric=...", "say which with --metric"),
        ("say metric=accuracy", "say --metric accuracy"),
        ("read it with unfinished=True", "read it with --unfinished"),
        ("say languages={'jp': 'jpn'}", "say --language jp=jpn"),
        ("say languages={'Kurdish (Sorani)': 'ckb'}", "say --language 'Kurdish (Sorani)=ckb'"),
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


def test_control_characters_never_reach_a_terminal():
    assert str(InputError("unknown name '\x1b[31m'")) == r"unknown name '\x1b[31m'"


def test_an_estimator_that_is_not_fitted_fails_as_scikit_learns_do():
    assert all(issubclass(NotFittedError, base) for base in (InputError, ValueError, AttributeError))
    assert NotFittedError("not fitted").exit_code == 2
