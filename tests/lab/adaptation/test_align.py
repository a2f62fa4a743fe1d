"""Losses that bring languages together, where the truth is known; of wrong pairs nothing comes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from isogloss.errors import BadValue, UnknownName
from isogloss.lab import adapt, adaptation_card

pytest.importorskip("torch", reason="needs the extra lab")

import torch
from tests.lab.adaptation.worlds import COPY, copied, sentences, shuffled, trained

from isogloss.lab.adaptation.objectives.contrast import SentenceContrast, info_nce
from isogloss.lab.adaptation.objectives.pairs import PairStates
from isogloss.lab.adaptation.objectives.words import WordDistance

PARALLEL = sentences(120, 7)
TRUE = {"eng": PARALLEL, COPY: [*map(copied, PARALLEL)]}
WRONG = {"eng": PARALLEL, COPY: shuffled(TRUE[COPY])}
TRAINED = {"batches": 60, "batch_size": 16, "learning_rate": 2e-3, "parts": 1}
KEPT = {"own": 0.0, "keep": 1.0}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A model of hidden words and a decoder that have read both languages, and no translations."""
    return {kind: trained(kind, tmp_path_factory.mktemp(kind)) for kind in ("masked", "decoder")}


def retrieval(folder):
    """P@1 of translations that were held out, before and after."""
    return [point["retrieval"][COPY] for point in adaptation_card(folder)["facts"]["curve"]]


class TestPlantedWorld:
    """Translations that were held out are found after training on others, and not after training on wrong pairs."""

    @pytest.mark.parametrize(
        ("name", "kind", "given"),
        [
            ("align-sentences", "masked", {}),
            ("align-sentences", "decoder", {}),
            ("align-sentences", "masked", KEPT),
            ("align-words", "masked", {}),
        ],
    )
    def test_translations_are_found_after_training_on_others(self, name, kind, given, models, tmp_path):
        how = {**TRAINED, **given}
        before, after = retrieval(adapt(models[kind], name, corpus=TRUE, into=tmp_path / "true", **how))
        assert before < 0.4
        assert after > 0.8
        _, wrong = retrieval(adapt(models[kind], name, corpus=WRONG, into=tmp_path / "wrong", **how))
        assert wrong < 0.4

    def test_the_own_loss_is_learnt_beside(self, models, tmp_path):
        """With it, the model expects both languages no worse than before; without, a decoder forgets."""
        both = adapt(models["decoder"], "align-sentences", corpus=TRUE, into=tmp_path / "both", **TRAINED)
        alone = adapt(models["decoder"], "align-sentences", corpus=TRUE, into=tmp_path / "alone", own=0.0, **TRAINED)
        changes = [[one["change"] for one in adaptation_card(folder)["losses"]] for folder in (both, alone)]
        assert max(changes[0]) < 0.05
        assert min(changes[1]) > 0.1

    def test_keep_holds_the_pivot_in_its_place(self, models, tmp_path):
        moved = {}
        for keep in (1.0, 100.0):
            folder = adapt(
                models["masked"], "align-sentences", corpus=TRUE, into=tmp_path / str(keep), own=0.0, keep=keep,
                **TRAINED,
            )  # fmt: skip
            moved[keep] = distance(models["masked"], folder, PARALLEL[:20])
        assert moved[100.0] < 0.5 * moved[1.0]


def distance(before, after, texts):
    """Mean squared distance of the states of the middle layer."""
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(before)
    given = tokenizer(texts, padding=True, return_tensors="pt")
    states = []
    for folder in (before, after):
        model = transformers.AutoModel.from_pretrained(folder).eval()
        with torch.no_grad():
            found = model(given["input_ids"], given["attention_mask"], output_hidden_states=True).hidden_states[1]
        states.append(found[given["attention_mask"].bool()])
    return float(((states[0] - states[1]) ** 2).mean())


class TestContrast:
    def test_of_sentences_that_share_nothing_it_is_what_the_formula_says(self):
        one = torch.eye(4)
        assert float(info_nce(one, one, 0.5)) == pytest.approx(math.log(1 + 3 * math.exp(-1 / 0.5)))
        assert float(info_nce(one, torch.ones(4, 4), 0.5)) == pytest.approx(math.log(4))

    def test_it_sees_directions_and_no_lengths(self):
        chance = torch.Generator().manual_seed(0)
        first, second = (torch.randn(5, 8, generator=chance) for _ in range(2))
        assert float(info_nce(first, second, 0.1)) == pytest.approx(float(info_nce(3 * first, second, 0.1)), rel=1e-5)
        assert float(info_nce(first, second, 0.1)) == pytest.approx(float(info_nce(second, first, 0.1)), rel=1e-5)

    def test_padding_changes_nothing(self):
        pairs = states()
        longer = PairStates(
            COPY, pairs.rows, torch.cat([pairs.first, 9 * torch.ones(2, 3, 4)], 1),
            torch.cat([pairs.first_mask, torch.zeros(2, 3)], 1), pairs.second, pairs.second_mask,
        )  # fmt: skip
        assert float(SentenceContrast(0.1)(longer)) == pytest.approx(float(SentenceContrast(0.1)(pairs)))


