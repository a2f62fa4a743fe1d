"""Languages as numbers: the same in whatever company they are asked."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from isogloss.forecasting.features import TYPICAL_DISTANCE, space

LANGUAGES = ("ace_Arab", "deu", "eng", "hau", "nld", "swh", "tur", "wol", "yor", "zho")


@given(some=st.sets(st.sampled_from(LANGUAGES), min_size=1), others=st.sets(st.sampled_from(LANGUAGES)))
@settings(max_examples=40, deadline=None)
def test_a_space_does_not_depend_on_which_wider_one_was_asked_before(some, others):
    first, wider = space(sorted(some)), space(sorted(some | others))
    names = sorted(some)
    for kind in TYPICAL_DISTANCE:
        assert np.array_equal(first.between(kind, names, names), wider.between(kind, names, names))
    at = wider.at(names)
    assert np.array_equal(first.web_text, wider.web_text[at])
    assert np.array_equal(first.unspaced, wider.unspaced[at])
