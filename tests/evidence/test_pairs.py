from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.errors import BadValue, UnknownLanguage
from isogloss.evidence import import_files, observation_keys, read_evidence, read_queries
from isogloss.evidence.pairs import about_pair

IDS = st.sampled_from(["eng", "deu", "fra", "srp", "srp_Latn", "zho_Hant"])


@pytest.fixture
def about(table):
    """Target and pair of a row whose target is written so."""

    def about(target: str, **columns: object) -> tuple[str, str | None]:
        return read_evidence(table({"target": target} | columns)).observations.select("target", "pair").row(0)

    return about


@pytest.mark.parametrize(
    ("written", "target", "pair"),
    [
        ("en|de", "deu", "eng-x"),
        ("de|en", "deu", "x-eng"),
        ("de|fr", "fra", "deu-x"),
        ("fr|de", "deu", "fra-x"),
        ("de|de", "deu", None),
        ("de|deu_Latn", "deu", None),
        ("de", "deu", None),
        ("srp_Cyrl|srp_Latn", "srp_Latn", "srp-x"),
    ],
)
def test_a_pair_is_about_what_is_not_english_else_about_the_second(about, written, target, pair):
    assert about(written) == (target, pair)


@pytest.mark.parametrize(
    ("pair", "canonical"), [("eng-x", "eng-x"), ("x-en", "x-eng"), ("zh-TW-x", "zho_Hant-x"), ("de-x", None)]
)
def test_a_table_may_say_the_pair_itself(about, pair, canonical):
    assert about("de", pair=pair) == ("deu", canonical)


def test_what_was_written_is_kept(table):
    assert read_evidence(table({"target": "en|de"})).observations["target_as_reported"].item() == "en|de"


def test_rows_about_more_than_two_languages_are_dropped_with_the_reason(table):
    report = import_files([table({}, {"target": "en|de|fr"}, {"target": "en|de|en"})], dry_run=True).files[0]
    assert (report.rows, report.kept, report.dropped) == (3, 2, {"lists more than two languages": 1})


@pytest.mark.parametrize(
    ("columns", "error", "reason"),
    [
        ({"target": "en|"}, BadValue, "table row 0: 'en|' names no language on one side"),
        ({"target": "en|xx9"}, UnknownLanguage, "table row 0: unknown language 'xx9'"),
        ({"target": "en|de", "pair": "en-x"}, BadValue, "'en|de' comes with a pair 'en-x'"),
        ({"pair": "en"}, BadValue, "table row 0: 'en' is not a pair; write eng-x or x-eng"),
        ({"pair": "xx9-x"}, UnknownLanguage, "unknown language 'xx9'"),
    ],
)
def test_a_pair_that_cannot_be_read_is_one_line(table, columns, error, reason):
    with pytest.raises(error) as caught:
        read_evidence(table(columns))
    assert reason in str(caught.value)


def test_directions_and_single_languages_are_different_observations(table):
    evidence = read_evidence(table({"target": "de"}, {"target": "en|de", "score": 0.6}, {"target": "de|en"}))
    assert len(evidence) == 3
    assert evidence.settings().height == 3
    assert observation_keys(evidence.observations).n_unique() == 3


def test_a_language_that_is_left_out_is_left_out_of_pairs_too(table):
    evidence = read_evidence(table({"target": "de|fr"}, {"target": "en|fr"}, {"target": "fr"}))
    assert evidence.without_language("deu").observations["pair"].to_list() == ["eng-x", None]


def test_questions_may_be_about_pairs(table):
    queries = read_queries(table({"target": "en|de"}))
    assert queries.select("target", "pair").row(0) == ("deu", "eng-x")


@given(first=IDS, second=IDS)
def test_a_pair_can_be_told_from_its_target_and_its_side(first, second):
    if first == second:
        return
    target, pair, _ = about_pair(first, second)
    assert pair is not None
    left, right = (target, pair[2:]) if pair.startswith("x-") else (pair[:-2], target)
    assert (left, right) == (first, second)


def test_what_isogloss_wrote_reads_back_with_its_pairs(table, tmp_path):
    written = read_evidence(table({"target": "en|de"}, {"target": "de|fr"}, {"target": "sw"})).observations
    written.write_csv(tmp_path / "out.csv")
    back = read_evidence(tmp_path / "out.csv").observations
    assert back.select("target", "pair").equals(written.select("target", "pair"))
    assert observation_keys(back).equals(observation_keys(written))
