"""Files of costs: what they may say, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.errors import BadFile, BadValue, InputError, UnknownLanguage, UnknownName
from isogloss.planning.budget.supply import steps_of, supply_curve
from isogloss.planning.costs import Costs, parse_caps, parse_costs, parse_floors, read_costs

PRICES = {"labelled": {"default": 0.1, "yor": 0.2}, "translated": {"default": 0.01}}


def test_a_file_of_costs_is_read(tmp_path):
    path = tmp_path / "costs.toml"
    path.write_text(
        'currency = "EUR"\n[labelled]\ndefault = 0.1\nyo = 0.2\n[translated]\ndefault = 0.01\n[exchange_rates]\n'
        "translated = 0.3\n[caps]\nlabelled = 500\n[caps.translated]\nyor = 20\n[compute]\nhour = 2\n"
        "seconds_per_translation = 0.5\n[recipes.zero-shot]\ntrain_hours = 1\n"
    )
    costs = read_costs(path)
    assert (costs.currency, costs.hour, costs.seconds_per_translation) == ("EUR", 2.0, 0.5)
    assert (costs.price("labelled", "yor"), costs.price("labelled", "wol")) == (0.2, 0.1)
    assert costs.price("post-edited", "yor") is None
    assert (costs.cap("labelled", "wol"), costs.cap("translated", "yor"), costs.cap("translated", "wol")) == (
        500,
        20,
        None,
    )
    assert costs.exchange_rates == {"translated": 0.3}
    assert costs.recipes["zero-shot"].train_hours == 1


def test_without_prices_an_example_costs_one():
    assert parse_costs({}, "costs").price("labelled", "yor") == 1.0


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        ({"labelled": {"default": -0.1}}, BadValue, r"\[labelled\]: default must be a number from 0 .*, not -0.1"),
        ({"labelled": {"default": "much"}}, BadValue, "default must be a number .*, not 'much'"),
        ({"labelled": {"default": float("nan")}}, BadValue, "must be a number .*, not nan"),
        ({"labelled": {"default": True}}, BadValue, "must be a number .*, not True"),
        ({"labelled": {"default": 1e300}}, BadValue, r"must be a number from 0 to 1e\+12, not 1e\+300"),
        ({"labeled": {"default": 1}}, UnknownName, "did you mean 'labelled'"),
        ({"caps": {"labelled": 1.5}}, BadValue, "must be a whole number .*, not 1.5"),
        ({"caps": {"guessed": 5}}, UnknownName, r"\[caps\]: unknown kind of examples 'guessed'"),
        ({"exchange_rates": {"labelled": 1}}, UnknownName, "unknown kind of examples 'labelled'"),
        ({"labelled": {"yor": 1, "yo": 2}}, BadValue, "'yor' stands there twice"),
        ({"labelled": {"zzzz": 1}}, UnknownLanguage, "unknown language 'zzzz'"),
        ({"compute": {"minute": 1}}, UnknownName, r"\[compute\]: unknown key 'minute'"),
        ({"compute": 3}, BadValue, "compute must be a table, not 3"),
        ({"recipes": {"x": {"train_hours": -1}}}, BadValue, r"\[recipes.x\]: train_hours must be .*, not -1"),
        ({"recipes": {"x": 1}}, BadValue, r"\[recipes\]: x must be a table, not 1"),
        (
            {"labelled": {"default": -1}, "compute": {"minutes": 1}, "caps": {"labelled": -1}},
            BadFile,
            r"3 errors: \(1\) \[labelled\]: default .* \(2\) \[caps.labelled\]: default .* \(3\) \[compute\]: unknown",
        ),
    ],
)
def test_what_costs_cannot_be_is_refused_by_name_all_at_once(said, error, words):
    with pytest.raises(error, match=words) as refused:
        parse_costs(said, "costs.toml")
    assert "costs.toml" in str(refused.value)


def test_what_is_no_toml_is_refused(tmp_path):
    path = tmp_path / "costs.toml"
    path.write_text("labelled = [")
    with pytest.raises(BadFile, match="is not TOML"):
        read_costs(path)
    with pytest.raises(BadFile, match="no such file"):
        read_costs(tmp_path / "absent.toml")


def test_caps_and_guarantees_are_read_by_language_and_for_all():
    costs = parse_caps(["800", "yo:200,wol:5"], Costs())
    assert [costs.cap("labelled", name) for name in ("yor", "wol", "kir")] == [200, 5, 800]
    assert parse_floors(["0.6", "yor:0.7"]) == {"default": 0.6, "yor": 0.7}
    with pytest.raises(BadValue, match=r"'yor' does not end in a number; write yor:0.6, or 0.6 for all"):
        parse_floors(["yor"])
    with pytest.raises(BadValue, match=r"'yor' does not end in a number; write yor:800, or 800 for all"):
        parse_caps(["yor"], Costs())


def test_the_cheapest_worth_is_bought_first_and_as_far_as_there_is():
    supply = supply_curve("wol", parse_costs(PRICES, "costs"), {"translated": 0.5}, translatable=100)
    assert supply.afford(0.5) == {"translated": 50}
    assert supply.afford(3.0) == {"translated": 100, "labelled": 20}
    assert supply.amount({"translated": 100, "labelled": 20}) == 70


@given(
    money=st.floats(0, 1e4), price=st.floats(0.01, 5), other=st.floats(0.01, 5), rate=st.floats(0.05, 2),
    most=st.integers(1, 10**4),
)  # fmt: skip
def test_what_is_bought_can_be_paid_and_filling_up_to_as_many_buys_the_same(money, price, other, rate, most):
    costs = parse_costs({"labelled": price, "generated": other, "caps": {"generated": most}}, "costs")
    supply = supply_curve("wol", costs, {"generated": rate}, None)
    counts = supply.afford(money)
    assert supply.cost(counts) <= money + 1e-6
    assert supply.amount(supply.fill(supply.amount(counts))) == pytest.approx(supply.amount(counts), abs=max(1.0, rate))


def test_money_without_end_buys_what_there_is():
    supply = supply_curve("wol", parse_costs({"labelled": 1e-300}, "costs"), {}, None, most=5000)
    assert supply.afford(1e300) == {"labelled": 5000}
    assert supply.afford(supply.whole / 2) == {"labelled": 5000}, "what costs nothing to speak of is bought whole"


def test_steps_begin_with_nothing_and_hold_each_amount_once():
    supply = supply_curve("wol", Costs(), {}, None)
    assert [amount for amount, _, _ in steps_of(supply, [8, 4, 4.4, 0.2])] == [0, 4, 8]


def test_what_is_free_without_end_or_has_no_price_is_refused():
    with pytest.raises(BadValue, match="free and without end"):
        supply_curve("wol", parse_costs({"labelled": 0}, "costs"), {}, None)
    with pytest.raises(InputError, match="nothing of wol has a price"):
        supply_curve("wol", parse_costs({"labelled": {"yor": 1}}, "costs"), {}, None)
