"""Every language code in the research data is a language, and no two codes of one table become the same by accident."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from isogloss.errors import UnknownLanguage
from isogloss.languages import resolve

pytestmark = pytest.mark.data

NOT_LANGUAGES = {
    "qaf": "private use: Algerian Arabic mixed with French in Latin script (UD NArabizi)",
    "fr_gsd": "a treebank: UD French-GSD",
}
SAME = {
    frozenset({"jpn-Jpan", "jpn-Hira"}): "Hiragana is a part of Japanese writing",
    frozenset({"cmn-Hans", "cmo-Hans"}): "cmo is Central Mnong; in Chinese characters it is a slip",
    frozenset({"kor-Hang", "kor-Kore"}): "Kore is Hangul with Chinese characters, today almost only Hangul",
}


@pytest.fixture(scope="module")
def folder() -> Path:
    folder = Path(os.environ.get("ISOGLOSS_DATA") or Path(__file__).parents[2].parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no research data at {folder}")
    return folder


def sumeval(folder: Path) -> Iterator[str]:
    for path in folder.glob("observations/sumeval/*/*.json"):
        for row in json.loads(path.read_text()):
            yield from row["train_config"]
            yield from row["eval_results"]


def proxylm(folder: Path, part: str) -> Iterator[str]:
    table = pl.read_csv(folder / f"observations/proxylm/{part}_experiments.csv", columns=["source_lang", "target_lang"])
    return iter([*table["source_lang"], *table["target_lang"]])


def nnrank(folder: Path) -> Iterator[str]:
    for path in folder.glob("observations/nnrank/*.csv"):
        table = pl.read_csv(path, columns=["eval_file", "train_file"])
        for name in (*table["eval_file"], *table["train_file"]):
            yield name.rsplit("_", 1)[0]


def mteb(folder: Path) -> Iterator[str]:
    labels = pl.read_parquet(folder / "observations/mteb/scores.parquet", columns=["languages"])[
        "languages"
    ].drop_nulls()
    return (code for label in labels.unique() for code in label.split("|"))


def column(folder: Path, name: str) -> Iterator[str]:
    return iter(pl.read_parquet(folder / f"{name}.parquet", columns=["lang"])["lang"].unique())


SOURCES = {
    "sumeval": (sumeval, 70),
    "proxylm intent": (lambda folder: proxylm(folder, "intent"), 51),
    "proxylm slot": (lambda folder: proxylm(folder, "slot"), 51),
    "proxylm mt560": (lambda folder: proxylm(folder, "mt560"), 51),
    "nnrank": (nnrank, 72),
    "mteb": (mteb, 229),
    **{
        name: ((lambda folder, name=name: column(folder, name)), count)
        for name, count in {
            "sib200": 205, "ud_pos": 52, "ud_pud": 21, "uner": 12, "naijasenti": 4, "nusax_senti": 12, "xcopa": 11,
            "xquad": 12, "mgsm": 11, "bmlama53": 53, "xfakt_items": 13, "observations/xfakt_ratings": 13,
        }.items()
    },
}  # fmt: skip


@pytest.mark.parametrize("source", SOURCES)
def test_every_code_is_a_language_of_its_own(folder, source):
    read, languages = SOURCES[source]
    spellings: dict[str, set[str]] = {}
    unknown = set()
    for code in set(read(folder)):
        try:
            spellings.setdefault(resolve(code).id, set()).add(code)
        except UnknownLanguage:
            unknown.add(code)
    assert unknown <= set(NOT_LANGUAGES)
    merged = {frozenset(codes) for codes in spellings.values() if len({code.strip() for code in codes}) > 1}
    assert merged <= set(SAME)
    assert len(spellings) == languages


def test_the_205_languages_of_sib_are_205_languages(folder):
    codes = sorted(set(column(folder, "sib200")))
    assert len({resolve(code).id for code in codes}) == len(codes) == 205


def test_flores_codes_of_one_script_are_written_in_the_default_script(folder):
    by_language: dict[str, list[str]] = {}
    for code in set(column(folder, "sib200")):
        by_language.setdefault(code.split("_")[0], []).append(code)
    assert {
        code for codes in by_language.values() if len(codes) == 1 for code in codes if "_" in resolve(code).id
    } == set()


LANGUAGE_COLUMNS = {
    "lang",
    "lang_a",
    "lang_b",
    "language",
    "source_lang",
    "target_lang",
    "tgt_lang",
    "target",
    "languages",
}


def whole_column(path: Path, name: str) -> set[str]:
    values = pl.read_parquet(path, columns=[name])[name].drop_nulls().unique()
    return {part for value in values for part in value.split("|")}


def tables(folder: Path) -> Iterator[tuple[str, str, set[str]]]:
    """Every column of every table that holds languages: file, column, codes."""
    for path in sorted(folder.rglob("*.parquet")):
        for name in sorted(LANGUAGE_COLUMNS & pl.read_parquet_schema(path).keys()):
            yield path.stem, name, whole_column(path, name)
    for path in sorted(folder.rglob("*.[ct]sv")):
        header = pl.read_csv(path, separator="\t" if path.suffix == ".tsv" else ",", infer_schema_length=0)
        for name in sorted(LANGUAGE_COLUMNS & set(header.columns)):
            yield path.stem, name, set(header[name].drop_nulls())
    litmus = json.loads((folder / "similarity" / "litmus_features.json").read_text())
    for model, overlaps in litmus["type_overlap"].items():
        yield "litmus_features", model, {*overlaps, *(code for others in overlaps.values() for code in others)}
    yield "nusax_mt", "columns", set(pl.read_parquet_schema(folder / "nusax_mt.parquet")) - {"split", "id"}


def test_every_code_of_every_table_resolves_or_is_listed(folder):
    unknown = {}
    for file, name, codes in tables(folder):
        for code in codes:
            try:
                resolve(code)
            except UnknownLanguage:
                unknown[code] = f"{file}.{name}"
    assert {code: where for code, where in unknown.items() if code not in NOT_LANGUAGES} == {}


def test_learned_similarities_are_a_kind_of_distance(folder):
    from isogloss.languages import distances, register_similarity, similarities

    register_similarity("mplm-sim", folder / "similarity" / "mplm_sim_flores200.parquet", layer=8)
    found = distances(["eng", "deu", "swh"], "mplm-sim").values
    assert 0 < found[0, 1] < found[0, 2] < 0.1
    register_similarity("type-overlap", folder / "similarity" / "litmus_features.json", model="xlmr")
    near, far = distances(["eng"], "type-overlap", others=["deu", "amh"]).values[0]
    assert 0 < near < far < 1
    for name in ("mplm-sim", "type-overlap"):
        similarities.unregister(name)
