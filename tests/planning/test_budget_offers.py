"""Adaptations beside examples: the right purchase in a planted world, none in a null world, and what is refused."""

from __future__ import annotations

import polars as pl
import pytest
from tests.planning.adapted_world import adapted_world, best

import isogloss
from isogloss.errors import BadValue, InputError, NotEnoughEvidence, UnknownName
from isogloss.planning.costs import parse_costs

TARGETS = "deu hin tam fin".split()
EFFECTS = {"vocabulary-transplant": (0.08, 0.04), "quantise-int4": (-0.04, -0.02), "layer-drop": (0.0, 0.0)}
NULL = {f"merge(weight=0.{place})": (0.0, 0.0) for place in (1, 2)}


@pytest.fixture(scope="module")
def one_mix():
    return adapted_world(0, EFFECTS, mixes=0)


@pytest.fixture
def costs(tmp_path):
    def write(prices, labelled=None, **more):
        text = 'currency = "EUR"\n' + (f"[labelled]\ndefault = {labelled}\n" if labelled else "")
        for label, cost in prices.items():
            text += f'[offers."{label}"]\nadaptation = "{more.get("label", label)}"\n{cost}\n'
        path = tmp_path / "costs.toml"
        path.write_text(text + more.get("rest", ""))
        return path

    return write


def prices(transplant):
    return {"vocabulary-transplant": f"cost = {transplant}", "quantise-int4": "cost = 0", "layer-drop": "cost = 5"}


def test_the_adaptation_that_helps_is_bought_and_the_others_are_not_with_reasons(one_mix, costs):
    answer = isogloss.plan(one_mix, TARGETS, 300, costs=costs(prices(200)))
    offers = answer.tables["offers"].frame
    assert dict(offers.select("offer", "verdict").rows()) == {
        "vocabulary-transplant": "buy", "quantise-int4": "loses", "layer-drop": "no gain is shown"
    }  # fmt: skip
    assert answer.verdict.startswith("Buy vocabulary-transplant for 200 of 300 EUR: mean 0.3")
    assert answer.result.value - answer.result.base == pytest.approx(0.085, abs=0.02)
    changes = answer.tables["changes"].frame.filter(offer="vocabulary-transplant")
    assert set(changes["language"]) == {"German", "Hindi", "Tamil", "Finnish"}
    assert (changes["upper"] > changes["change"]).all()
    assert answer.tables["purchases"].frame.is_empty()


def test_beside_examples_an_adaptation_is_bought_where_the_law_says_that_it_pays(costs):
    """For 200 it brings more than the 200 examples that are not bought then; for 900 less than 900 examples."""
    evidence = adapted_world(0, EFFECTS)
    for price, is_right in ((200, True), (900, False)):
        answer = isogloss.plan(
            evidence, TARGETS, 1000, train="eng:1000", costs=costs(prices(price), labelled=1), rounds=2
        )
        pays = best(TARGETS, 1000 - price, EFFECTS["vocabulary-transplant"]) > best(TARGETS, 1000)
        assert (answer.result.adaptation == "vocabulary-transplant") == pays == is_right
        assert answer.result.purchases["cost"].sum() + (price if pays else 0) == pytest.approx(answer.result.spent)
        assert answer.result.spent <= 1000
        plans = answer.tables["rivals"].frame["plan"].to_list()
        assert {"this plan", "with quantise-int4", "no adaptation" if pays else "with vocabulary-transplant"} < set(
            plans
        )


def test_money_that_an_adaptation_saves_buys_examples_only_where_these_bring_more_than_it_costs(costs):
    evidence = adapted_world(1, {"quantise-int8": (-0.002, 0.0), "quantise-int4": (-0.2, 0.0)})
    said = {"quantise-int8": "cost = -400", "quantise-int4": "cost = -400"}
    answer = isogloss.plan(evidence, TARGETS, 100, train="eng:1000", costs=costs(said, labelled=1), rounds=1)
    assert answer.result.adaptation == "quantise-int8"
    assert answer.result.purchases["cost"].sum() > 300
    assert answer.result.spent <= 100


def test_where_no_adaptation_changes_anything_none_is_bought(costs):
    answer = isogloss.plan(adapted_world(0, NULL, mixes=0), TARGETS, 100, costs=costs(dict.fromkeys(NULL, "cost = 0")))
    assert answer.result.adaptation is None
    assert answer.verdict == "No adaptation is shown to help."
    assert answer.sentences[1].startswith("No adaptation is bought: merge(weight=0.1) (no gain is shown)")


def test_lower_losses_are_gains(one_mix, costs):
    """The same world in a metric that is better when lower: bits per byte are 2 less twice the score."""
    observations = one_mix.observations.with_columns(
        score=2 - 2 * pl.col("score"), metric=pl.lit("bits_per_byte"), scale=pl.lit("raw"),
        higher_is_better=pl.lit(False),
    )  # fmt: skip
    answer = isogloss.plan(one_mix.with_observations(observations), TARGETS, 300, costs=costs(prices(200)))
    assert answer.result.adaptation == "vocabulary-transplant"
    assert answer.result.base - answer.result.value == pytest.approx(0.17, abs=0.04)
    gain = answer.tables["offers"].frame.filter(offer="vocabulary-transplant")["gain"].item()
    assert gain == pytest.approx(answer.result.base - answer.result.value)


