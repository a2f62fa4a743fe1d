"""What the basis of a forecast says: what was measured, how near it is, and what to beware of."""

from __future__ import annotations

import pytest

from isogloss.forecasting import Mean, ask
from isogloss.languages import distances

EUROPE = "bul cat ces dan deu ell est fin fra hun isl ita lav lit nld".split()


@pytest.fixture
def basis(measured):
    """The basis of one question, where all of Europe was measured after training on each of `mixes`."""

    def basis(target: str, train: str, mixes=("eng:1000", "hin:4000"), level: float = 0.9) -> str:
        evidence = measured([(one, mix, 0.5 + i / 100) for i, one in enumerate(EUROPE) for mix in mixes])
        queries = ask(task="t", model="m", train=train, targets=[target])
        return Mean().fit(evidence).conformalize().predict_interval(queries, level)["basis"].item()

    return basis


def test_a_measured_cell(basis):
    assert basis("deu", "eng:1000", level=0.5) == "measured itself; 15 languages, 2 mixes measured"


def test_a_known_language_in_another_mix(basis):
    assert basis("deu", "eng:2000", level=0.5) == "measured language; 15 languages, 2 mixes measured"


def test_an_unmeasured_language_names_its_nearest(basis):
    near = distances(["swe"], others=EUROPE).values[0]
    nearest = EUROPE[int(near.argmin())]
    assert basis("swe", "eng:1000") == (
        f"unmeasured language, nearest {nearest} at {near.min():.2f}; 15 languages, 2 mixes measured"
    )


def test_a_language_far_from_all_is_flagged(basis):
    said = basis("jpn", "eng:1000")
    assert said.startswith("unmeasured language, nearest ")
    assert "; FAR from every measured language;" in said


def test_a_language_with_much_less_text_than_any_measured_one_is_flagged(basis):
    assert "FAR less web text than any measured language" in basis("grn", "eng:1000")
    assert "web text" not in basis("swe", "eng:1000")


@pytest.mark.parametrize(
    ("train", "said"),
    [
        ("eng:8001", "FAR: 8001 examples, measured 1000 to 4000"),
        ("eng:499", "FAR: 499 examples, measured 1000 to 4000"),
        ("eng:400,yor:401", "FAR: never trained on yor"),
        ("tam:400,yor:401", "FAR: never trained on tam, yor"),
        ("", "FAR: no mix like this was measured"),
    ],
)
def test_a_mix_far_from_all_is_flagged(basis, train, said):
    assert basis("deu", train, level=0.5).endswith(f"; {said}")


@pytest.mark.parametrize("train", ["eng:8000", "eng:500", "eng:600,yor:600", "eng:10,hin:2000"])
def test_a_mix_within_twice_the_measured_range_is_not(basis, train):
    assert "FAR" not in basis("deu", train)


def test_a_trained_model_is_far_from_one_used_as_it_is(basis):
    assert "FAR: no mix like this was measured" in basis("deu", "eng:1000", ("",))


@pytest.mark.parametrize("train", ["", "eng:1000"])
def test_a_mix_that_was_measured_is_never_far(basis, train):
    assert "FAR" not in basis("deu", train, ("", "eng:1000"))
    assert "FAR" not in basis("swe", train, ("", "eng:1000"))


def test_a_small_mix_is_flagged_though_the_model_was_also_measured_as_it_is(basis):
    said = basis("deu", "eng:10", ("", "eng:1000"), level=0.5)
    assert said.endswith("FAR: 10 examples, measured 1000 to 1000")


def test_too_little_evidence_is_said_last(basis):
    assert basis("swe", "eng:1000", level=0.95).endswith("; TOO LITTLE EVIDENCE for the level: the whole range")