def states():
    """Of two sentences of three tokens and their translations, at the places 4 and 1 of the texts."""
    chance = torch.Generator().manual_seed(1)
    first, second = (torch.randn(2, 3, 4, generator=chance) for _ in range(2))
    return PairStates(COPY, np.array([4, 1]), first, torch.ones(2, 3), second, torch.ones(2, 3))


class TestWordDistance:
    """By a sum that is written out here."""

    def test_a_word_is_the_mean_of_its_tokens(self):
        owners = {"eng": [[None, 0, 1]] * 5, COPY: [[0, 0, 1]] * 5}
        links = {COPY: [np.zeros((0, 2), int)] * 4 + [np.array([[0, 0], [1, 1]])]}
        pairs = states()
        found = WordDistance(owners, links, "eng")(pairs)
        expected = [
            (pairs.first[0, 1] - (pairs.second[0, 0] + pairs.second[0, 1]) / 2) ** 2,
            (pairs.first[0, 2] - pairs.second[0, 2]) ** 2,
        ]
        assert float(found) == pytest.approx(float(torch.stack(expected).mean()))

    def test_words_that_were_cut_off_and_sentences_without_links_count_nothing(self):
        owners = {"eng": [[None, 0, 1]] * 5, COPY: [[None, None, 0]] * 5}
        links = {COPY: [np.array([[2, 0], [0, 5]])] * 5}
        assert float(WordDistance(owners, links, "eng")(states())) == 0.0


@pytest.mark.parametrize(
    ("name", "given", "error", "match"),
    [
        ("align-sentences", {"pivot": "xho"}, UnknownName, "unknown language of the texts 'xho'"),
        ("align-sentences", {"languages": ("fra",)}, UnknownName, "unknown language of the texts 'fra'"),
        ("align-sentences", {"languages": ("eng",)}, BadValue, "the pivot 'eng' is brought to itself"),
        ("align-sentences", {"layer": 9}, BadValue, r"there is no layer 9.*the model has 1 to 3"),
        ("align-sentences", {"temperature": 0.0}, BadValue, "temperature"),
        ("align-words", {"keep": 0.0}, BadValue, "all words could get one state.*keep=1"),
        ("align-words", {"aligner": {"name": "fastalign"}}, UnknownName, "unknown aligner 'fastalign'"),
        ("align-words", {"aligner": {}}, BadValue, "aligner has no name"),
    ],
)
def test_what_cannot_be_aligned_is_said(name, given, error, match, checkpoints, corpus, tmp_path):
    with pytest.raises(error, match=match):
        adapt(checkpoints["masked"], name, corpus=corpus, into=tmp_path / "made", **given)


def test_an_encoder_without_a_head_has_no_loss_of_its_own(checkpoints, corpus, tmp_path):
    with pytest.raises(BadValue, match=r"is an encoder without a head.*give own=0"):
        adapt(checkpoints["encoder"], "align-sentences", corpus=corpus, into=tmp_path / "made")


def test_texts_that_are_no_translations_are_refused(checkpoints, corpus, tmp_path):
    uneven = corpus | {"nld": corpus["nld"][:-1]}
    with pytest.raises(BadValue, match="30 texts of 'eng' are no translations of 29 of 'nld'"):
        adapt(checkpoints["masked"], "align-sentences", corpus=uneven, into=tmp_path / "made")


def test_one_language_is_nothing_to_align(checkpoints, corpus, tmp_path):
    with pytest.raises(BadValue, match="no texts of a language beside the pivot"):
        adapt(checkpoints["masked"], "align-sentences", corpus={"eng": corpus["eng"]}, into=tmp_path / "made")


def test_the_card_says_what_was_compared(checkpoints, corpus, tmp_path):
    how = {"batches": 4, "batch_size": 4, "parts": 2, "measured": 3}
    folder = adapt(checkpoints["masked"], "align-words", corpus=corpus, into=tmp_path / "made", **how)
    facts = adaptation_card(folder)["facts"]
    assert (facts["layer"], facts["pairs"], facts["steps"]) == (3, {"nld": 27}, 4)
    assert [point["retrieval"].keys() for point in facts["curve"]] == [{"nld"}] * 3
    middle = adapt(checkpoints["masked"], "align-sentences", corpus=corpus, into=tmp_path / "middle", **how)
    assert adaptation_card(middle)["facts"]["layer"] == 2
