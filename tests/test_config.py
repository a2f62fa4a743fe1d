"""Configuration: what errors say of a wrong table, whatever file it stands in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Ge, Gt, Le, Lt
from pydantic import Field, model_validator

from isogloss.config import Help, Table, check_fields, checked, read_toml, validate
from isogloss.errors import BadFile, BadValue, InputError, UnknownName


class Text(Table):
    file: Annotated[str, Help(example='"texts.txt"')]
    number: Annotated[int, Ge(1), Le(9)] = Field(1, alias="copy")


class Study(Table):
    text: list[Text]
    share: Annotated[float, Gt(0), Lt(1)] = 0.5
    layer: Literal["best", "all"] | int = "best"
    order: Literal["source", "target"] = "source"
    sizes: Annotated[list[int], Help("different whole numbers", hint="write [70, 700]")] = Field(default_factory=list)
    prices: dict[str, float] = Field(default_factory=dict)
    exact: bool = False

    @model_validator(mode="after")
    @checked
    def _check(self) -> Study:
        if self.share == 0.25:
            raise BadValue("a quarter is no share", hint="take a third")
        return self


def refusal(**values: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        validate(Study, {"text": [{"file": "a"}], **values}, "study.toml")
    assert str(caught.value).startswith("study.toml: ")
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"share": 0}, "share must be a number above 0 and below 1, not 0"),
        ({"share": "half"}, "share must be a number above 0 and below 1, not 'half'"),
        ({"share": 0.25}, "a quarter is no share; take a third"),
        ({"layer": "last"}, 'layer must be "best" or "all" or a whole number, not \'last\''),
        ({"order": "sauce"}, "unknown order 'sauce'; did you mean 'source'? known: source, target"),
        ({"sizes": [1, "2"]}, "sizes must be different whole numbers, not [1, '2']; write [70, 700]"),
        ({"prices": {"eng": "much"}}, "[prices]: eng must be a number, not 'much'"),
        ({"exact": 1}, "exact must be true or false, not 1"),
        ({"text": [{"file": "a", "copy": 10}]}, "[text]: copy must be a whole number from 1 to 9, not 10"),
        ({"text": [{"file": "a"}, {}]}, '[text 2]: no file; add file = "texts.txt"'),
        ({"text": [{"fil": "a"}]}, "[text]: unknown key 'fil'; did you mean 'file'? known: copy, file"),
        ({"text": "a"}, "text must be a list of tables, not 'a'"),
    ],
)
def test_an_error_names_file_section_key_reason_and_hint(values: dict[str, Any], said: str) -> None:
    assert str(refusal(**values)) == f"study.toml: {said}"


def test_all_errors_of_a_file_are_listed_at_once() -> None:
    error = refusal(share=2, exact="yes", text=[{"file": 3}])
    assert isinstance(error, BadFile)
    assert str(error) == (
        "study.toml: 3 errors: (1) [text]: file must be text, not 3 (2) share must be a number above 0 and below 1, "
        "not 2 (3) exact must be true or false, not 'yes'"
    )


def test_a_long_value_is_cut() -> None:
    assert str(refusal(order=["x"] * 500)).endswith("...")


def test_names_that_are_unknown_are_told_from_values_that_are_wrong() -> None:
    assert isinstance(refusal(order="sauce"), UnknownName)
    assert isinstance(refusal(share=2), BadValue)


@dataclass(frozen=True)
class Parameters:
    size: Annotated[float, Gt(0)] = 1.0


def test_fields_of_a_dataclass_are_checked_and_stay_as_they_are() -> None:
    parameters = Parameters(size=3)
    check_fields(parameters)
    assert isinstance(parameters.size, int)
    with pytest.raises(BadValue, match=r"^size must be a number above 0, not -1$"):
        check_fields(Parameters(size=-1))


def test_what_is_no_toml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    with pytest.raises(BadFile, match="no such file"):
        read_toml(path)
    path.write_text("a = [")
    with pytest.raises(BadFile, match="is not TOML"):
        read_toml(path)
