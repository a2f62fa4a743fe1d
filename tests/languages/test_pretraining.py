"""How much text of each language a model has seen, and which scripts leave out spaces."""

import json
import os
from pathlib import Path

import pytest

from isogloss.errors import BadValue, InputError, UnknownName
from isogloss.languages import (
    pretraining,
    register_resources,
    resolve,
    resource_shares,
    resources,
    written_without_spaces,
)
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
    with pytest.raises(BadValue, match="name one corpus or model"):
        resources(["cc100"])  # type: ignore[arg-type]  # as a caller without types may


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


def test_shares_are_those_of_the_whole_corpus():
    shares = resource_shares("cc100")
    written = {resolve(code).id for code, _ in read_table("cc100.tsv")}
    assert sum(shares[language] for language in written) == pytest.approx(1.0)
    assert shares["arb"] == shares["ara"]


@pytest.mark.parametrize("model", ["xlm-r", "xlm-roberta-base", "xlm-roberta-large"])
def test_a_model_has_the_corpus_it_was_pretrained_on(model):
    assert resources(model) == resources("cc100")


def test_sizes_of_ones_own_are_read_from_a_table(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("language,size\nde,3\nnor,1\nzh-TW,0\n")
    register_resources("mine", path, unit="GB")
    assert resources("mine") == {"deu": 3.0, "nor": 1.0, "nob": 1.0, "zho_Hant": 0.0, "cmn_Hant": 0.0}
    assert resource_shares("mine")["deu"] == 0.75
    assert "eng" not in resources("mine")


def test_sizes_may_be_given_as_a_mapping():
    register_resources("mine", {"German": 2})
    assert resources("mine") == {"deu": 2.0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("language,size\nde,-1\n", "line 2: '-1' is no size"),
        ("language,size\nde,1\nen,many\n", "line 3: 'many' is no size"),
        ("language,size\nde,nan\n", "'nan' is no size"),
        ("language,size\nde,1\ndeu,2\n", "line 3: deu has two sizes"),
        ("language,size\nGermn,1\n", "line 2: unknown language 'Germn'"),
        ("code,size\nde,1\n", "no column language"),
        ("language,size\n", "no languages"),
    ],
)
def test_a_bad_table_of_sizes_is_refused_with_its_line(tmp_path, text, message):
    path = tmp_path / "mine.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        register_resources("refused", path)
    assert "refused" not in pretraining.corpora()


def test_what_comes_with_isogloss_cannot_be_replaced():
    with pytest.raises(BadValue, match="comes with isogloss"):
        register_resources("xlm-r", {"deu": 1.0})
