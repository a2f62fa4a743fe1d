"""Metrics of written texts are those of their reference packages, and stay fit for scripts other than Latin."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isogloss.errors import BadFile, BadValue
from isogloss.extras import MissingExtra
from isogloss.metrics import Gold, find_metric

sacrebleu = pytest.importorskip("sacrebleu")

WRITTEN = [
    "The cat sat on the mat.", "نص قصير باللغة العربية", "यह एक छोटा वाक्य है।", "今日は天気がいいですね。",
    "Ein Satz, mit 3,5 km!", "",
]  # fmt: skip
RIGHT = [
    "The cat sits on the mat.", "هذا نص قصير باللغة العربية.", "यह छोटा वाक्य है।", "今日はいい天気です。",
    "Ein Satz mit 3,5 Kilometern!", "Something.",
]  # fmt: skip
OTHER = [one.replace("e", "ea") for one in RIGHT]
SOURCE = "about 95 species are currently accepted ."
REFERENCES = (
    "about 95 species are currently known .", "about 95 species are now accepted .", "95 species are now accepted ."
)  # fmt: skip


def measured(name: str, texts: list[str], references: list[tuple[str, ...]], language: str = "eng", sources=()):
    gold = Gold(np.zeros(0), np.zeros(0), np.zeros(len(texts), np.int64), [], references, [language], sources=sources)
    return find_metric(name).measure(gold, np.array(texts))


@pytest.mark.parametrize(
    ("name", "peer"),
    [
        ("chrf", lambda: sacrebleu.CHRF()),
        ("chrf++", lambda: sacrebleu.CHRF(word_order=2)),
        ("bleu", lambda: sacrebleu.BLEU()),
        ("ter", lambda: sacrebleu.TER()),
    ],
)
def test_scores_of_a_corpus_and_of_sentences_are_those_of_sacrebleu(name, peer) -> None:
    for references in ([RIGHT], [RIGHT, OTHER]):
        ours = measured(name, WRITTEN, [*zip(*references, strict=True)])
        theirs = peer()
        assert ours.scores.tolist() == [theirs.corpus_score(WRITTEN, references).score / 100]
        if name == "bleu":
            theirs = sacrebleu.BLEU(effective_order=True)
        rows = zip(WRITTEN, *references, strict=True)
        assert ours.item_scores.tolist() == [theirs.sentence_score(text, right).score / 100 for text, *right in rows]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=30), st.text(min_size=1, max_size=30)), min_size=1, max_size=5))
def test_chrf_is_that_of_sacrebleu_for_any_letters(pairs) -> None:
    texts, right = ([*one] for one in zip(*pairs, strict=True))
    expected = sacrebleu.CHRF().corpus_score(texts, [right]).score / 100
    assert measured("chrf", texts, [(one,) for one in right]).scores.tolist() == [min(expected, 1.0)]


def test_bleu_of_languages_without_spaces_is_that_of_their_tokeniser() -> None:
    texts, right = ["今天天气很好。", "我喜欢猫。"], ["今天天气真好。", "我喜欢狗。"]
    references = [(one,) for one in right]
    assert measured("bleu", texts, references, "zho").scores[0] == (
        sacrebleu.BLEU(tokenize="zh").corpus_score(texts, [right]).score / 100
    )
    assert measured("bleu", texts, references, "eng").scores[0] < 0.01
    assert "tok:zh" in find_metric("bleu").computation.signature("zho")
    assert "tok:13a" in find_metric("bleu").computation.signature("swa")


def test_a_tokeniser_that_has_to_be_downloaded_is_named_where_there_is_no_network(tmp_path, monkeypatch) -> None:
    from sacrebleu.tokenizers import tokenizer_spm

    def offline(*_: object, **__: object) -> None:
        raise OSError("no network")

    from isogloss.metrics import sacre

    sacre._scorer.cache_clear()
    monkeypatch.setattr(tokenizer_spm, "SACREBLEU_DIR", str(tmp_path))
    monkeypatch.setattr(tokenizer_spm, "download_file", offline)
    with pytest.raises(BadFile, match=r"'flores200' cannot be downloaded .*no network.*chrf"):
        measured("spbleu", ["a"], [("a",)])


def test_spbleu_without_sentencepiece_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    from isogloss.metrics import sacre

    sacre._scorer.cache_clear()
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    with pytest.raises(MissingExtra, match=r"sentencepiece.*isogloss\[lab\]"):
        measured("spbleu", ["a"], [("a",)])


ENGLISH = st.text("abc XYZ0,.", max_size=40)


@settings(max_examples=60, deadline=None)
@given(ENGLISH, st.lists(ENGLISH, min_size=1, max_size=3))
def test_rouge_of_english_is_that_of_rouge_score(text: str, references: list[str]) -> None:
    scorer = pytest.importorskip("rouge_score.rouge_scorer")
    # A point within a number divides it there, and belongs to it here.
    text, *references = (one.replace(".", " ").replace(",", " ") for one in (text, *references))
    theirs = scorer.RougeScorer(["rouge1", "rouge2", "rougeL"]).score_multi(references, text)
    for ours, name in (("rouge_1", "rouge1"), ("rouge_2", "rouge2"), ("rouge_l", "rougeL")):
        assert measured(ours, [text], [tuple(references)]).scores[0] == pytest.approx(theirs[name].fmeasure)


@pytest.mark.parametrize(
    ("text", "right", "score"),
    [
        ("यह छोटा वाक्य है", "यह छोटा वाक्य था।", 3 / 4),
        ("今日は雨", "今日は雪", 3 / 4),
        ("ວັນນີ້", "ວັນນີ້", 1.0),
        ("naïve café", "Naïve Café!", 1.0),
        ("", "text", 0.0),
    ],
)
def test_rouge_counts_words_of_any_script(text: str, right: str, score: float) -> None:
    assert measured("rouge_1", [text], [(right,)]).scores[0] == pytest.approx(score)


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("about 95 you now get in .", 31.88), ("about 95 species are now agreed .", 63.60),
        ("about 95 species are currently agreed .", 47.19), (SOURCE, 22.74),
    ],
)  # fmt: skip
def test_sari_is_that_of_easse_with_the_source_cut_like_the_output(text: str, score: float) -> None:
    assert 100 * measured("sari", [text], [REFERENCES], sources=[SOURCE]).scores[0] == pytest.approx(score, abs=0.005)


def test_sari_tells_good_from_bad_in_a_script_without_spaces_and_needs_sources() -> None:
    source, right = "申請者は書類を提出する義務があります。", ("申請者は書類を出してください。",)
    good = measured("sari", ["書類を出してください。"], [right], "jpn", [source]).scores[0]
    assert good > measured("sari", [source], [right], "jpn", [source]).scores[0] > 0
    with pytest.raises(BadValue, match="there are none; add a column source"):
        measured("sari", ["text"], [("text",)])


def test_error_rates_are_edits_by_units_of_the_nearest_reference() -> None:
    assert measured("wer", ["the cat sat", "a b"], [("the cat sits here",), ("a c", "x y z")]).scores[0] == 3 / 6
    assert measured("cer", ["kitten"], [("sitting",)]).scores[0] == 3 / 7
    assert measured("wer", ["今日は"], [("今日も",)], "jpn").scores[0] == 1 / 3
    assert measured("wer", ["a b c"], [("a",)]).scores[0] == 2
