"""What stands in one column is read together: as names or as codes, and never as what it only looks like."""

from __future__ import annotations

import pytest

from isogloss.languages.context import is_summary, read_column


def ids(*values: str) -> list[str]:
    read = read_column(values)
    assert not read.unknown
    return [read.languages[value].id for value in values if value in read.languages]


@pytest.mark.parametrize(
    ("values", "read"),
    [
        (("Ewe", "Ga", "Dan"), ["ewe", "gaa", "dnj"]),
        (("ee", "ga", "da"), ["ewe", "gle", "dan"]),
        (("Español", "日本語", "isiZulu", "العربية"), ["spa", "jpn", "zul", "ara"]),
        (("Siswati", "Tshivenda", "Kurdish (Kurmanji)"), ["ssw", "ven", "kmr"]),
        (("jp", "kr", "se"), ["jpn", "kor", "swe"]),
        (("en", "kr", "se"), ["eng", "kau", "sme"]),
        (("Egyptian Arabic", "MSA"), ["arz", "arb"]),
        (("msa", "jav"), ["msa", "jav"]),
        (("en_gum", "no_nynorsk", "no_bokmaal"), ["eng", "nno", "nob"]),
        (("UD_Wolof-WTB", "English-EWT", "German (GSD)", "Kazakh KTB"), ["wol", "eng", "deu", "kaz"]),
        (("fr-gsd", "zh-yue", "sr-latn"), ["fra", "yue", "srp_Latn"]),
    ],
)
def test_a_column_is_read_as_one(values, read):
    assert ids(*values) == read


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (("Ewe", "Ga"), "'Ga' is read as Ga (gaa), not as Irish (gle)"),
        (("Moroccan Arabic", "MSA"), "'MSA' is read as Standard Arabic (arb), not as Malay (msa)"),
        (("ace", "ban", "min"), "'min' is read as Minangkabau (min), no minimum"),
        (("cz", "br", "fr"), "beside codes of countries, read by their language: 'br' as Breton"),
        (("German", "Swahili", "sw"), "'sw', no name, is read as the code of Swahili (swa)"),
        (("nan", "hak", "yue"), "'nan' is read as Min Nan Chinese (nan), not as a value that is not there"),
    ],
)
def test_what_had_an_alternative_is_said(values, said):
    assert said in read_column(values).notes


@pytest.mark.parametrize("task", ["ner", "pos", "NER", "asr", "sts", "dev"])
def test_names_of_tasks_are_no_languages_by_themselves(task):
    read = read_column(["de", "sw", task])
    assert list(read.unclear) == [task]
    assert list(read.languages) == ["de", "sw"]
    assert read_column([task], {task: "ner"}).languages[task].id == "ner"


def test_a_column_of_many_small_languages_may_hold_one_that_is_called_like_a_task():
    small = "aai aak aau aaz abt abx aby acf acr acu adz".split()
    assert read_column([*small, "ner"]).languages["ner"].id == "ner"


def test_an_absent_value_is_unclear_unless_the_column_is_of_codes_of_three_letters():
    assert list(read_column(["de", "nan"]).unclear) == ["nan"]


@pytest.mark.parametrize("name", ["Δ", "diff", "Difference", "avg.", "Macro average", "low-resource", "Total (32)"])
def test_summaries_are_no_languages(name):
    assert is_summary(name)
