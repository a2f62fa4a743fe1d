"""Label projection: labels go along links, are never shifted, and what is dropped has a reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.errors import BadValue
from isogloss.texts import Bitext, Links, Span, project_spans, project_tags, read_spans, write_spans
from isogloss.texts.projection.spans import is_spans


def linked(*several: dict[tuple[int, int], float]) -> list[Links]:
    return [Links.of(one) for one in several]


def test_tags_go_along_links() -> None:
    bitext = Bitext([["the", "cat", "sleeps"]], [["schläft", "die", "Katze"]])
    found = project_tags(bitext, [["DET", "NOUN", "VERB"]], linked({(0, 1): 1.0, (1, 2): 1.0, (2, 0): 1.0}))
    assert found.labels == [["VERB", "DET", "NOUN"]]
    assert found.unlabelled == {}
    assert found.table["carried"].to_list() == [1, 1, 1]


def test_words_without_links_have_no_tag_and_a_reason() -> None:
    bitext = Bitext([["cat"], ["dog"]], [["Katze", "ja"], ["Hund", "ach"]])
    links = [Links.of({(0, 0): 0.9}), Links.of({}, unread=[1])]
    found = project_tags(bitext, [["NOUN"], ["NOUN"]], links)
    assert found.labels == [["NOUN", None], [None, None]]
    assert found.unlabelled == {"no link": 2, "beyond the length of the model": 1}
    assert found.table.row(0, named=True) == {
        "label": "NOUN", "in_source": 2, "carried": 1, "dropped": 1, "reasons": "1 no link"
    }  # fmt: skip


def test_other_occurrences_of_a_word_correct_a_wrong_link() -> None:
    """Twice 'die' is linked to a determiner, once to a noun; the noun is outvoted, and said to be so."""
    bitext = Bitext([["the"], ["the"], ["cat"]], [["die"], ["Die"], ["die"]])
    labels, links = [["DET"], ["DET"], ["NOUN"]], linked(*[{(0, 0): 0.6}] * 3)
    assert project_tags(bitext, labels, links, types=0).labels == [["DET"], ["DET"], ["NOUN"]]
    found = project_tags(bitext, labels, links, types=2)
    assert found.labels == [["DET"]] * 3
    assert found.table.filter(label="NOUN")["reasons"].to_list() == ["1 outvoted"]


def test_unsure_tags_are_dropped() -> None:
    bitext = Bitext([["a", "b"]], [["x", "y"]])
    found = project_tags(bitext, [["A", "B"]], linked({(0, 0): 0.9, (1, 1): 0.2}), types=0, least=0.5)
    assert found.labels == [["A", None]]
    assert found.unlabelled == {"too unsure": 1}


def test_a_span_goes_to_the_stretch_with_the_most_evidence() -> None:
    """One wrong link far away widens the span from its first to its last linked word, but not the best stretch."""
    words = [f"x{place}" for place in range(8)]
    bitext = Bitext([["Kori", "Schulman", "wrote", "it"]], [words])
    labels = [["B-PER", "I-PER", "O", "O"]]
    links = linked({(0, 0): 0.9, (1, 1): 0.9, (0, 5): 0.1, (2, 3): 0.8, (3, 4): 0.8})
    assert project_spans(bitext, labels, links).labels == [write_spans([Span("PER", 0, 1)], 8)]
    widest = project_spans(bitext, labels, links, method="widest")
    assert widest.labels == [write_spans([Span("PER", 0, 5)], 8)]
    scattered = project_spans(bitext, labels, links, method="widest", stretch=1.0)
    assert scattered.labels == [["O"] * 8]
    assert scattered.table["reasons"].to_list() == ["1 scattered"]


def test_spans_never_overlap_and_the_less_sure_one_is_dropped() -> None:
    bitext = Bitext([["Paris", "Hilton"]], [["x", "y", "z"]])
    found = project_spans(
        bitext, [["B-LOC", "B-PER"]], linked({(0, 1): 0.5, (1, 0): 0.9, (1, 1): 0.6}), method="widest"
    )
    assert found.labels == [["B-PER", "I-PER", "O"]]
    assert dict(found.table.select("label", "reasons").iter_rows()) == {"LOC": "1 overlaps a surer one", "PER": ""}


def test_a_sentence_without_links_is_not_called_free_of_spans() -> None:
    found = project_spans(Bitext([["Rome"]], [["x", "y"]]), [["B-LOC"]], linked({}))
    assert found.labels == [[None, None]]
    assert found.unlabelled == {"no link": 2}


labels_of_spans = st.lists(st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B", "S-A", "E-B"]), max_size=8)


@given(labels_of_spans)
def test_spans_come_back_as_they_were_written(labels: list[str]) -> None:
    spans = read_spans(labels)
    assert read_spans(write_spans(spans, len(labels))) == spans
    assert sum(span.last - span.first + 1 for span in spans) == sum(label != "O" for label in labels)


@given(labels_of_spans, st.data())
def test_every_span_is_carried_or_dropped_with_a_reason(labels: list[str], data: st.DataObject) -> None:
    length = data.draw(st.integers(1, 6))
    places = st.tuples(st.integers(0, max(0, len(labels) - 1)), st.integers(0, length - 1))
    links = data.draw(st.dictionaries(places, st.floats(0.01, 1), max_size=12)) if labels else {}
    bitext = Bitext([["w"] * len(labels)], [["x"] * length])
    found = project_spans(bitext, [labels], linked(links))
    table = found.table
    assert table["in_source"].sum() == len(read_spans(labels))
    assert (table["carried"] + table["dropped"] == table["in_source"]).all()
    assert len(read_spans([label or "O" for label in found.labels[0]])) == table["carried"].sum()
    assert ((table["reasons"] != "") == (table["dropped"] > 0)).all()


def test_labels_of_another_kind_or_number_are_refused() -> None:
    assert is_spans([["O", "B-PER"], ["O"]])
    assert not is_spans([["NOUN", "O"]])
    assert not is_spans([["O"]])
    bitext = Bitext([["a"]], [["b"]])
    with pytest.raises(BadValue, match="'NOUN' in sentence 1 is no label of a span"):
        project_spans(bitext, [["NOUN"]], linked({}))
    with pytest.raises(BadValue, match="sentence 1 has 1 words and 2 labels"):
        project_tags(bitext, [["A", "B"]], linked({}))
    with pytest.raises(BadValue, match="links of 0 sentences, not of 1"):
        project_tags(bitext, [["A"]], [])
