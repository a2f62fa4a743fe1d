"""A report on alignment says first what was found, shows every layer and pair, and can be made again."""

from __future__ import annotations

import re
import shlex
import sys

import numpy as np
import polars as pl
import pytest
from tests.questions import worlds

import isogloss
from isogloss.alignment import Encodings, probe, write_encodings
from isogloss.cli import main
from isogloss.errors import BadValue, InputError

HOSTILE = "<script>alert(1)</script>\"'&\u202e"


@pytest.fixture(scope="module")
def reps(tmp_path_factory):
    return worlds.encodings(tmp_path_factory.mktemp("reps"), languages=8)


@pytest.fixture(scope="module")
def answer(reps):
    return isogloss.report_alignment(reps)


@pytest.fixture(scope="module")
def page(answer, tmp_path_factory):
    return answer.write(tmp_path_factory.mktemp("report") / "align.html").read_text()


def test_the_title_is_the_finding(answer, page):
    assert answer.verdict.startswith("planted holds ")
    assert f"<h1>{answer.verdict.rstrip('.')}</h1>" in page


def test_sections_stand_in_their_order(page):
    assert re.findall(r"<h2[^>]*>(.*?)</h2>", page) == [
        "Layers", "How alike the languages are to each other", "Languages it holds badly", "Every language", "Method",
        "Data, and how to make this report again",
    ]  # fmt: skip
    assert page.count("<img") == 3


def test_with_labels_probes_and_what_carries_over_stand_on_the_page(reps, answer, tmp_path):
    """The label is the sign of a part of the meaning; each language has the accuracy with which it is read."""
    encodings = Encodings.read(reps)
    pooling, english = encodings.poolings[0], encodings.find("eng")
    vectors = np.asarray(encodings.vectors(english, encodings.layers[-1], pooling))
    labels = np.where(vectors[:, 0] > np.median(vectors[:, 0]), "up", "down")
    task = pl.DataFrame({"id": encodings.ids(english), "label": labels})
    found = isogloss.report_alignment(reps, task=task)
    page = found.write(tmp_path / "align.html").read_text()
    titles = re.findall(r"<h2[^>]*>(.*?)</h2>", page)
    assert titles[2:4] == ["What a linear probe reads", "What carries over from language to language"]
    assert page.count("<img") == 6
    probing = probe(encodings, task)
    german = probing.languages.filter(layer=probing.best, language=encodings.find("deu")).row(0, named=True)
    assert found.tables["probes"].frame.filter(language="deu")["accuracy"].item() == german["accuracy"]
    cell = f"{german['accuracy']:.2f} ({german['lower']:.2f} to {german['upper']:.2f})"
    part = page.partition("Every language</h2>")[2].partition("<h2")[0]
    assert f'<td class="number">{cell}</td>' in part
    assert answer.sentences[:1] == found.sentences[:1]


def test_every_language_has_every_measure_with_its_interval(answer, page):
    german = answer.table.filter(language="deu", metric="mexa").row(0, named=True)
    cell = f"{german['value']:.2f} ({german['lower']:.2f} to {german['upper']:.2f})"
    assert f'<tr><th scope="row">German</th><td class="number">{cell}</td>' in page


def test_a_layer_has_the_mean_of_its_languages_with_an_interval(answer):
    layers = answer.tables["by_layer"].frame
    own = (
        answer.tables["layers"]
        .frame.filter(layers="each", metric="mexa", layer=1)
        .filter(pl.col("lang_b") != "eng_Latn")
    )
    row = layers.filter(metric="mexa", layer=1).row(0, named=True)
    assert row["value"] == pytest.approx(own["value"].mean())
    assert row["lower"] < row["value"] < row["upper"]
    assert row["languages"] == own.height == 7


