"""No input of a kind that was once misread in silence is misread, nor is a sibling of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from tests.evidence.reading.siblings import SIBLINGS, Sibling

from isogloss.errors import IsoglossError
from isogloss.evidence import read_evidence


def paths(one: Sibling, folder: Path) -> list[Path]:
    files = {one.name: one.content} if isinstance(one.content, str) else one.content
    for name, content in files.items():
        (folder / name).write_text(content)
    return [folder / name for name in files]


def check(evidence, right: list[dict]) -> None:
    columns = {name for row in right for name in row}
    found = [{name: round(value, 9) if isinstance(value, float) else value for name, value in row.items()}
             for row in evidence.observations.select(columns).iter_rows(named=True)]  # fmt: skip
    assert len(found) == len(right)
    for row in right:
        assert any(all(one[name] == value for name, value in row.items()) for one in found), (row, found)


@pytest.mark.parametrize("one", SIBLINGS, ids=lambda one: one.kind)
def test_it_is_read_right_or_the_right_question_is_asked(one, tmp_path):
    files = paths(one, tmp_path)
    if not one.asked:
        check(read_evidence(*files, **one.options), one.right)
        return
    with pytest.raises(IsoglossError) as refused:
        read_evidence(*files, **one.options)
    assert one.asked in str(refused.value)
    assert refused.value.hint
    if one.right:
        check(read_evidence(*files, **one.options, **one.answer), one.right)


def test_there_is_a_sibling_of_every_kind():
    assert len(Counter(one.kind for one in SIBLINGS)) >= 27
