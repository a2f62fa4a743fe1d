"""Pitfalls: a planted weakness is found, nothing is found where there is none, and a run that was killed goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from tests.behaviour.pitfalls_world import (
    COLOURS,
    PLANTED,
    Rules,
    pairs_world,
    pitfalls_table,
    sentences_table,
    sentences_world,
)

from isogloss.behaviour import read_questions
from isogloss.behaviour.pitfalls import (
    Pitfalls,
    Sentence,
    Step,
    facts_as_sentences,
    halves,
    pair_questions,
    read_sentences,
    search_pitfalls,
    write_benchmark,
)
from isogloss.behaviour.pitfalls.search import Candidate
from isogloss.behaviour.pitfalls.sentences import perturbed
from isogloss.errors import InputError
from isogloss.models.respondents import Meter

WEAK = Rules("simulator", planted=0.9)
OUTSIDE = Rules("outside", planted=0.8)
NAME = f"topic {PLANTED}"


@pytest.fixture(autouse=True, scope="module")
def own_folder() -> Iterator[None]:
    """In memory where that is a folder: every answer is written before the next question."""
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=memory) as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ISOGLOSS_CACHE", folder)
        yield


def searched(seed: int = 0, **changes: Any) -> Pitfalls:
    fields: dict[str, Any] = {"simulators": [WEAK], "models": [OUTSIDE], "sentences": sentences_world(40)}
    return search_pitfalls(pairs_world(), **(fields | changes), seed=seed)


def planted_pairs(result: Pitfalls) -> int:
    """Pairs of the search with the planted sentence before the question."""
    return result.pairs.filter(pl.col("half") == "search", pl.col("sentence").str.contains(f"{NAME} before")).height


def test_a_planted_weakness_is_found_far_more_often_than_at_random() -> None:
    """At the same budget of 500 questions, over three seeds: measured 17 times as often over five."""
    by_search = [searched(seed, control=False) for seed in range(3)]
    at_random = [searched(seed, control=False, method="random") for seed in range(3)]
    assert all(result.calls["search"] <= 500 for result in (*by_search, *at_random))
    assert sum(map(planted_pairs, by_search)) >= 5 * sum(map(planted_pairs, at_random))
    assert all(result.finds["sentence"].to_list() == [NAME] for result in by_search)


def test_the_weakness_is_measured_on_fresh_questions_and_the_control_has_none() -> None:
    result = searched()
    (row,) = result.finds.to_dicts()
    assert (row["model"], row["sentence"], row["place"], row["control"]) == ("outside", NAME, "before", False)
    assert row["excess_lower"] < 0.8 < row["excess_upper"]
    assert row["drop"] == pytest.approx(1 - row["accuracy_target"] / row["accuracy_english"])
    assert (row["kept"], row["lost_english"]) == (40, 0)
    fresh = result.pairs.filter(pl.col("half") == "fresh", pl.col("sentence") == f"{NAME} before")
    assert fresh.height == 40
    assert fresh.filter(pl.col("lost_by").list.contains("outside")).height == row["lost_target"]
    in_search = set(result.pairs.filter(pl.col("half") == "search")["item"])
    assert not in_search & set(fresh["item"])
    assert set(result.effects["control"]) == {True, False}


NULLS = (
    {"english": 0.1, "swahili": 0.1, "disturbed": 0.15},
    {"english": 0.05, "swahili": 0.3, "disturbed": 0.15},
)
"""Models with no pitfall: as unsure in both languages; and less sure in Swahili, whatever stands beside a question."""


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("seeds", [4, pytest.param(60, marks=pytest.mark.slow)])
def test_nothing_is_found_where_there_is_nothing(null: dict[str, float], seeds: int) -> None:
    """Worlds with a find are no more than the level allows (one-sided binomial test at .01), and so for the control."""
    finds = [
        search_pitfalls(
            pairs_world(40), [Rules(f"simulator {seed}", **null)], [Rules(f"outside {seed}", **null)],
            sentences=sentences_world(20), budget=200, seed=seed,
        ).finds["control"]
        for seed in range(seeds)
    ]  # fmt: skip
    most = binom.ppf(0.99, seeds, 0.05)
    assert sum((~one).any() for one in finds) <= most
    assert sum(one.any() for one in finds) <= most


def test_the_same_seed_gives_the_same_tables_and_asks_nothing_again() -> None:
    first = searched(meter=(meter := Meter()))
    again = searched(meter=(other := Meter()))
    for name in ("pairs", "effects", "sentences"):
        assert getattr(first, name).equals(getattr(again, name))
    assert (other.kept, other.prompts) == (meter.prompts, meter.prompts)
    assert not searched(1).pairs.equals(first.pairs)


SCRIPT = """
import sys, time
from tests.behaviour.pitfalls_world import Rules, pairs_world, sentences_world
from isogloss.behaviour.pitfalls import search_pitfalls
from isogloss.models.respondents import Meter