def test_languages_held_badly_are_those_whose_interval_is_below_a_half(answer, page):
    badly = answer.table.filter(pl.col("metric") == "mexa", pl.col("upper") < 0.5)
    part = page.partition("Languages it holds badly</h2>")[2].partition("<h2")[0]
    assert part.count('<th scope="row">') == badly.height > 0
    assert f"In {badly.height} languages of 7, surely fewer than half" in part


def test_a_model_that_holds_all_languages_has_none_that_it_holds_badly(tmp_path):
    meanings = np.random.default_rng(0).normal(size=(2, 60, 16))
    vectors = {one: meanings + 0.01 * at for at, one in enumerate(("eng", "deu", "fra"))}
    write_encodings(tmp_path / "reps", vectors, dict.fromkeys(vectors, range(60)), model="even")
    page = isogloss.report_alignment(tmp_path / "reps").write(tmp_path / "align.html").read_text()
    assert "None: in no language do surely fewer than half" in page


def test_one_layer_and_one_language_make_a_shorter_report(reps, tmp_path):
    one = isogloss.report_alignment(reps, layers=[1], languages=["deu"], metrics=["cka"])
    page = one.write(tmp_path / "align.html").read_text()
    assert ">Layers</h2>" not in page
    assert "cka has no line between well and badly." in page


def test_tokens_are_counted_where_a_tokenizer_and_a_corpus_are_given(reps, tmp_path):
    pytest.importorskip("tokenizers")
    from tests.alignment.test_tokens import Words

    corpus = pl.DataFrame({"id": range(5), "eng": ["a b"] * 5, "deu": ["a b c"] * 5})
    answer = isogloss.report_alignment(reps, tokenizer=Words(), corpus=corpus)
    page = answer.write(tmp_path / "align.html").read_text()
    assert "What a sentence costs in tokens</h2>" in page
    assert page.count("<img") == 4
    assert answer.tables["tokens"].frame["language"].to_list() == ["deu", "eng"]
    with pytest.raises(InputError, match="corpus: no corpus"):
        isogloss.report_alignment(reps, tokenizer=Words())


def test_names_from_outside_stay_text(tmp_path):
    meanings = np.random.default_rng(0).normal(size=(2, 40, 8))
    vectors = {one: meanings + at * 0.3 for at, one in enumerate(("eng", "deu", "wol"))}
    write_encodings(tmp_path / "reps", vectors, dict.fromkeys(vectors, range(40)), model=HOSTILE)
    page = isogloss.report_alignment(tmp_path / "reps").write(tmp_path / "align.html").read_text()
    assert "<script" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;alert(1)&lt;" in page


def test_the_command_it_prints_makes_it_again(reps, tmp_path, monkeypatch):
    words = ["align", "report", str(reps), "--metric", "p@1,cka", "--over", "max", "--layer", "0,2"]
    first = _run(words, tmp_path / "first.html", monkeypatch)
    printed = shlex.split(re.search(r"Command: (.*?)</li>", first)[1].replace("&#x27;", "'"))
    assert printed[:3] == ["isogloss", "align", "report"]
    assert printed[-2:] == ["--out", "first.html"]
    again = _run(printed[1 : printed.index("--out")], tmp_path / "first.html", monkeypatch)
    assert re.sub('src="[^"]*"', "", again) == re.sub('src="[^"]*"', "", first)


def test_the_appendix_has_every_layer_of_every_language(reps, tmp_path):
    page = isogloss.report_alignment(reps, appendix=True).write(tmp_path / "align.html").read_text()
    rows = page.partition("Appendix</h2>")[2].count("<tr>") - 1
    assert rows == 3 * 8 * (3 + 2)  # measures x languages x layers with their mean and maximum


def test_a_measure_of_a_direction_is_no_similarity(reps):
    with pytest.raises(BadValue, match="similarity: p@1-forward is not 1"):
        isogloss.report_alignment(reps, similarity="p@1-forward")


def _run(words, out, monkeypatch) -> str:
    monkeypatch.setattr(sys, "argv", ["isogloss", *words, "--out", str(out)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    return out.read_text()
