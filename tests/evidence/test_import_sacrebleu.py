"""Files as sacreBLEU 2.6 wrote them, and a signature of before version 2."""

from __future__ import annotations

import json

import pytest

from isogloss.errors import BadValue
from isogloss.evidence import read_evidence

BLEU = {
    "name": "BLEU", "score": 31.5, "signature": "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0",
    "verbose_score": "60.0/33.3/50.0/0.0", "nrefs": "1", "case": "mixed", "eff": "no", "tok": "13a", "smooth": "exp",
    "version": "2.6.0",
}  # fmt: skip
CHRF = {
    "name": "chrF2++", "score": 50.4, "signature": "nrefs:1|case:mixed|eff:yes|nc:6|nw:2|space:no|version:2.6.0",
    "nrefs": "1", "case": "mixed", "eff": "yes", "nc": "6", "nw": "2", "space": "no", "version": "2.6.0",
}  # fmt: skip
NAMES = ("model", "task", "metric", "target", "pair", "score")


@pytest.fixture
def rows(tmp_path):
    def rows(data, *names, file="flores200.eng_Latn-swh_Latn.nllb.json", **options):
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(data))
        return read_evidence(path, **options).observations.select(names or NAMES).rows()

    return rows


def test_names_of_files_say_test_set_languages_and_system(rows):
    assert rows([BLEU, CHRF]) == [
        ("nllb", "flores200", "BLEU", "swh", "eng-x", 0.315),
        ("nllb", "flores200", "chrF2++", "swh", "eng-x", 0.504),
    ]


@pytest.mark.parametrize("file", ["wmt/en-de/one.json", "wmt.en-de.one.json", "wmt_en-de.one.json"])
def test_names_of_folders_do_too(rows, file):
    assert rows(BLEU, "model", "task", "target", "pair", file=file) == [("one", "wmt", "deu", "eng-x")]


@pytest.mark.parametrize(
    ("settings", "metric"),
    [
        ({"tok": "flores200"}, "spBLEU,tok:flores200"),
        ({"case": "lc", "tok": "char"}, "BLEU,case:lc|tok:char"),
        ({"nrefs": "4"}, "BLEU,nrefs:4"),
    ],
)
def test_what_changes_scores_is_part_of_the_metric(rows, settings, metric):
    signature = BLEU["signature"]
    for name, value in settings.items():
        signature = signature.replace(f"{name}:{BLEU[name]}", f"{name}:{value}")
    assert rows(BLEU | {"signature": signature}, "metric", "scale") == [(metric, "percent")]


def test_half_the_width_of_an_interval_becomes_a_standard_error(rows):
    assert rows(BLEU | {"confidence_mean": 31.0, "confidence_var": 1.96}, "standard_error") == [(0.01,)]


def test_systems_that_were_compared(rows):
    data = [{"system": "Baseline: one.de", "BLEU": "31.5"}, {"system": "two.de", "BLEU": "30.5"}]
    assert rows(data, "model", "score", file="wmt.en-de.json") == [("one.de", 0.315), ("two.de", 0.305)]


def test_an_old_signature_says_test_set_and_languages(rows):
    old = {"name": "BLEU", "score": 31.5,
           "signature": "BLEU+case.lc+lang.en-de+numrefs.1+smooth.exp+test.wmt17+tok.13a+version.1.4.1"}  # fmt: skip
    assert rows(old, file="x.json", model="m") == [("m", "wmt17", "BLEU,case:lc", "deu", "eng-x", 0.315)]


def test_a_file_that_says_nothing_is_asked_about(rows):
    with pytest.raises(BadValue, match=r"names no languages, test set, system; call the file TEST-SET\.eng-swh"):
        rows(BLEU, file="scores.json")