class Slow(Rules):
    def score(self, batches, keep, meter):
        time.sleep(float(sys.argv[1]))
        print("answered", flush=True)
        super().score(batches, keep, meter)

meter = Meter()
result = search_pitfalls(pairs_world(), [Slow("simulator", planted=0.9)], [Slow("outside", planted=0.8)],
                         sentences=sentences_world(13), budget=200, meter=meter)
print(meter.kept, result.pairs.hash_rows().sum(), result.effects.hash_rows().sum(), flush=True)
"""


def test_a_search_that_was_killed_goes_on_with_what_was_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL after five answers: the second run takes these from the disk and ends as one that nobody stopped."""
    root = Path(__file__).parents[2]
    paths = os.pathsep.join([str(root / "src"), str(root)])
    variables = os.environ | {"ISOGLOSS_CACHE": str(tmp_path / "killed"), "PYTHONPATH": paths}

    def start(seconds: float) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", SCRIPT, str(seconds)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=variables)

    with start(0.05) as killed:
        assert killed.stdout is not None
        assert [killed.stdout.readline() for _ in range(6)] == ["answered\n"] * 6
        killed.send_signal(signal.SIGKILL)
        assert killed.wait() == -signal.SIGKILL
    with start(0.0) as run:
        printed, _ = run.communicate()
    kept, *hashes = printed.splitlines()[-1].split()
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path / "whole"))
    meter = Meter()
    whole = search_pitfalls(pairs_world(), [WEAK], [OUTSIDE], sentences=sentences_world(13), budget=200, meter=meter)
    assert hashes == [str(table.hash_rows().sum()) for table in (whole.pairs, whole.effects)]
    assert int(kept) > meter.kept


@settings(deadline=None, max_examples=15)
@given(budget=st.integers(6, 120), count=st.integers(1, 3), method=st.sampled_from(["thompson", "beam", "random"]))
def test_no_search_goes_beyond_its_budget(budget: int, count: int, method: str) -> None:
    simulators = [Rules(f"simulator {number}", planted=0.5) for number in range(count)]
    result = search_pitfalls(
        pairs_world(16), simulators, [OUTSIDE], sentences=sentences_world(5), budget=budget, method=method,  # type: ignore[arg-type]  # drawn from its names
        control=False,
    )  # fmt: skip
    assert result.calls["search"] <= budget
    assert result.pairs.filter(pl.col("half") == "search")["rate_english"].eq(1).all()


@pytest.mark.parametrize(
    ("english", "target", "value"),
    [(1, 0, 6.908755), (1, 0.4, 1.975633), (1, 1, 0.692648), (0.5, 0, 3.025453), (0, 1, -20)],
)
def test_the_value_of_a_candidate_is_that_of_the_release(english: float, target: float, value: float) -> None:
    """ln(1 + e^2 / (t^2 + .001)) - 20 (1 - e)^3."""
    pair = pairs_world(8)[0]
    assert Candidate(pair, (), english, target).value == pytest.approx(value, abs=1e-5)


@given(seed=st.integers(0, 50))
def test_choices_are_shuffled_alike_in_both_languages(seed: int) -> None:
    pairs = pairs_world(12, seed)
    for pair in pairs:
        both = [tuple(COLOURS[name].index(one) for one in side.choices)
                for name, side in (("English", pair.english), ("Swahili", pair.target))]  # fmt: skip
        assert both[0] == both[1]
        assert both[0][pair.place] == int(pair.item) % 4
    assert len({pair.english.choices for pair in pairs}) > 1
    first, second = halves(pairs, seed)
    assert len(first) == len(second) == 6
    assert not {pair.item for pair in first} & {pair.item for pair in second}


