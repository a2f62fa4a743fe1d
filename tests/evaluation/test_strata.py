"""What is told of a question: what else was known, how far off it is, of which kind its language is."""

from __future__ import annotations

from itertools import product

import polars as pl
import pytest

from isogloss import read_evidence
from isogloss.evaluation.runs import SCENARIO, language_strata, strata
from isogloss.evidence import Evidence
from isogloss.languages import distances

ASKED = ("m", "t", "swa")


def evidence(*cells: tuple[str, str, str]) -> Evidence:
    """Scores of (model, task, target)."""
    table = pl.DataFrame(cells, schema=["model", "task", "target"], orient="row")
    return read_evidence(table.with_columns(metric=pl.lit("accuracy"), train=pl.lit("eng:5"), score=pl.lit(0.5)))


@pytest.mark.parametrize("known", list(product([False, True], repeat=3)))
def test_each_of_the_eight_scenarios_is_recognised(known):
    elsewhere = [("m", "t", "deu"), ("other", "t", "swa"), ("m", "u", "swa")]
    unrelated = ("other", "u", "deu")
    train = evidence(unrelated, *(cell for cell, there in zip(elsewhere, known, strict=True) if there))
    found = strata(train, evidence(ASKED).observations)
    assert found.select(SCENARIO).row(0) == known


def test_scores_of_the_very_same_cell_are_no_other_evidence():
    found = strata(evidence(ASKED), evidence(ASKED).observations)
    assert found.select(SCENARIO).row(0) == (False, False, False)


def test_the_distance_is_to_the_nearest_language_of_the_same_model_and_task():
    train = evidence(("m", "t", "deu"), ("m", "t", "zul"), ("other", "t", "lin"))
    expected = distances(["swa"], "combined", others=["deu", "zul"]).values.min()
    assert strata(train, evidence(ASKED).observations)["distance"].to_list() == [expected]


def test_where_nothing_of_the_model_and_task_is_known_any_language_counts():
    train = evidence(("other", "u", "swa"), ("other", "u", "deu"))
    found = strata(train, evidence(ASKED).observations).row(0, named=True)
    assert (found["distance"], found["nearness"]) == (0.0, "0 measured itself")


def test_languages_are_told_apart_by_family_script_and_web_text():
    found = {row["target"]: row for row in language_strata(["eus", "eng", "yor", "srp", "quy"]).iter_rows(named=True)}
    assert found["eus"]["family"] == "Basque (isolate)"
    assert found["yor"]["family"] == "Atlantic-Congo"
    assert (found["srp"]["script"], found["eng"]["script"]) == ("Cyrl", "Latn")
    assert (found["eng"]["resources"], found["quy"]["resources"]) == ("4 over 10 GiB", "0 no web text")


def test_each_question_has_a_row_in_the_order_asked():
    asked = evidence(("m", "t", "yor"), ("m", "t", "deu"), ("m", "t", "yor")[:3], ("m", "u", "deu")).observations
    found = strata(evidence(("m", "t", "fra")), asked)
    assert found["target"].to_list() == asked["target"].to_list()
