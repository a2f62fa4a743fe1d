"""Training on demonstrations: the loss and the pairs by their formulas, samples, what is kept, and bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch", reason="models need torch, of the extra lab")

import torch
from tests.lab.checkpoints import make_checkpoint, make_decoder
from tests.models.made import make_t5

from isogloss.errors import BadValue, IsoglossError
from isogloss.lab.tuning import Demonstration, Tuning, checkpoint
from isogloss.lab.tuning.checkpoint import tune
from isogloss.lab.tuning.preferences import draw_pairs, pair_counts, pair_pools, preference_loss
from isogloss.lab.tuning.training import draw_samples, in_tokens, log_likelihoods
from isogloss.models import load_decoder, score
from isogloss.models.checkpoints import fingerprint

QUICK = Tuning(steps=12, learning_rate=1e-2, preference_steps=6, preference_learning_rate=3e-3, samples=4, every=3,
               pairs=10, beta=0.5)  # fmt: skip
TEA = [Demonstration(f"{number}?", " tea") for number in range(3)]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return make_decoder(tmp_path_factory.mktemp("decoder") / "tiny")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path))


ratios = st.floats(-50, 50)


@given(chosen=ratios, rejected=ratios, beta=st.floats(0.01, 2))
def test_the_loss_of_a_pair_is_that_of_the_formula(chosen, rejected, beta):
    """-log sigmoid(beta (chosen - rejected)), and log 2 where both are as likely as under the reference."""
    chosen_, rejected_ = (torch.tensor([one], dtype=torch.float64) for one in (chosen, rejected))
    expected = math.log1p(math.exp(-beta * (chosen - rejected)))
    assert preference_loss(chosen_, rejected_, beta).item() == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert preference_loss(chosen_, chosen_, beta).item() == pytest.approx(math.log(2))


def test_of_24_pairs_17_are_expert_5_replay_and_2_between_models():
    assert pair_counts(24) == {"expert": 17, "replay": 5, "between": 2}


answers = st.lists(st.sampled_from("abcdef"), min_size=2, max_size=4)


@given(drawn=st.lists(st.tuples(answers, answers), min_size=1, max_size=4), pairs=st.integers(1, 40),
       seed=st.integers(0, 99))  # fmt: skip
@settings(max_examples=60)
def test_pairs_are_of_their_kind_and_drawn_once_up_to_their_share(drawn, pairs, seed):
    history, demonstrations = [list(one) for one in drawn], ["a", "b"]
    pools = pair_pools(demonstrations, history)
    assert all(pair.chosen == demonstrations[pair.place] for kind in ("expert", "replay") for pair in pools[kind])
    assert all(pair.rejected in history[-1][pair.place] for pair in pools["expert"])
    assert all(any(pair.rejected in one[pair.place] for one in history[:-1]) for pair in pools["replay"])
    assert all(any(pair.chosen in one[pair.place] for one in history[1:]) for pair in pools["between"])
    assert not any(pair.chosen == pair.rejected for pool in pools.values() for pair in pool)
    if len(history) == 1:
        assert not pools["replay"] + pools["between"]
    found = list(draw_pairs(pools, pairs, np.random.default_rng(seed)))
    assert len(found) == sum(min(most, len(pools[kind])) for kind, most in pair_counts(pairs).items())


def test_the_likelihood_that_is_trained_is_the_one_that_is_scored(model):
    decoder = load_decoder(model)
    demonstrations = [Demonstration("What?", " tea", ""), Demonstration("And what else?", " a beer", "")]
    with torch.no_grad():
        found = log_likelihoods(decoder, [in_tokens(decoder, one, one.answer) for one in demonstrations])
    expected = score(decoder, ["What?", "And what else?"], [[" tea"], [" a beer"]], max_length=100).sums
    assert found.tolist() == pytest.approx(expected, abs=1e-4)


def test_samples_are_as_frequent_as_the_model_finds_them_likely(model):
    """Trained on three answers `a` and one `b` to one prompt, 300 samples have each within 4 standard errors."""
    demonstrations = [Demonstration("?", one) for one in "aaab"]
    decoder = load_decoder(tune(model, "sft", demonstrations, Tuning(steps=25, learning_rate=1e-2)))
    samples = draw_samples(decoder, demonstrations[:1], 300, seed=1)[0]
    assert samples == draw_samples(decoder, demonstrations[:1], 300, seed=1)[0]
    for answer in "ab":
        likely = math.exp(score(decoder, ["?"], [[f"{answer}\n"]], max_length=100).sums[0])
        assert abs(samples.count(answer) / 300 - likely) < 4 * math.sqrt(likely * (1 - likely) / 300)
    assert samples.count("a") > 2 * samples.count("b") > 0


def test_preferences_move_the_model_further_towards_demonstrations_than_its_own_samples(model):
    """What the reference says less often than the demonstration becomes rarer beside it, in both methods."""
    weak = Tuning(**{**QUICK.parameters, "steps": 6})
    margins = {}
    for method in ("sft", "dpo", "ditto"):
        decoder = load_decoder(tune(model, method, TEA, weak))
        sums = score(decoder, [TEA[0].prompt], [[" tea\n", " ttt\n"]], max_length=100).sums
        margins[method] = sums[0] - sums[1]
    assert margins["sft"] < min(margins["dpo"], margins["ditto"])


def test_a_trained_model_is_kept_and_the_same_seed_gives_the_same_weights(model, tmp_path, monkeypatch):
    first = tune(model, "ditto", TEA, QUICK, seed=3)
    made = (first / "model.safetensors").stat().st_mtime_ns
    assert tune(model, "ditto", TEA, QUICK, seed=3) == first
    assert (first / "model.safetensors").stat().st_mtime_ns == made
    assert {one.name.partition("-")[0] for one in first.parent.iterdir()} == {"sft", "ditto"}
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path / "other"))
    again = tune(model, "ditto", TEA, QUICK, seed=3)
    assert again != first
    assert fingerprint(again) == fingerprint(first) != fingerprint(model)


def test_what_cannot_be_trained_is_said_with_what_to_do(model, tmp_path, monkeypatch):
    with pytest.raises(BadValue, match="a masked model cannot be trained on demonstrations; choose a decoder"):
        tune(make_checkpoint(tmp_path / "bert"), "sft", TEA)
    with pytest.raises(BadValue, match="an encoder-decoder cannot be trained on demonstrations"):
        tune(make_t5(tmp_path / "t5"), "sft", TEA)
    with pytest.raises(BadValue, match=r"a demonstration takes 3,0.. tokens, and there is room for 2,048"):
        tune(model, "sft", [Demonstration("a" * 3000, " tea")])
    monkeypatch.setattr(checkpoint, "free_memory", lambda: 10_000)
    with pytest.raises(IsoglossError, match=r"training takes about .* GB of memory, and there are 0.0 GB"):
        tune(model, "sft", TEA)
