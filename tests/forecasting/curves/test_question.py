from __future__ import annotations

import pytest

from isogloss.errors import BadTrainingMix
from isogloss.evidence import TrainingMix
from isogloss.forecasting.curves import Points
from isogloss.forecasting.curves.question import read_question

SWAHILI = [
    ("swa", "eng:3696", 0.55),
    ("swa", "eng:3696,swa:100", 0.6),
    ("swa", "eng:3696,swa:1000", 0.7),
    ("swa", "eng:100", 0.1),
    ("swa", "eng:100,swa:1000", 0.5),
    ("swa", "eng:3696,swa+translated:500", 0.58),
    ("swa", "eng:3696,swa:100,swa+translated:500", 0.62),
]


def ask(evidence, target="swa", train=None, column=0):
    mix = None if train is None else TrainingMix.parse(train)
    return read_question(Points.read(evidence.observations), target, mix, column, 1000.0)


def test_the_rest_is_the_one_under_which_most_sizes_were_measured(measured):
    found = ask(measured(SWAHILI))
    assert (found.rest.text, found.held, found.why) == ("eng:3696", 0, "under which most sizes were measured")


def test_a_language_never_measured_takes_the_rest_of_the_others(measured):
    assert ask(measured(SWAHILI), "yor").rest.text == "eng:3696"


def test_of_mixes_that_are_all_different_the_middle_one_is_held(measured):
    cells = [("swa", f"eng:{size},swa:100", 0.5) for size in (10, 1000, 100_000)]
    found = ask(measured(cells))
    assert (found.rest.text, found.why) == ("eng:1000", "in the middle of those measured")


def test_a_rest_that_is_asked_for_is_held(measured):
    found = ask(measured(SWAHILI), train="eng:500,swa+translated:200")
    assert (found.rest.text, found.held, found.why) == ("eng:500", 200, "as asked")
    assert found.features([0.0, 50.0])[:, :3].tolist() == [[0, 200, 700], [50, 200, 750]]


def test_translated_examples_can_vary_beside_labelled_ones(measured):
    found = ask(measured(SWAHILI), train="eng:500,swa:200", column=1)
    assert found.features([0.0, 50.0])[:, :3].tolist() == [[200, 0, 700], [200, 50, 750]]


@pytest.mark.parametrize(("train", "column"), [("eng:500,swa:200", 0), ("eng:500,swa+translated:200", 1)])
def test_a_mix_that_fixes_what_varies_is_refused(measured, train, column):
    with pytest.raises(BadTrainingMix, match="examples of 'swa', which the curve varies; leave 'swa"):
        ask(measured(SWAHILI), train=train, column=column)