def test_a_sentence_names_the_same_wrong_choice_in_both_languages() -> None:
    pair = pairs_world(8)[3]
    step = Step(Sentence("a", "Some mention {choice}.", "Wengine hutaja {choice}."), "after", 1)
    english, target = perturbed(pair, [step], "english"), perturbed(pair, [step], "target")
    named = pair.wrong(1)
    assert named != pair.place
    assert english.question == f"Which colour has box 3? Some mention {pair.english.choices[named]}."
    assert target.question == f"Sanduku 3 lina rangi gani? Wengine hutaja {pair.target.choices[named]}."
    control = perturbed(pair.as_control, [step], "target", control=True)
    assert control.question == f"Box 3: what is its colour? Some mention {pair.english.choices[named]}."


def test_facts_of_other_questions_are_sentences_where_none_are_given() -> None:
    pairs = pairs_world(8)
    fact = facts_as_sentences(pairs, 0)[0]
    assert (fact.english, fact.target) == ("Which colour has box 0? red.", "Sanduku 0 lina rangi gani? nyekundu.")
    result = search_pitfalls(pairs, [WEAK], [OUTSIDE], budget=60, control=False)
    assert result.sentences["sentence"].str.starts_with("fact ").all()


def one_sentence(english: str, swahili: str) -> pl.DataFrame:
    return pl.DataFrame({"item": ["a", "a"], "lang": ["en", "sw"], "sentence": [english, swahili]})


def test_a_table_of_sentences(tmp_path: Path) -> None:
    sentences_table(3).write_csv(tmp_path / "sentences.csv")
    assert read_sentences(tmp_path / "sentences.csv", "swa") == sentences_world(3)
    with pytest.raises(InputError, match=r"\{choice\} stands in one language of sentence a only; write it in both"):
        read_sentences(one_sentence("See {choice}.", "Ona."), "swa")
    with pytest.raises(InputError, match="no sentence is in both languages"):
        read_sentences(one_sentence("See.", "Ona.").with_columns(item=pl.Series(["a", "b"])), "swa")


def test_the_benchmark_is_read_again_and_holds_prompts_for_other_tools(tmp_path: Path) -> None:
    result = searched(control=False)
    path = write_benchmark(result.pairs, "swa", tmp_path / "benchmark")
    read = read_questions(path)
    assert read.height == 2 * result.pairs.height
    swahili = read.filter(language="swa")
    assert swahili["question"].to_list() == result.pairs["question_target"].to_list()
    assert swahili["place"].to_list() == result.pairs["place"].to_list()
    pairs = pair_questions(read, "swa")
    assert len(pairs) == result.pairs.height
    line = json.loads((tmp_path / "benchmark/pitfalls_swa.jsonl").read_text().splitlines()[0])
    assert line["prompt"] == f"Question: {line['question']}\nAnswer:"
    assert line["continuations"] == [f" {one}" for one in line["choices"]]
    assert "test: pitfalls_swa.jsonl" in (tmp_path / "benchmark/pitfalls_swa.yaml").read_text()
    with pytest.raises(InputError, match="is not empty; name a new folder"):
        write_benchmark(result.pairs, "swa", tmp_path / "benchmark")


def without(language: str) -> pl.DataFrame:
    return pitfalls_table(20).filter(pl.col("language") != language)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (without("Swahili"), "unknown language of the questions 'swa'; known: eng"),
        (pitfalls_table(5), "5 questions are in both languages, fewer than 8"),
        (pitfalls_table(20).with_columns(choices=pl.lit("")), "item 0: has no choices, or no right one"),
        (pitfalls_table(20).with_columns(answer=pl.lit(0) + (pl.col("language") == "Swahili")),
         "item 0: has other choices in Swahili than in English, or another right one; give choices in the same order"),
    ],
)  # fmt: skip
def test_questions_that_are_no_pairs(table: pl.DataFrame, message: str) -> None:
    with pytest.raises(InputError, match=message):
        pair_questions(read_questions(table), "swa")


def test_a_simulator_is_not_measured() -> None:
    with pytest.raises(InputError, match="simulator is a simulator, too: its drop would be one that sentences were"):
        searched(models=[WEAK])
    with pytest.raises(InputError, match="no simulators; give simulators="):
        searched(simulators=[])
    with pytest.raises(InputError, match="3 is too small to ask 2 simulators one question in two languages"):
        searched(simulators=[WEAK, OUTSIDE], models=[Rules("third")], budget=3)