def test_machine_time_is_priced_and_what_is_dearer_than_the_budget_says_so(one_mix, costs):
    said = {"vocabulary-transplant": "cost = 10\nhours = 30", "layer-drop": "hours = 1"}
    answer = isogloss.plan(one_mix, TARGETS, 50, costs=costs(said, rest="[compute]\nhour = 2\n"))
    offers = {row["offer"]: row for row in answer.tables["offers"].frame.to_dicts()}
    assert [offers[name]["cost"] for name in said] == [70, 2]
    assert offers["vocabulary-transplant"]["verdict"] == "helps, but dearer than the budget"
    assert answer.verdict == (
        "Nothing is bought. Forecast to help, but dearer than the budget of 50 EUR: vocabulary-transplant (70)."
    )
    assert answer.sentences[-1] == "No adaptation is bought: layer-drop (no gain is shown)."


def test_what_an_adaptation_does_where_nobody_measured_it_is_said_first_to_be_a_guess_or_shaky(one_mix, costs):
    """Swahili and Hungarian were not measured after it; nothing at all was measured of Swahili."""
    answer = isogloss.plan(one_mix, ["deu", "hun", "swa"], 300, costs=costs(prices(200)))
    trust = dict(answer.tables["forecasts"].frame.select("language", "trust").rows())
    said = " ".join(answer.sentences[:3])
    assert trust["Swahili"] in ("guess", "shaky")
    for name, word in trust.items():
        assert (f"{name} is a guess" in said or f"{name} is shaky" in said) == (word in ("guess", "shaky"))
    assert "Outside what was measured: Swahili; its gain may be anything." in answer.sentences


def test_a_guarantee_is_kept_by_the_adaptation_that_reaches_it(one_mix, costs):
    answer = isogloss.plan(one_mix, TARGETS, 300, costs=costs(prices(200)), at_least="0.39")
    assert answer.result.adaptation == "vocabulary-transplant"
    assert answer.result.forecasts["after"].min() >= 0.39
    with pytest.raises(InputError, match=r"no adaptation keeps the guarantees: .* misses its own by"):
        isogloss.plan(one_mix, TARGETS, 300, costs=costs(prices(200)), at_least="0.9")


def test_a_sheet_in_percent_is_answered_in_percent(one_mix, costs):
    percent = one_mix.with_observations(one_mix.observations.with_columns(scale=pl.lit("percent")))
    answer = isogloss.plan(percent, TARGETS, 300, costs=costs(prices(200)))
    ours = answer.tables["rivals"].frame.row(0, named=True)
    assert ours["value"] == pytest.approx(100 * answer.result.value)
    assert f"-> {ours['value']:.1f}, by the forecast" in answer.verdict
    with pytest.raises(InputError, match=r"(German|Hindi|Tamil|Finnish) misses its own by [1-9]\d\.\d+ at least"):
        isogloss.plan(percent, TARGETS, 300, costs=costs(prices(200)), at_least="90")


@pytest.mark.parametrize(
    ("said", "options", "error", "words"),
    [
        ({"quantise-int4": ""}, {}, BadValue, r"\[offers.quantise-int4\]: has no cost; add cost = 5, or hours = 2"),
        ({"quantise-int4": "price = 5"}, {}, UnknownName, r"unknown key .price.; did you mean .cost.\?"),
        ({"quantise-int4": "hours = 2"}, {}, BadValue, "takes hours that have no price"),
        ({"quantise-int2": "cost = 1"}, {}, UnknownName, "offers.quantise-int2: unknown adaptation 'quantise-int2'"),
        ({"quantise-int4": 'cost = 1\ntrain = "hau:9"'}, {}, BadValue, "quantise-int4 reads no texts; leave out train"),
        ({"quantise-int4": "cost = 1"}, {"objective": "gini"}, InputError, "does not tell adaptations apart"),
        ({"quantise-int4": "cost = 1\nprice = 2"}, {}, UnknownName, "price"),
    ],
)  # fmt: skip
def test_what_cannot_be_planned_is_refused(one_mix, costs, said, options, error, words):
    with pytest.raises(error, match=words):
        isogloss.plan(one_mix, ["deu"], 10, costs=costs(said), **options)


def test_evidence_without_adapted_models_and_prices_without_mixes_are_refused(one_mix, costs):
    plain = one_mix.with_observations(one_mix.observations.filter(recipe="as it is"))
    with pytest.raises(NotEnoughEvidence, match="call the recipe of the scores before 'as it is'"):
        isogloss.plan(plain, ["deu"], 10, costs=costs({"quantise-int4": "cost = 1"}))
    with pytest.raises(NotEnoughEvidence, match="or give adaptations a price and examples none"):
        isogloss.plan(one_mix, ["deu"], 10, costs=costs({"quantise-int4": "cost = 1"}, labelled=1))


def test_the_plan_is_drawn_and_written(one_mix, costs, tmp_path):
    answer = isogloss.plan(one_mix, TARGETS, 300, costs=costs(prices(200)))
    for name in ("plan.svg", "plan.json", "plan.xlsx"):
        answer.write(tmp_path / name)
        assert (tmp_path / name).stat().st_size > 500
    assert "Examples to buy" not in (tmp_path / "plan.svg").read_text()


def test_offers_alone_leave_examples_without_a_price():
    costs = parse_costs({"offers": {"int4": {"adaptation": "quantise-int4", "cost": 1.0}}}, "costs")
    assert (costs.currency, costs.prices, costs.of_offer("int4")) == ("money", {}, 1.0)
