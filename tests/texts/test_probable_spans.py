"""Spans carried by probability: candidates and constrained markers, by words and by an encoder-decoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.texts.test_seq2seq import checkpoint as tiny

from isogloss.errors import BadValue, InputError, UnknownName
from isogloss.texts import Bitext, Span, project_probable, read_span_scorer, read_spans
from isogloss.texts.projection.scorers import Floats, Marking
from isogloss.texts.projection.scorers.search import MarkedSentence, most_probable
from isogloss.texts.projection.scorers.words import WordProbabilities

checkpoint = tiny


class Planted(MarkedSentence):
    """A sentence whose tokens have any log-probabilities that depend on all that was read before."""

    def __init__(self, words: int, seed: int):
        self.words, self.seed, self.settled = words, seed, 0

    def token(self, *before: object) -> float:
        drawn = np.random.default_rng([self.seed, *map(ord, repr(before))])
        return -float(drawn.exponential(2.0))

    def read(self, tokens: list[str]) -> float:
        return sum(self.token(*tokens[: place + 1]) for place in range(len(tokens)))

    def plain(self) -> list[str]:
        return [str(place) for place in range(self.words)]

    def opened(self) -> Floats:
        return np.array([self.read([*self.plain()[:first], "["]) for first in range(self.words)])

    def closed(self, first: int) -> Floats:
        begun = [*self.plain()[:first], "["]
        return np.array(
            [self.read([*begun, *self.plain()[first : last + 1], "]"]) for last in range(first, self.words)]
        )

    def marked(self, first: int, last: int) -> float:
        self.settled += 1
        own = self.plain()
        return self.read([*own[:first], "[", *own[first : last + 1], "]", *own[last + 1 :]])

    def all(self) -> list[Marking]:
        pairs = [(first, last) for first in range(self.words) for last in range(first, self.words)]
        return sorted((Marking(*pair, self.marked(*pair)) for pair in pairs), key=lambda one: -one.log_probability)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 7), st.integers(0, 10_000), st.integers(1, 5))
def test_the_search_finds_what_trying_all_places_finds(words: int, seed: int, kept: int) -> None:
    sentence = Planted(words, seed)
    expected = sentence.all()[:kept]
    assert most_probable(sentence, kept) == expected


def test_the_search_settles_few_places() -> None:
    """Of 10 x 11 / 2 = 55 places, with steps of log-probability -2 on average."""
    settled = []
    for seed in range(20):
        sentence = Planted(10, seed)
        most_probable(sentence)
        settled.append(sentence.settled)
    assert np.mean(settled) < 25


def test_an_encoder_decoder_is_searched_exactly(checkpoint: Path) -> None:
    """Against every place of the markers, scored as a whole, in a model with random weights."""
    scorer = read_span_scorer({"name": "seq2seq", "checkpoint": str(checkpoint)})
    sentences = ["the goalkeeper plays football".split(), "in a big match the doctor".split()]
    bitext = Bitext(sentences, sentences[::-1])
    for pair, words in zip(scorer.prepare(bitext, "eng", "spa"), bitext.targets, strict=True):
        assert pair is not None
        count = len(words) * (len(words) + 1) // 2
        every = pair.marked((0, 1), count)
        assert len({one[:2] for one in every}) == count
        values = [one.log_probability for one in every]
        assert values == sorted(values, reverse=True)
        assert pair.marked((0, 1), 2) == every[:2]


def test_log_probabilities_are_those_of_the_model(checkpoint: Path) -> None:
    """The loss of transformers on the same marked texts, with the code of the language before the answer."""
    import torch
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint)
    model = transformers.M2M100ForConditionalGeneration.from_pretrained(checkpoint).eval()
    (pair,) = read_span_scorer({"name": "seq2seq", "checkpoint": str(checkpoint)}).prepare(
        Bitext([["the", "doctor", "cures"]], [["small", "river"]]), "eng", "spa"
    )
    assert pair is not None
    found = {one[:2]: one.log_probability for one in pair.marked((1, 1), 3)}
    ids = tokenizer("the [ doctor ] cures", return_tensors="pt")["input_ids"]
    answer = tokenizer.convert_tokens_to_ids(["spa_Latn", "small", "[", "river", "]", "</s>"])
    with torch.no_grad():
        logits = model(input_ids=ids, decoder_input_ids=torch.tensor([[2, *answer[:-1]]])).logits[0].double()
    values = logits.log_softmax(-1)[torch.arange(1, 6), torch.tensor(answer[1:])]
    assert found[1, 1] == pytest.approx(float(values.sum()), abs=1e-6)


def words_of(length: int, seed: int) -> WordProbabilities:
    forward, backward = np.random.default_rng(seed).dirichlet(np.ones(length), (2, length))
    return WordProbabilities(forward, backward)


@given(st.integers(2, 6), st.integers(0, 1000))
def test_word_probabilities_mark_as_their_formula_says(length: int, seed: int) -> None:
    """g(w | A) = .2 / m + .8 mean of p(w | a); sum of log g over words inside and outside, mean of both directions."""
    pair, span = words_of(length, seed), (0, 1)

    def g(table: Floats, word: int, given: set[int]) -> float:
        mean = np.mean([table[one, word] for one in given]) if given else 0.0
        return float(np.log(0.2 / length + 0.8 * mean))

    def total(first: int, last: int) -> float:
        sides = [{*range(span[0], span[1] + 1)}, {*range(first, last + 1)}]
        ahead = sum(g(pair.forward, word, sides[0] if word in sides[1] else {*range(length)} - sides[0])
                    for word in range(length))  # fmt: skip
        back = sum(g(pair.backward, word, sides[1] if word in sides[0] else {*range(length)} - sides[1])
                   for word in range(length))  # fmt: skip
        return (ahead + back) / 2

    (best,) = pair.marked(span, 1)
    every = {(first, last): total(first, last) for first in range(length) for last in range(first, length)}
    assert best.log_probability == pytest.approx(max(every.values()))
    assert every[best[:2]] == pytest.approx(best.log_probability)


def planted_bitext(count: int, seed: int, *, shuffled: bool = False) -> tuple[Bitext, list[list[str]], list[set[Span]]]:
    """Sentences of eight words out of 60, in turned order; a name of two words is anywhere in them."""
    drawn = np.random.default_rng(seed)
    sources, targets, labels, gold = [], [], [], []
    for _ in range(count):
        words = [f"w{number}" for number in drawn.choice(60, 8, replace=False)]
        first = int(drawn.integers(0, 7))
        sources.append(words)
        targets.append([word.upper() for word in reversed(words)])
        labels.append(["B-PER" if place == first else "I-PER" if place == first + 1 else "O" for place in range(8)])
        gold.append({Span("PER", 6 - first, 7 - first)})
    if shuffled:
        targets = [targets[place] for place in drawn.permutation(count)]
    return Bitext(sources, targets), labels, gold


@pytest.mark.parametrize("method", ["candidates", "constrained"])
@pytest.mark.parametrize("seed", [0, 1])
def test_planted_spans_are_found_and_shuffled_ones_are_not(method: Any, seed: int) -> None:
    """Where sentences are translations nearly all are right, and where they are not as few as chance has it."""
    scorer = read_span_scorer({"name": "lexical", "aligner": "ibm1"})
    shares = []
    for shuffled in (False, True):
        bitext, labels, gold = planted_bitext(200, seed, shuffled=shuffled)
        found = project_probable(bitext, labels, scorer, "eng", "deu", method=method)
        made = [{*read_spans([label or "O" for label in one])} for one in found.labels]
        shares.append(np.mean([one == other for one, other in zip(made, gold, strict=True)]))
    assert shares[0] > 0.95
    assert shares[1] < 0.12


def test_unsure_spans_and_empty_translations_are_dropped_with_the_reason() -> None:
    bitext, labels, _ = planted_bitext(50, 3)
    empty = Bitext([*bitext.sources, ["w1"]], [*bitext.targets, []])
    scorer = read_span_scorer({"name": "lexical"})
    found = project_probable(empty, [*labels, ["B-PER"]], scorer, "eng", "deu", method="candidates", least=0.999)
    assert found.table["reasons"].to_list() == ["50 too unsure, 1 no link"]
    assert found.labels[-1] == []


@pytest.mark.parametrize(
    ("scorer", "error", "said"),
    [
        ({"name": "words"}, UnknownName, "span scorer 'words'"),
        ({"name": "encoder", "temperature": 0}, BadValue, "temperature"),
        ({"name": "lexical", "aligner": "argmax"}, InputError, "aligner"),
        ({"name": "seq2seq"}, BadValue, "needs a checkpoint"),
    ],
)
def test_bad_scorers_are_refused(scorer: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        read_span_scorer(scorer)


def test_tags_of_words_have_no_stretch() -> None:
    with pytest.raises(BadValue, match="'NOUN' in sentence 1 is no label of a span"):
        project_probable(
            Bitext([["a"]], [["b"]]), [["NOUN"]], read_span_scorer({"name": "lexical"}), "eng", "deu",
            method="candidates",
        )  # fmt: skip
