"""Trust in one word: from the width of the 90 % interval, flags and held-out errors, the worst of which counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.forecasting import BaseLearners, Flag, Trust, ask, trust_word
from isogloss.forecasting.trust_word import AT_BEST, WORDS, HeldOut
from isogloss.languages import resources
from isogloss.languages.iso639 import codes
from isogloss.languages.near_identical import relatives

ROMANCE = "cat fra glg ita por ron spa ast lmo oci".split()
flags = st.sets(st.sampled_from([flag.value for flag in Flag if flag is not Flag.MEASURED]))


@pytest.mark.parametrize(
    ("width", "word"),
    [
        (0, "solid"),
        (15, "solid"),
        (15.1, "fair"),
        (30, "fair"),
        (50, "shaky"),
        (50.1, "guess"),
        (float("inf"), "guess"),
    ],
)
def test_a_wide_interval_is_no_ground_for_trust(width, word):
    assert trust_word(width) == word


@pytest.mark.parametrize("flag", ["poorer_than_measured", "mix_unmeasured", "few_languages"])
def test_what_lies_below_or_beside_all_that_was_measured_is_shaky_at_best(flag):
    assert trust_word(1, [flag]) == "shaky"


def test_no_evidence_makes_a_guess():
    assert trust_word(1, ["level_unsupported"]) == "guess"


def test_a_measured_score_is_solid():
    assert trust_word(100, ["level_unsupported", "measured"]) == "solid"


@given(width=st.floats(0, 200), more=st.floats(0, 100), some=flags, others=flags)
def test_trust_never_grows_with_width_or_with_another_flag(width, more, some, others):
    before, after = trust_word(width, some), trust_word(width + more, some | others)
    assert WORDS.index(before) <= WORDS.index(after)


@given(width=st.floats(0, 200), some=flags)
def test_a_flag_never_gives_more_trust_than_it_allows(width, some):
    word = trust_word(width, some)
    assert all(WORDS.index(AT_BEST[Flag(flag)][0]) <= WORDS.index(word) for flag in some if flag in AT_BEST)


def test_large_held_out_errors_take_trust_away():
    assert trust_word(10, held_out=HeldOut(error=2.9, coverage=0.9)) == "solid"
    assert trust_word(10, held_out=HeldOut(error=7, coverage=0.9)) == "shaky"


def test_intervals_that_did_not_hold_cost_one_word():
    assert trust_word(10, held_out=HeldOut(error=2, coverage=0.7)) == "fair"
    assert trust_word(60, held_out=HeldOut(error=2, coverage=0.7)) == "guess"


def test_the_word_does_not_depend_on_the_level_asked_for(measured):
    evidence = measured([(one, "eng:9", 0.5 + i / 50) for i, one in enumerate(ROMANCE)])
    fitted = BaseLearners().fit(evidence).conformalize()
    queries = ask(task="t", model="m", train="eng:9", targets=["srd", "deu"])
    words = [fitted.predict_interval(queries, level)["trust"].to_list() for level in (0.5, 0.8, 0.9)]
    assert words[0] == words[1] == words[2]


def test_a_metric_without_a_range_is_judged_by_the_span_of_its_scores(measured):
    narrow = measured([(one, "eng:9", 20 + i / 50) for i, one in enumerate(ROMANCE)], metric="perplexity")
    wide = measured([(one, "eng:9", 20 + 50 * i) for i, one in enumerate(ROMANCE)], metric="perplexity")
    queries = ask(task="t", model="m", train="eng:9", targets=["srd"], metric="perplexity")
    words = [BaseLearners().fit(one).conformalize().predict_interval(queries)["trust"].item() for one in (narrow, wide)]
    assert words[0] == words[1]


def test_filipino_has_the_web_text_of_tagalog_so_that_poorer_languages_are_flagged(measured):
    evidence = measured([(one, "eng:9", 0.5 + i / 50) for i, one in enumerate([*ROMANCE[:7], "fil", "deu", "rus"])])
    queries = ask(task="t", model="m", train="eng:9", targets=["wol"])
    found = BaseLearners().fit(evidence).conformalize().predict_interval(queries)
    assert {"poorer_than_measured", "no_web_text_counted"} <= set(found["flags"].item())
    assert found["trust"].item() in (Trust.SHAKY, Trust.GUESS)


def test_languages_without_a_size_of_their_own_take_that_of_a_near_identical_one():
    sizes = resources("cc100")
    own = {code for code, scope in codes().scopes.items() if scope in ("individual", "macrolanguage")}
    alone = {code for code in own if not {code, codes().macros.get(code), *codes().members.get(code, ())} & set(sizes)}
    assert {code for code in alone if set(relatives(code)) & set(sizes)} == {"cnr", "fil"}
