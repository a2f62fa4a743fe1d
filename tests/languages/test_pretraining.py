"""How much text of each language a model has seen, and which scripts leave out spaces."""

import json
import os
from pathlib import Path

import pytest

from isogloss.errors import UnknownName
from isogloss.languages import resolve, resources, written_without_spaces
from isogloss.languages.writing import read_table


def test_sizes_are_those_published():
    sizes = resources("cc100")
    assert sizes["eng"] == 300.8
    assert sizes["zho"] == 46.9
    assert sizes["zho_Hant"] == 16.6
    assert sizes["hin_Latn"] == 0.5


def test_a_macrolanguage_counts_for_its_representative():
    sizes = resources("cc100")
    for macro, member in (("ara", "arb"), ("nor", "nob"), ("swa", "swh"), ("lav", "lvs"), ("zho_Hant", "cmn_Hant")):
        assert sizes[member] == sizes[macro]


def test_a_language_that_was_not_seen_is_not_listed():
    assert not {"wol", "yor", "quy"} & resources("cc100").keys()


def test_keys_are_canonical_ids():
    assert all(resolve(code).id == code for code in resources("cc100"))


def test_the_answer_is_the_callers_own():
    resources("cc100")["eng"] = 0.0
    assert resources("cc100")["eng"] == 300.8


def test_an_unknown_corpus_is_named_with_what_there_is():
    with pytest.raises(UnknownName, match="known: cc100"):
        resources("cc1000")


@pytest.mark.data
def test_sizes_agree_with_those_litmus_uses(tmp_path):
    path = data_folder() / "similarity" / "litmus_features.json"
    logs = [row[0] for row in json.loads(path.read_text())["regression_feats"]["xlmr"]]
    theirs = sorted(round(10**log / 2**30, 1) for log in logs)
    sizes = {code: float(size) for code, size in read_table("cc100.tsv")}
    unknown_to_litmus = {"epo", "hrv", "lat", "mon", "san", "srp"}
    ours = {code: size for code, size in sizes.items() if "_" not in code and code not in unknown_to_litmus}
    for code, size in sizes.items():  # LITMUS adds romanised and traditional text to the language
        language, _, script = code.partition("_")
        if script:
            ours[language] += size
    assert sorted(round(size, 1) for size in ours.values()) == theirs


def data_folder() -> Path:
    folder = Path(os.environ.get("ISOGLOSS_DATA") or Path(__file__).parents[2].parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no research data at {folder}")
    return folder


@pytest.mark.parametrize("language", ["zh", "zh-TW", "ja", "th", "lo", "km", "my", "bo", "yue"])
def test_scripts_without_spaces(language):
    assert written_without_spaces(language)


@pytest.mark.parametrize("language", ["de", "ko", "vi", "hi", "ar", "am", "hin_Latn", "jpn_Latn"])
def test_scripts_with_spaces(language):
    assert not written_without_spaces(language)
