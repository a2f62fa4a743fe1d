"""Word alignment: published values, planted translations, and sentences where there is nothing to link."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.texts import (
    Bitext,
    GoldLinks,
    Links,
    aligners,
    alignment_error_rate,
    read_aligner,
    read_gold,
    write_links,
)
from isogloss.texts.aligners.hmm import forward_backward
from isogloss.texts.aligners.ibm1 import translation_table
from isogloss.texts.aligners.itermax import itermax
from isogloss.texts.aligners.lexical import Occurrences
from isogloss.texts.aligners.symmetrise import symmetrise
from isogloss.texts.aligners.vectors import mutual

SIMILARITY = np.array([[0.9, 0.8, 0.1, 0.2], [0.7, 0.75, 0.2, 0.3], [0.1, 0.2, 0.6, 0.65], [0.2, 0.1, 0.5, 0.55]])
LEXICAL = ["ibm1", "hmm"]
ENCODERS = ["argmax", "itermax", "match", "softmax"]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    pytest.importorskip("torch", reason="encoders need torch, of the extra lab")
    from tests.lab.checkpoints import make_checkpoint

    return str(make_checkpoint(tmp_path_factory.mktemp("aligners") / "encoder"))


def planted(sentences: int, seed: int = 1) -> tuple[Bitext, list[GoldLinks]]:
    """Sentences whose words have one translation each, the second and third of them in turned order."""
    chance = random.Random(seed)
    sources, targets, gold = [], [], []
    for _ in range(sentences):
        words = [f"w{chance.randrange(40)}" for _ in range(6)]
        order = [0, 2, 1, 3, 4, 5]
        sources.append(words)
        targets.append([words[place].replace("w", "x") for place in order])
        pairs = {(source, target) for target, source in enumerate(order)}
        gold.append(GoldLinks(pairs, pairs))
    return Bitext(sources, targets), gold


def of_names(bitext: Bitext, name: str, **parameters: object) -> list[Links]:
    return read_aligner({"name": name, **parameters}).align(bitext)


def test_argmax_and_itermax_link_what_they_do_in_their_release() -> None:
    assert mutual(SIMILARITY) == [(0, 0), (2, 3)]
    assert sorted(itermax(SIMILARITY)) == [(0, 0), (1, 1), (2, 2), (2, 3)]
    assert sorted(itermax(SIMILARITY[:2, :2])) == [(0, 0)]  # one round, where a side has two units


def test_model_1_learns_what_its_formula_says() -> None:
    """Three sentences, without a source word for none: t(the | das) after 1, 2 and 5 iterations."""
    bitext = Bitext(
        [["das", "haus"], ["das", "buch"], ["ein", "buch"]], [["the", "house"], ["the", "book"], ["a", "book"]]
    )
    with_null = Occurrences.of(bitext)
    kept = with_null.sources[with_null.cells] != 0
    pairs, cells = np.unique(with_null.cells[kept], return_inverse=True)
    occurrences = Occurrences(cells, [(2, 2)] * 3, with_null.sources[pairs])
    first_cell = cells[0]  # the, das
    values = [translation_table(occurrences, iterations)[first_cell] for iterations in (1, 2, 5)]
    assert values == pytest.approx([0.5, 0.6364, 0.8961], abs=5e-5)


@pytest.mark.parametrize("name", LEXICAL)
def test_planted_translations_are_linked(name: str) -> None:
    bitext, gold = planted(300)
    assert alignment_error_rate(of_names(bitext, name), gold) < 0.05


@pytest.mark.parametrize("name", LEXICAL)
def test_sentences_that_are_no_translations_are_hardly_linked_surely(name: str) -> None:
    """Targets are shuffled between sentences: the mean weight of links is far below that of translations."""
    bitext, _ = planted(200)
    shuffled = Bitext(bitext.sources, random.Random(3).sample(list(bitext.targets), len(bitext)))
    sure = [np.concatenate([one.weights for one in of_names(some, name)]).mean() for some in (bitext, shuffled)]
    assert sure[0] > 0.8
    assert sure[1] < sure[0] - 0.25


def test_neighbours_help_where_words_are_rare() -> None:
    """In 40 sentences most words occur few times, and their order says more than their company."""
    bitext, gold = planted(40, seed=5)
    rates = [alignment_error_rate(of_names(bitext, name, symmetrisation="union"), gold) for name in LEXICAL]
    assert rates[1] < rates[0]


def test_forward_backward_is_the_sum_over_all_paths() -> None:
    generator = np.random.default_rng(2)
    values, jumps, null = generator.uniform(0.1, 1, (1, 3, 3)), generator.uniform(0.1, 1, 201), 0.3
    moves = np.array([[jumps[100 + to - begin] for to in (0, 1)] for begin in (0, 1)])
    moves /= moves.sum(axis=1, keepdims=True)
    states = [(place, linked) for place in (0, 1) for linked in (False, True)]
    weights = np.zeros((3, 3))
    for path in np.ndindex(4, 4, 4):
        chosen = [states[number] for number in path]
        weight = 1.0
        for word, (place, linked) in enumerate(chosen):
            if word == 0:
                weight *= 0.5
            elif linked:
                weight *= moves[chosen[word - 1][0], place]
            elif place != chosen[word - 1][0]:
                weight = 0.0
            weight *= (1 - null) * values[0, word, place + 1] if linked else null * values[0, word, 0]
        for word, (place, linked) in enumerate(chosen):
            weights[word, place + 1 if linked else 0] += weight
    posteriors, _ = forward_backward(values, jumps, null)
    assert posteriors[0] == pytest.approx(weights / weights[0].sum())


@given(
    st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5))), st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)))
)
def test_joined_links_lie_between_intersection_and_union(
    forward: set[tuple[int, int]], backward: set[tuple[int, int]]
) -> None:
    grown = symmetrise(forward, backward, "grow-diag-final-and")
    assert symmetrise(forward, backward, "intersection") <= grown <= symmetrise(forward, backward, "union")


def test_links_grow_along_the_diagonal_only_to_words_without_one() -> None:
    forward, backward = {(0, 0), (1, 1), (3, 0)}, {(0, 0), (2, 3)}
    assert symmetrise(forward, backward, "grow-diag-final-and") == {(0, 0), (1, 1), (2, 3)}


@pytest.mark.parametrize("name", ENCODERS)
def test_a_sentence_is_linked_to_itself_word_by_word(name: str, encoder: str) -> None:
    sentence = ["doctor", "fever", "hospital"]
    (links,) = of_names(Bitext([sentence], [sentence]), name, model=encoder, centred=False, units="words")
    assert {(place, place) for place in range(3)} <= {*map(tuple, links.pairs.tolist())}
    assert ((links.weights >= 0) & (links.weights <= 1)).all()


@pytest.mark.parametrize("name", [*ENCODERS, *LEXICAL])
def test_sentences_without_words_have_no_links(name: str, encoder: str) -> None:
    parameters = {"model": encoder} if name in ENCODERS else {}
    found = of_names(Bitext([[], ["a"], ["doctor"]], [["b"], [], ["fever"]]), name, **parameters)
    assert [len(one.pairs) for one in found[:2]] == [0, 0]
    assert len(found) == 3


def test_words_beyond_the_length_of_the_model_are_named(encoder: str) -> None:
    long = ["doctor"] * 40
    (links,) = of_names(Bitext([["doctor"]], [long]), "argmax", model=encoder, max_length=10)
    assert links.unread == tuple(range(min(links.unread), 40))
    assert len(links.unread) >= 30


def test_layers_that_are_not_there_are_refused(encoder: str) -> None:
    with pytest.raises(BadValue, match=r"there is no layer 99; the model has 0 \(embeddings\) to"):
        of_names(Bitext([["a"]], [["b"]]), "argmax", model=encoder, layers=[99])


def test_bad_parameters_are_refused() -> None:
    assert aligners.names() == ["argmax", "hmm", "ibm1", "itermax", "match", "softmax"]
    with pytest.raises(UnknownName, match="aligner 'ibm'"):
        read_aligner({"name": "ibm"})
    with pytest.raises(BadValue, match="aligner has no name"):
        read_aligner({})
    with pytest.raises(BadValue, match="2 sentences and 1 translations"):
        Bitext([["a"], ["b"]], [["c"]])


def test_error_rate_counts_possible_links_as_no_error(tmp_path: Path) -> None:
    (tmp_path / "gold").write_text("0-0 1p1\n\n")
    gold = read_gold(tmp_path / "gold")
    links = [Links.of({(0, 0): 1.0, (1, 1): 1.0, (2, 2): 1.0}), Links.of({})]
    assert alignment_error_rate(links, gold) == pytest.approx(1 - (1 + 2) / (3 + 1))
    write_links(links, tmp_path / "links")
    assert (tmp_path / "links").read_text() == "0-0 1-1 2-2\n\n"
    with pytest.raises(BadValue, match="links of 1 sentences, gold of 2"):
        alignment_error_rate(links[:1], gold)


def test_a_line_that_is_no_alignment_is_named(tmp_path: Path) -> None:
    (tmp_path / "gold").write_text("0-0\n1:2\n")
    with pytest.raises(BadFile, match="gold line 2: '1:2' is no link"):
        read_gold(tmp_path / "gold")
