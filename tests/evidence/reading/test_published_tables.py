"""Tables of translation, speech, parsing and images as papers and boards lay them out."""

from __future__ import annotations

import pytest

from isogloss.evidence import read_evidence


@pytest.fixture
def rows(tmp_path):
    def rows(content, *names, file="scores.csv", **options):
        path = tmp_path / file
        path.write_text(content)
        return read_evidence(path, **options).observations.select(names).rows()

    return rows


def test_wer_and_cer_stay_as_they_are_written_and_may_exceed_100(rows):
    content = "language,WER,CER\nen_us,12.5,5.1\nsw_ke,104.5,40\n"
    names = ("metric", "target", "score", "scale", "higher_is_better")
    assert rows(content, *names, model="whisper", task="FLEURS") == [
        ("WER", "eng", 12.5, "raw", False), ("CER", "eng", 5.1, "raw", False),
        ("WER", "swa", 104.5, "raw", False), ("CER", "swa", 40.0, "raw", False),
    ]  # fmt: skip


def test_wer_as_fractions_stays_so(rows):
    content = "locale\tWER\nrm-sursilv\t0.301\nsv-SE\t0.125\n"
    told = {"file": "a.tsv", "model": "m", "task": "t"}
    assert rows(content, "target", "score", **told) == [("roh", 0.301), ("swe", 0.125)]


@pytest.mark.parametrize("header", ["lp", "language pair", "Direction"])
def test_comet_and_chrf_by_pair_and_system(rows, header):
    content = f"{header},system,COMET,chrF,BLEU\nen-de,A,0.845,60.5,31.5\nen-zh,A,0.83,38.5,41\n"
    assert rows(content, "metric", "target", "pair", "score", task="WMT") == [
        ("COMET", "deu", "eng-x", 0.845), ("chrF", "deu", "eng-x", 0.605), ("BLEU", "deu", "eng-x", 0.315),
        ("COMET", "zho", "eng-x", 0.83), ("chrF", "zho", "eng-x", 0.385), ("BLEU", "zho", "eng-x", 0.41),
    ]  # fmt: skip


def test_metricx_is_better_when_lower_and_stays_on_its_scale(rows):
    content = "lp,system,MetricX-24\nen-cs,A,2.5\nen-ja,A,3.25\n"
    assert rows(content, "target", "score", "higher_is_better", task="WMT") == [
        ("ces", 2.5, False),
        ("jpn", 3.25, False),
    ]


def test_treebanks_are_languages(rows):
    content = "treebank,UPOS,LAS\nen_ewt,96.5,88.5\nno_nynorsk,97.5,91\nUD_German-GSD,94,83\n"
    assert rows(content, "metric", "target", model="udpipe", task="UD") == [
        ("UPOS", "eng"), ("LAS", "eng"), ("UPOS", "nno"), ("LAS", "nno"), ("UPOS", "deu"), ("LAS", "deu"),
    ]  # fmt: skip


def test_retrieval_of_images_and_texts_are_two_tasks(rows):
    content = "language,I2T R@1,T2I R@1\nen,51.5,50.5\nquz,9.5,8\n"
    assert rows(content, "task", "target", "score", model="siglip", metric="recall") == [
        ("I2T R@1", "eng", 0.515), ("T2I R@1", "eng", 0.505), ("I2T R@1", "quz", 0.095), ("T2I R@1", "quz", 0.08),
    ]  # fmt: skip
