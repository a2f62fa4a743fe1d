"""A model that learns from rewards of its own answers, in worlds where a reward holds in all languages and in one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra lab")
pytest.importorskip("peft", reason="needs the extra lab")

from tests.lab.adaptation.preference_world import (
    SAMPLED,
    SEEN,
    UNSEEN,
    good_shares,
    make_base,
    prefer_sampled,
    win_rates,
    write_pairs,
)
from tests.lab.checkpoints import make_checkpoint
from tests.lab.test_domain_invariant import fitted, pairs, recipe_of

from isogloss.errors import BadValue, InputError
from isogloss.lab import adapt, adaptation_card, save
from isogloss.lab.rewards import Prompts, digest_of, read_reward


@pytest.fixture(scope="module")
def world(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    return make_base(folder / "base", kinds=request.param), write_pairs(folder, kinds=request.param), request.param


@pytest.mark.parametrize(("world", "method"), [(1, "dpo"), (1, "rloo"), (9, "dpo")], indirect=["world"])
def test_rewards_of_one_language_move_others_only_where_they_are_shared(world, method, tmp_path):
    """And elsewhere nothing is lost: answers of other languages win as often as before."""
    base, task, kinds = world
    made = prefer_sampled(base, task, 1, tmp_path / "tuned", method=method)
    before, after = (good_shares(one, kinds=kinds) for one in (base, made))
    wins = win_rates(made, base, kinds=kinds)
    moved = {language: after[language] - before[language] for language in before}
    assert moved[SEEN[0]] > 0.15
    unseen = np.mean([moved[language] for language in UNSEEN])
    assert unseen > 0.3 if kinds == 1 else abs(unseen) < 0.05
    assert min(wins[language] for language in UNSEEN) > (0.55 if kinds == 1 else 0.49)
    rounds = adaptation_card(made)["facts"]["rounds"]
    assert [one["round"] for one in rounds] == [*range(7)]
    assert rounds[-1]["reward"]["deu"] > rounds[0]["reward"]["deu"] + 0.1
    assert rounds[-1]["learnt"] == 0 < rounds[0]["learnt"]


@pytest.mark.parametrize("world", [9], indirect=True)
def test_answers_that_are_all_worth_the_same_are_refused(world, tmp_path):
    base, task, _ = world
    given = {"task": str(task), "languages": ("deu",), "examples": 2, "rounds": 1, "reward": "pattern:zzz"}
    with pytest.raises(BadValue, match=r"no prompt had two answers of different reward.*raise samples"):
        adapt(base, "sampled-preference", settings=SAMPLED, into=tmp_path / "made", **given)
    assert not (tmp_path / "made").exists()


PROMPTS = Prompts(["Wie heißt der Fluss?", "What is the river called?"], ["Rhein", "Thames"], ["deu", "eng"])


def test_rewards_by_rules():
    answers = [["rhein", "Rhine"], ["The Thames", " thames "]]
    assert read_reward("answer")(PROMPTS, answers).tolist() == [[1, 0], [0, 1]]
    assert read_reward("pattern:^[A-Z]")(PROMPTS, answers).tolist() == [[0, 1], [1, 0]]


def test_the_reward_of_the_language_of_the_prompt():
    pytest.importorskip("py3langid", reason="needs the extra behaviour")
    german, english = "Der Fluss heißt Rhein und ist sehr lang.", "The river is called Thames and it is long."
    assert read_reward("language")(PROMPTS, [[german, english]] * 2).tolist() == [[1, 0], [0, 1]]


def test_a_recipe_that_was_trained_on_choices_grades_answers(tmp_path):
    """A reward that was learnt in English chooses the better of three answers, some of other words."""
    recipe = recipe_of(make_checkpoint(tmp_path / "model"))
    save(recipe, fitted(recipe, target=0)[0], tmp_path / "reward")
    rows, right = pairs(7, 30, cue=False)
    answers = [[*one.choices, one.choices[1 - place]] for one, place in zip(rows, right, strict=True)]
    prompts = Prompts([one.premise for one in rows], [""] * 30, ["eng"] * 30)
    rewards = read_reward(str(tmp_path / "reward"))(prompts, answers)
    assert rewards.sum(1).tolist() == [1.0] * 30
    assert np.mean([row[place] for row, place in zip(rewards, right, strict=True)]) > 0.9
    assert digest_of(str(tmp_path / "reward")) != digest_of("answer") == "answer"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"reward": "goodness"}, r"'goodness' is no reward.*give answer, language, pattern:"),
        ({"reward": "pattern:["}, "'pattern:\\[' is no regular expression"),
        ({"samples": 1}, "samples"),
        ({"method": "ppo"}, "unknown method 'ppo'"),
    ],
)
def test_what_is_no_reward_is_refused(given, said, tmp_path):
    task = write_pairs(tmp_path, kinds=1)
    with pytest.raises(InputError, match=said):
        adapt(Path("none"), "sampled-preference", task=str(task), into=tmp_path / "made", **given)
