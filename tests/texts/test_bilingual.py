"""Texts that mix languages by accident: which are found, and which of their lines are taken for translations."""

from __future__ import annotations

import json

import pytest

from isogloss.errors import InputError
from isogloss.questions.bilingual import BilingualQuestion
from isogloss.texts import find_bilingual

pytest.importorskip("py3langid", reason="to identify languages needs py3langid, of the extra behaviour")

ENGLISH = [
    "The rain fell all night and the river rose slowly.", "He wrote a short letter to his old mother yesterday.",
    "The market opens early in the morning every day.", "We waited for the train for almost two hours.",
    "The children played in the garden until the evening.", "My brother bought a new house near the church.",
]  # fmt: skip
GERMAN = [
    "Der Regen fiel die ganze Nacht und der Fluss stieg langsam.",
    "Er schrieb gestern einen kurzen Brief an seine alte Mutter.",
    "Der Markt öffnet jeden Tag früh am Morgen.", "Wir warteten fast zwei Stunden lang auf den Zug.",
    "Die Kinder spielten bis zum Abend im Garten.", "Mein Bruder kaufte ein neues Haus in der Nähe der Kirche.",
]  # fmt: skip
WORDS = {"rain": "regen", "river": "fluss", "letter": "brief", "mother": "mutter", "market": "markt", "train": "zug",
         "morning": "morgen", "hours": "stunden", "children": "kinder", "garden": "garten", "brother": "bruder",
         "house": "haus"}  # fmt: skip
BOTH_WAYS = {one: frozenset([two]) for one, two in (*WORDS.items(), *((two, one) for one, two in WORDS.items()))}
LONG = (
    "Gestern haben wir lange über die vielen Fragen gesprochen, die seit dem Frühling niemand mehr beantworten wollte."
)
ALIKE = "Im Sommer reisen viele Leute gern an einen See."
"""German of the length of the English lines that translates none of them."""


def corpus() -> tuple[list[str], set[int]]:
    """Texts in English, six with a translation, two with a strange line of its length, two with one far longer."""
    texts = [f"{one}\n{two}" for one, two in zip(ENGLISH, GERMAN, strict=True)]
    texts += [f"{one}\n{ALIKE}" for one in ENGLISH[:2]] + [f"{one}\n{LONG}" for one in ENGLISH[:2]]
    return [*texts, *ENGLISH], set(range(6))


def test_translations_are_found_and_strange_lines_are_not_where_there_is_a_dictionary():
    texts, planted = corpus()
    found = find_bilingual(texts, dictionary=BOTH_WAYS)
    assert set(found.pairs["text"]) == planted
    assert found.pairs.select("main", "other").unique().rows() == [("en", "de")]
    assert found.pairs["translation"].to_list() == GERMAN
    assert found.chance <= 0.05


def test_a_language_with_articles_is_not_held_to_what_others_share():
    """Half of the English words are in the dictionary, all of the Swahili ones: each direction has its own limit."""
    who = {"wakulima": "farmers", "walimu": "teachers", "watoto": "children", "madaktari": "doctors"}
    does = {"wanaimba": "singing", "wanacheka": "laughing", "wanalala": "sleeping", "wanapika": "cooking"}
    known = {one: frozenset([two]) for one, two in (*who.items(), *does.items())}
    known |= {next(iter(two)): frozenset([one]) for one, two in known.items()}
    pairs = [(f"{one} {two}", f"the {who[one]} are {does[two]}") for one in who for two in does]
    texts = [f"{one}\n{two}" for one, two in pairs] + [f"{two}\n{one}" for one, two in pairs]
    texts += [f"{pairs[at][0]}\n{pairs[at - 5][1]}" for at in range(16)]
    assert set(find_bilingual(texts, dictionary=known).pairs["text"]) == set(range(32))


def test_by_length_alone_strange_lines_of_the_same_length_are_taken_too_and_chance_says_so():
    texts, planted = corpus()
    found = find_bilingual(texts)
    assert set(found.pairs["text"]) == planted | {6, 7}
    assert found.chance > 0.3


def test_texts_are_taken_out_by_pairs_or_by_any_other_language():
    texts, _ = corpus()
    found = find_bilingual(texts, dictionary=BOTH_WAYS)
    assert found.without(texts) == texts[6:]
    assert found.without(texts, bilingual=True) == ENGLISH
    assert found.texts["main"].to_list()[-6:] == ["en"] * 6


def test_a_corpus_of_one_language_has_none():
    found = find_bilingual(ENGLISH)
    assert (found.pairs.height, found.texts["others"].list.len().sum()) == (0, 0)
    assert found.chance != found.chance


def test_a_corpus_without_sentences_is_refused():
    with pytest.raises(InputError, match="no line has 12 letters"):
        find_bilingual(["yes", "no"])


def test_the_question_writes_the_corpus_without_them(tmp_path):
    texts, _ = corpus()
    (tmp_path / "corpus.jsonl").write_text("\n".join(json.dumps({"id": n, "text": one}) for n, one in enumerate(texts)))
    words = tmp_path / "words.csv"
    words.write_text("en,de\n" + "\n".join(",".join(pair) for pair in WORDS.items()))
    out = tmp_path / "without.jsonl"
    question = BilingualQuestion(corpus=tmp_path / "corpus.jsonl", dictionary=words, into=out)
    answer = question.answer()
    assert answer.sentences[0] == ("10 of 16 texts mix languages, and 6 have lines that may be translations (6 pairs).")
    assert [json.loads(line)["id"] for line in out.read_text().splitlines()] == list(range(6, 16))
    with pytest.raises(InputError, match="is not the corpus's format"):
        BilingualQuestion(corpus=tmp_path / "corpus.jsonl", into=tmp_path / "x.doc").answer()
