"""Terms in written texts: which of a list the sources ask for, and whether outputs have them."""

from __future__ import annotations

import polars as pl
import pytest

import isogloss
from isogloss.behaviour import read_terms, score_generation
from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.metrics.terms import similarity

TERMS = pl.DataFrame(
    {
        "language": ["German", "German", "German", "Japanese"],
        "term": ["contract", "heart attack", "heart", "contract"],
        "translation": ["Vertrag", "Herzinfarkt|Herzanfall", "Herz", "契約"],
    }
)
ITEMS = pl.DataFrame(
    {
        "language": ["German"] * 4 + ["Japanese"] * 2,
        "item": [0, 1, 2, 3, 0, 2],
        "source": ["Sign the contract.", "A Heart attack!", "Contracts of the heart; the contract", "Rain.",
                   "Sign the contract.", "The contract."],
        "prediction": ["Unterschreiben Sie den Vertrag.", "Ein Herzanfall!", "Verträge des Herzens", "Regen.",
                       "契約に署名する。", "雨です。"],
    }
)  # fmt: skip


def accuracies(items: pl.DataFrame, terms: pl.DataFrame = TERMS) -> dict[tuple[str, str | None], tuple[float, int]]:
    scores = isogloss.generation_quality(items, terms=terms).result.scores
    return {(name, language): (value, items) for name, language, value, items in
            scores.select("metric", "language", "value", "items").iter_rows()}  # fmt: skip


def test_the_share_of_terms_is_counted_by_language_over_the_items_that_have_any() -> None:
    """German: Vertrag, Herzanfall for heart attack and not for heart, of the third neither as it stands."""
    found = accuracies(ITEMS)
    assert found["term_accuracy", "deu"] == (2 / 4, 3)
    assert found["inflected_term_accuracy", "deu"] == (4 / 4, 3)
    assert found["term_accuracy", "jpn"] == found["inflected_term_accuracy", "jpn"] == (1 / 2, 2)
    assert found["term_accuracy", None] == (1 / 2, 5)


def test_outputs_of_other_items_have_no_terms() -> None:
    """A null world: the words of another language are nobody's forms."""
    shuffled = ITEMS.with_columns(prediction=pl.lit("Regen fällt den ganzen Tag."))
    assert {value for value, _ in accuracies(shuffled).values()} == {0.0}
    assert similarity("haus", "regen") == 0
    assert similarity("haus", "haus") == 1


def test_terms_stand_beside_metrics_that_compare_with_references() -> None:
    both = ITEMS.with_columns(reference=pl.col("prediction"))
    scores = isogloss.generation_quality(both, terms=TERMS, metrics=["f1", "terminology accuracy"]).result.scores
    whole = {row["metric"]: (row["value"], row["items"]) for row in
             scores.filter(pl.col("language").is_null()).iter_rows(named=True)}  # fmt: skip
    assert whole == {"f1": (1.0, 6), "term_accuracy": (0.5, 5)}


@pytest.mark.parametrize(
    ("terms", "items", "message"),
    [
        (TERMS.drop("term"), ITEMS, "terms: has no column 'term'"),
        (TERMS.with_columns(translation=pl.lit("Vertrag|")), ITEMS, "terms: the translation in row 1 has no word"),
        (TERMS, ITEMS.drop("source"), "source"),
        (TERMS.head(3), ITEMS, "terms: no term in Japanese; there are some in German; add translations"),
        (TERMS.with_columns(term=pl.lit("xylophone")), ITEMS, "no source has a term of the list"),
    ],
)
def test_lists_that_cannot_be_used_are_refused(terms: pl.DataFrame, items: pl.DataFrame, message: str) -> None:
    with pytest.raises((BadValue, NotEnoughEvidence), match=message):
        isogloss.generation_quality(items, terms=terms)


def test_a_metric_of_terms_without_a_list_says_what_to_add() -> None:
    with pytest.raises(BadValue, match="'term_accuracy' needs a list of terms") as caught:
        score_generation(ITEMS, ["term_accuracy"])
    assert "terms=" in str(caught.value)
    assert read_terms(TERMS)["language"].to_list() == ["deu"] * 3 + ["jpn"]
