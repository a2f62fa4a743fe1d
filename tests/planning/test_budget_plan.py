"""Plans from evidence: what they buy, what they promise, and what they say about it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.planning.conftest import LANGUAGES, USUAL, truth

from isogloss import read_evidence
from isogloss.errors import BadTrainingMix, BadValue, InputError, NotEnoughEvidence, UnknownLanguage, UnknownName
from isogloss.evidence import TrainingMix
from isogloss.planning import plan_budget
from isogloss.planning.budget.supply import measure_exchange_rate
from isogloss.planning.costs import parse_caps, parse_costs

ASKED = {"task": "topics", "model": "toy", "train": "eng:1000"}
TARGETS = ["deu", "hin", "tam", "fin"]


@pytest.fixture(scope="module")
def plan(varied):
    return plan_budget(varied, **ASKED, targets=TARGETS, budget=1000)


def test_the_plan_keeps_the_budget_and_says_what_to_train_on(plan):
    assert plan.spent <= 1000
    assert plan.purchases["cost"].sum() == pytest.approx(plan.spent)
    mix = TrainingMix.parse(plan.mix)
    assert mix["eng"] == 1000
    bought = dict(plan.purchases.select("language", "examples").iter_rows())
    assert {name: size for name, size in mix.items() if name != "eng"} == bought


def test_by_the_forecaster_the_plan_is_at_least_as_good_as_every_usual_split(plan):
    ours, *others = plan.rivals["value"].to_list()
    assert plan.rivals["plan"][0] == "this plan"
    assert {"equal split", "nothing"} < set(plan.rivals["plan"])
    assert all(ours >= other - 1e-9 for other in others)
    assert plan.value == pytest.approx(ours)


def test_by_the_law_that_made_the_evidence_the_plan_is_better_than_an_equal_split(plan):
    ours = dict(TrainingMix.parse(plan.mix))
    even = {"eng": 1000} | dict.fromkeys(TARGETS, 250)
    assert np.mean([truth(name, ours) for name in TARGETS]) > np.mean([truth(name, even) for name in TARGETS])


def test_both_numbers_are_told_what_the_program_promised_and_what_the_forecaster_says(plan):
    record = plan.record()
    assert record["program"]["gap"] < 1e-3
    assert record["program"]["promised"] <= record["program"]["bound"] + 1e-9
    assert any("promised, proven within" in line and "by the forecaster" in line for line in plan.words())


def test_what_is_lost_without_a_language_is_never_less_than_nothing_for_the_mean(plan):
    assert (plan.purchases["without"] > 0).all()


def test_a_cap_is_kept_and_the_rest_of_the_money_goes_elsewhere(varied, plan):
    costs = parse_caps(["tam:100"], parse_costs({}, "costs"))
    capped = plan_budget(varied, **ASKED, targets=TARGETS, budget=1000, costs=costs)
    bought = dict(capped.purchases.select("language", "examples").iter_rows())
    assert bought["tam"] <= 100
    assert capped.value <= plan.value + 1e-9


def test_the_fast_plan_says_that_it_is_not_proven(varied):
    fast = plan_budget(varied, **ASKED, targets=TARGETS, budget=800, fast=True)
    assert fast.record()["program"]["gap"] is None
    assert any("not proven" in line for line in fast.words())


def test_robust_plans_are_judged_by_the_lower_ends(varied):
    found = plan_budget(varied, **ASKED, targets=TARGETS, budget=500, robust=True, level=0.8)
    assert found.value == pytest.approx(found.forecasts["lower"].mean(), abs=1e-6)


def test_a_guarantee_is_kept_or_the_shortfall_is_told(varied):
    asked = ASKED | {"targets": ["deu", "tam"], "budget": 600}
    free = plan_budget(varied, **asked)
    score = dict(free.forecasts.select("target", "after").iter_rows())["deu"]
    kept = plan_budget(varied, **asked, floors={"deu": score + 0.005})
    after = dict(kept.forecasts.select("target", "after").iter_rows())["deu"]
    assert after >= score + 0.005 - 1e-6 or "deu" in kept.missed
    with pytest.raises(InputError, match="a budget of 600 cannot keep the guarantees: deu reaches at most"):
        plan_budget(varied, **asked, floors={"deu": 0.9})


def test_a_language_outside_what_was_measured_is_planned_for_and_flagged(varied):
    found = plan_budget(varied, **ASKED, targets=["deu", "zul"], budget=400)
    flags = dict(found.forecasts.select("target", "flags").iter_rows())
    assert flags["zul"] == ["poorer_than_measured", "no_web_text_counted", "few_languages"]
    assert any("zul" in note for note in found.notes)


def test_translated_examples_count_as_the_costs_say_and_at_most_what_there_is_to_translate(varied):
    costs = parse_costs(
        {"labelled": 1, "translated": 0.1, "exchange_rates": {"translated": 0.4}, "currency": "EUR"}, "costs"
    )
    found = plan_budget(varied, **ASKED, targets=["deu", "tam"], budget=400, costs=costs)
    translated = found.purchases.filter(pl.col("kind") == "translated")
    assert 0 < translated["examples"].max() <= 1000
    assert "+translated:" in found.mix
    with pytest.raises(InputError, match="no exchange rate of translated examples was measured"):
        plan_budget(varied, **ASKED, targets=["deu"], budget=9, costs=parse_costs({"translated": 0.1}, "costs"))


def test_the_worth_of_translated_examples_is_found_where_it_was_measured():
    """Scores follow a log law in which one translated example does as much as .3 labelled ones."""
    chance = np.random.default_rng(0)
    rows = []
    for place, name in enumerate(LANGUAGES):
        for labelled in (0, 50, 200, 800):
            for translated in (0, 100, 500, 2000):
                line = -1 + 0.1 * place + 0.4 * np.log1p((labelled + 0.3 * translated) / 10)
                train = f"eng:3000,{name}:{labelled},{name}+translated:{translated}"
                score = 1 / (1 + np.exp(-line + chance.normal(0, 0.02)))
                rows.append(USUAL | {"target": name, "train": train, "score": score})
    observations = read_evidence(pl.DataFrame(rows)).observations
    assert measure_exchange_rate(observations, "translated") == pytest.approx(0.3, abs=0.03)
    assert measure_exchange_rate(observations, "generated") is None


def test_without_a_mix_one_in_the_middle_of_those_measured_is_added_to_and_named(varied):
    found = plan_budget(varied, task="topics", model="toy", targets=["deu"], budget=100)
    assert found.train in varied.observations["train"].unique()
    assert "in the middle of those measured" in found.words()[1]


def test_the_same_question_gets_the_same_plan(varied, plan):
    again = plan_budget(varied, **ASKED, targets=TARGETS, budget=1000)
    assert again.purchases.equals(plan.purchases)


def test_nothing_to_spend_buys_nothing(varied):
    found = plan_budget(varied, **ASKED, targets=["deu"], budget=0)
    assert found.purchases.is_empty()
    assert found.mix == "eng:1000"


def test_a_budget_far_beyond_what_was_measured_is_planned_with_what_can_be_told(varied):
    """Asked for its halves alone, 10^18 examples would be tried as nothing less than ten to the sixteenth."""
    found = plan_budget(varied, **ASKED, targets=["deu"], budget=1e18)
    assert 0 < found.purchases["examples"].sum() <= 510_000
    assert found.value > found.base
    assert any("100 times the largest mix measured" in note for note in found.notes)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"budget": -1}, BadValue, "a budget of -1"),
        ({"budget": float("nan")}, BadValue, "a budget of nan"),
        ({"targets": ["deu", "de"]}, BadValue, "deu named twice"),
        ({"targets": []}, InputError, "no targets"),
        ({"aim": "median"}, UnknownName, "unknown objective"),
        ({"task": "topcs"}, UnknownName, "did you mean 'topics'"),
        ({"floors": {"fra": 0.5}}, InputError, "'fra' is guaranteed a score but is no target"),
        ({"train": "eng:1000,deu"}, BadTrainingMix, "how much there is of 'deu' is not known"),
        ({"floors": {"default": 60.0}}, BadValue, "guarantee 60 is no fraction; write 0.6"),
        ({"buy": ["qqq"]}, UnknownLanguage, "buy: unknown language 'qqq'"),
        ({"steps": 0}, BadValue, "0 steps"),
        ({"rounds": -1}, BadValue, "-1 rounds"),
    ],
)
def test_what_cannot_be_planned_is_refused(varied, change, error, words):
    with pytest.raises(error, match=words):
        plan_budget(varied, **(ASKED | {"targets": ["deu"], "budget": 100} | change))


def zero_shot(scores):
    table = pl.DataFrame({"target": list(scores), "score": list(scores.values())})
    named = {"task": "topics", "model": "toy", "metric": "accuracy", "train": ""}
    return read_evidence(table.with_columns(**{name: pl.lit(value) for name, value in named.items()}))


def test_nine_scores_of_a_model_as_it_is_do_not_buy_examples_and_say_what_to_measure_first():
    scores = dict(zip(["German", "Hindi", "Swahili", "French", "Spanish", "Turkish", "Yoruba", "Thai", "Arabic"],
                      (0.8, 0.6, 0.5, 0.8, 0.8, 0.6, 0.3, 0.6, 0.7), strict=True))  # fmt: skip
    with pytest.raises(NotEnoughEvidence, match="no purchase can be recommended") as error:
        plan_budget(zero_shot(scores), task="topics", model="toy", targets=["wol"], budget=2000)
    assert "first train on 100 and on 1000 examples of Wolof, measure both" in str(error.value)


def test_a_plan_that_rests_on_guesses_alone_says_so_and_buys_nothing(varied):
    found = plan_budget(varied, **ASKED, targets=["zul", "wol"], budget=400)
    assert found.words()[0] == (
        "Nothing is recommended: what examples would do for Zulu and Wolof is a guess. First measure one of them after "
        "training on a few examples."
    )
    assert (found.purchases.height, found.spent, found.mix) == (0, 0, "eng:1000")
    assert found.forecasts["before"].equals(found.forecasts["after"])


def test_a_plan_that_rests_partly_on_guesses_says_so_before_what_to_buy(varied):
    found = plan_budget(varied, **ASKED, targets=["deu", "zul"], budget=400)
    assert found.guesses == ("zul",)
    assert found.verdict().startswith("What this does for Zulu is a guess: buy ")


def test_a_language_whose_own_examples_the_forecast_does_not_show_is_a_guess_to_buy_for(varied):
    """Swahili is poorer than all measured languages: the table model forecasts it alone, under any mix."""
    found = plan_budget(varied, **ASKED, targets=["deu", "swa"], budget=400)
    assert found.forecasts.filter(target="swa")["trust"].item() == "shaky"
    assert found.guesses == ("swa",)
    assert any(note.startswith("not measured: swa; what examples in these languages add") for note in found.notes)


def test_what_only_other_languages_examples_do_is_no_guess(varied):
    assert not plan_budget(varied, **ASKED, targets=["swa"], buy=["deu"], budget=400).guesses


def test_the_verdict_says_what_to_buy(plan):
    assert plan.words()[0] == plan.verdict() == plan.record()["verdict"]
    assert plan.verdict().startswith("Buy ")
    assert not plan.guesses
