"""The recipe ngram-logreg, as a user of the contract sees it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from isogloss.errors import BadValue, UnknownName
from isogloss.lab import Corpus, Training, recipes
from isogloss.lab.recipe.ngram_logreg import NgramLogreg

TRAIN = ["the doctor came", "a fever at night", "the football match", "goal and referee", "fever, doctor!", "match day"]
LABELS = np.array([0, 0, 1, 1, 0, 1])
TEST = ["doctors have fevers", "footballs", "Ωμέγα", "", "the the the a"]


def test_recipe_is_found_by_name() -> None:
    assert recipes.get("ngram-logreg") is NgramLogreg


@pytest.mark.parametrize("analyzer", ["char", "char_wb"])
def test_answers_are_those_of_a_scikit_learn_pipeline(analyzer: str) -> None:
    """TfidfVectorizer and LogisticRegression on the texts give the same labels, for texts in any script."""
    recipe = NgramLogreg(analyzer=analyzer, C=3.0)
    prepared = recipe.prepare(Corpus([TRAIN, []], [TEST[:2], TEST[2:]]), map)
    training = Training(np.arange(len(TRAIN)), LABELS, seed=0)
    answers = recipe.predict(prepared, recipe.fit(prepared, training))[""]
    vectorizer = TfidfVectorizer(analyzer=analyzer, ngram_range=(2, 5), sublinear_tf=True)
    direct = make_pipeline(vectorizer, LogisticRegression(C=3.0, tol=1e-7, max_iter=1000)).fit(TRAIN, LABELS)
    assert answers.tolist() == direct.predict(TEST).tolist()


def test_rows_of_several_languages_can_be_trained_on_together() -> None:
    """Training rows count through the languages, so that a mix is a choice of rows."""
    recipe = NgramLogreg()
    together = recipe.prepare(Corpus([TRAIN], [TEST]), map)
    apart = recipe.prepare(Corpus([TRAIN[:2], TRAIN[2:]], [TEST[:3], TEST[3:]]), map)
    rows = np.array([0, 2, 3, 4])
    training = Training(rows, LABELS[rows], seed=0)
    one, other = (recipe.predict(p, recipe.fit(p, training))[""] for p in (together, apart))
    assert one.tolist() == other.tolist()


def test_one_label_cannot_be_learnt_from() -> None:
    recipe = NgramLogreg()
    prepared = recipe.prepare(Corpus([TRAIN], [TEST]), map)
    with pytest.raises(BadValue, match="all 2 training texts have the same label"):
        recipe.fit(prepared, Training(np.array([0, 1]), LABELS[:2], seed=0))


def test_label_names_what_differs_from_the_defaults() -> None:
    """Two settings of one recipe are different observations."""
    assert NgramLogreg().label == "ngram-logreg"
    assert NgramLogreg(C=1, longest=4).label == "ngram-logreg(longest=4,C=1)"


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"c": 1}, "did you mean 'C'"),
        ({"C": 0}, "C must be a number above 0"),
        ({"C": "much"}, "C must be a number above 0, not 'much'"),
        ({"shortest": 2.5}, "shortest must be a whole number"),
        ({"shortest": 6}, "shortest (6) is above longest (5)"),
        ({"analyzer": "word"}, "unknown analyzer 'word'; known: char, char_wb"),
    ],
)
def test_bad_parameters_are_refused_in_one_line(parameters: dict[str, object], said: str) -> None:
    with pytest.raises((BadValue, UnknownName)) as caught:
        NgramLogreg.read(parameters, where="grid.toml: [recipe]")
    assert str(caught.value).startswith("grid.toml: [recipe]")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
