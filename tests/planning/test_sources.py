"""Sources of a target that nobody measured."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.planning.transfer_world import LANGUAGES, cells, transfer_evidence, transfer_scores

from isogloss import read_evidence
from isogloss.errors import BadValue, InputError, NotEnoughEvidence, UnknownLanguage, UnknownName
from isogloss.forecasting import Flag
from isogloss.languages import keep_similarity
from isogloss.planning import rank_sources, source_ranking
from isogloss.planning.sources import SOURCES

ASKED = {"task": "topics", "model": "toy"}


@pytest.fixture(scope="module")
def ranking():
    return source_ranking(transfer_evidence("ces"), "cs", **ASKED)


def test_every_source_but_the_target_is_ranked_best_first(ranking):
    table = ranking.table
    assert table.schema == SOURCES
    assert sorted(table["source"]) == sorted(set(LANGUAGES) - {"ces"})
    assert table["mean"].is_sorted(descending=True)
    assert ((table["lower"] <= table["mean"]) & (table["mean"] <= table["upper"])).all()


def test_kin_come_first_and_the_source_that_is_bad_everywhere_late(ranking):
    order = ranking.table["source"].to_list()
    assert "pol" in order[:3]
    assert order.index("kat") >= 2 * len(order) // 3


def test_the_choice_costs_less_than_english_or_the_best_on_average_would_over_several_targets():
    truth = transfer_scores()
    lost: dict[str, list[float]] = {"ours": [], "best average": []}
    for target in ("ces", "tel", "swe", "urd"):
        column = truth[:, LANGUAGES.index(target)].copy()
        column[LANGUAGES.index(target)] = -1
        found = source_ranking(transfer_evidence(target), target, **ASKED)
        baselines = dict(found.baselines.select("baseline", "source").iter_rows())
        for name, source in (("ours", found.table["source"][0]), ("best average", baselines["best average"])):
            lost[name].append(column.max() - column[LANGUAGES.index(source)])
    assert np.mean(lost["ours"]) < np.mean(lost["best average"])


def test_regret_is_least_for_the_first_and_stays_below_its_band(ranking):
    assert ranking.table["regret"].min() == pytest.approx(ranking.table["regret"][0], abs=0.01)
    assert (ranking.table["regret"] <= ranking.table["regret_upper"] + 1e-9).all()


def test_baselines_tell_what_they_choose_and_what_we_expect_of_it(ranking):
    names = set(ranking.baselines["baseline"])
    assert {"best average", "nearest genetic", "nearest geographic", "most data", "ridge", "LambdaRank"} <= names
    assert ranking.baselines["regret"].null_count() == 0


def test_a_similarity_that_was_kept_is_a_rule_to_choose_by(tmp_path, monkeypatch):
    monkeypatch.setenv("ISOGLOSS_SIMILARITIES", str(tmp_path))
    others = [one for one in LANGUAGES if one != "ces"]
    told = [one for one in others if one != "pol"]
    table = {"lang_a": "ces", "lang_b": told, "similarity": [0.4 if one == "kat" else 0.1 for one in told]}
    keep_similarity("in-the-model", pl.DataFrame(table))
    found = source_ranking(transfer_evidence("ces"), "ces", **ASKED).baselines
    assert found.filter(baseline="nearest in-the-model")["source"].to_list() == ["kat"]


def test_candidates_narrow_the_choice_and_keep_how_they_were_written():
    table = rank_sources(transfer_evidence("ces"), "ces", candidates=["de", "Polish"], **ASKED)
    assert dict(table.select("source", "source_as_reported").iter_rows()) == {"pol": "Polish", "deu": "de"}


def test_the_same_evidence_gives_the_same_ranking(ranking):
    shuffled = transfer_evidence("ces").observations.sample(fraction=1.0, shuffle=True, seed=3)
    again = rank_sources(transfer_evidence("ces").with_observations(shuffled), "ces", **ASKED)
    assert again["source"].to_list() == ranking.table["source"].to_list()
    assert np.allclose(again["mean"], ranking.table["mean"])


def test_a_measured_target_is_answered_with_what_was_measured():
    truth = transfer_scores()
    table = rank_sources(transfer_evidence(), "ces", **ASKED)
    column = {source: truth[row, LANGUAGES.index("ces")] for row, source in enumerate(LANGUAGES)}
    assert set(table["basis"]) == {"measured"}
    assert np.allclose(table["mean"], [column[source] for source in table["source"]])


def test_measured_scores_are_as_sure_as_their_errors_say():
    """A score of 100 items is known to .05 or less, so that a rival a little below may well be better."""
    observations = transfer_evidence().observations.with_columns(items=pl.lit(100, dtype=pl.Int64))
    found = source_ranking(transfer_evidence().with_observations(observations), "ces", baselines=False, **ASKED)
    first, second = found.table.head(2).iter_rows(named=True)
    expected = 1.645 * (first["mean"] * (1 - first["mean"]) / 100) ** 0.5
    assert (first["upper"] - first["lower"]) / 2 == pytest.approx(expected, rel=1e-3)
    assert 0 < first["regret"] < second["regret"] < second["regret_upper"]


def test_measured_scores_of_unknown_error_count_as_exact_and_say_so():
    found = source_ranking(transfer_evidence(), "ces", baselines=False, **ASKED)
    assert found.table["upper"].to_list() == found.table["lower"].to_list()
    assert any("how sure these scores are is not known, so they count as exact" in note for note in found.notes)


def test_another_model_that_measured_the_target_is_listened_to():
    hidden = transfer_evidence("ces").observations
    other = read_evidence(cells(transfer_scores(), model="cheap")).observations
    evidence = transfer_evidence().with_observations(pl.concat([hidden, other]))
    found = source_ranking(evidence, "ces", baselines=False, **ASKED)
    assert any("other models or tasks have measured Czech" in note for note in found.notes)
    assert found.table["source"][0] == "pol"


def test_errors_of_lower_is_better_metrics_rank_the_lowest_first():
    table = cells(1 - transfer_scores()).with_columns(metric=pl.lit("ter"), scale=pl.lit("raw"))
    evidence = read_evidence(table.with_columns(higher_is_better=pl.lit(False))).without_language("ces")
    found = rank_sources(evidence, "ces", **ASKED)
    assert found["mean"].is_sorted()
    assert "pol" in found["source"].to_list()[:3]


def test_a_target_far_from_all_evidence_is_answered_and_flagged():
    europe = "ces deu ell est fin fra hun ita nld pol por rus spa swe bul".split()
    evidence = transfer_evidence()
    for language in set(LANGUAGES) - set(europe):
        evidence = evidence.without_language(language)
    found = source_ranking(evidence, "quy", baselines=False, **ASKED)
    assert found.table.height == len(europe)
    assert found.flags == (Flag.FAR,)
    assert any("far from every measured target" in note for note in found.notes)


def test_gaps_in_the_table_are_bridged():
    evidence = transfer_evidence("ces")
    kept = np.random.default_rng(0).random(len(evidence)) < 0.7
    found = rank_sources(evidence.with_observations(evidence.observations.filter(pl.Series(kept))), "ces", **ASKED)
    assert "pol" in found["source"].to_list()[:5]


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        ({"target": "xqz"}, UnknownLanguage, "unknown language 'xqz'"),
        ({"task": "topcs"}, UnknownName, "did you mean 'topics'"),
        ({"candidates": ["ces"]}, InputError, "the target itself"),
        ({"candidates": ["eng"]}, UnknownName, "unknown source 'eng'"),
        ({"candidates": []}, NotEnoughEvidence, "no candidate"),
        ({"examples": 7}, NotEnoughEvidence, "no source was trained on 7 examples"),
        ({"level": 1.5}, BadValue, "not between 0 and 1"),
    ],
)
def test_bad_questions_are_refused_in_one_line(asked, error, said):
    asked = {"target": "ces", **ASKED, **asked}
    with pytest.raises(error, match=said):
        rank_sources(transfer_evidence("ces"), asked.pop("target"), **asked)


def test_one_source_is_too_few_to_rank():
    evidence = transfer_evidence("ces")
    one = evidence.with_observations(evidence.observations.filter(pl.col("train") == "deu:1000"))
    with pytest.raises(NotEnoughEvidence, match="1 other source language, 3 are needed"):
        rank_sources(one, "ces", **ASKED)
