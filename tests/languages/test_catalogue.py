"""The catalogue: every language once, every field with where it comes from."""

import polars as pl
import pytest

from isogloss.errors import BadValue, UnknownLanguage
from isogloss.languages import Language, note, resolve, table, written_without_spaces
from isogloss.languages.catalogue import NOT_KNOWN, SOURCED, entries


@pytest.fixture(scope="module")
def catalogue():
    return table()


def row(catalogue, code):
    return catalogue.row(by_predicate=pl.col("language") == code, named=True)


def test_there_are_about_eight_thousand_languages_each_once(catalogue):
    assert 7_900 < catalogue.height < 8_100
    assert catalogue["language"].n_unique() == catalogue.height


def test_every_id_resolves_to_itself(catalogue):
    assert all(resolve(code).id == code for code in catalogue["language"])


def test_no_two_languages_share_a_code(catalogue):
    for column in ("iso639_1", "bcp47", "flores"):
        known = catalogue[column].drop_nulls()
        assert known.n_unique() == known.len(), column


def test_every_tag_of_a_language_resolves_to_it(catalogue):
    for column in ("iso639_1", "iso639_2", "iso639_3", "bcp47", "flores"):
        known = catalogue.drop_nulls(column)
        wrong = {
            code: language
            for code, language in known.select(column, "language").iter_rows()
            if resolve(code).id != language
        }
        assert wrong == {}, column


def test_a_language_has_its_codes_and_names(catalogue):
    german = row(catalogue, "deu")
    assert (german["iso639_1"], german["iso639_2"], german["iso639_3"]) == ("de", "deu", "deu")
    assert (german["glottocode"], german["bcp47"], german["flores"]) == ("stan1295", "de", "deu_Latn")
    assert (german["name"], german["native_name"], german["resource_class"]) == ("German", "Deutsch", "high")
    assert german["family"][0] == "Indo-European"


def test_a_macrolanguage_has_members_and_says_whose_place_it_has(catalogue):
    arabic = row(catalogue, "ara")
    assert "arb" in arabic["members"]
    assert row(catalogue, "arb")["macro"] == "ara"
    assert arabic["provenance"]["latitude"] == "Glottolog, from arb"
    assert row(catalogue, "arb")["provenance"]["latitude"] == "Glottolog"


def test_scripts_are_all_that_are_known_the_default_first(catalogue):
    assert row(catalogue, "zho")["scripts"][0] == "Hans"
    assert "Hant" in row(catalogue, "zho")["scripts"]
    assert set(row(catalogue, "kas")["scripts"]) >= {"Arab", "Deva"}


def test_the_flag_for_spaces_is_that_of_the_function(catalogue):
    flags = catalogue.select("language", "unspaced").sample(300, seed=0)
    assert all(written_without_spaces(code) == flag for code, flag in flags.iter_rows())


def test_whatever_is_not_known_is_null_and_says_so(catalogue):
    told = catalogue.select("provenance").unnest("provenance")
    for field in set(SOURCED) - {"macro_area", "family"}:
        unknown = told[field] == NOT_KNOWN
        assert unknown.equals(catalogue[field].is_null()), field
    assert catalogue["macro_area"].is_null().all()
    assert set(told["macro_area"]) == {"not in the data"}


def test_resource_classes_are_those_of_the_data(catalogue):
    assert set(catalogue["resource_class"].drop_nulls()) == {"high", "medium", "low"}
    assert row(catalogue, "ukr")["resource_class"] == "medium"


def test_dialects_come_on_request():
    whole = table(varieties=True)
    varieties = whole.filter(pl.col("scope") == "variety")
    assert varieties.height > 14_000
    assert whole["language"].n_unique() == whole.height


def test_places_lie_on_the_globe(catalogue):
    assert catalogue["latitude"].drop_nulls().is_between(-90, 90).all()
    assert catalogue["longitude"].drop_nulls().is_between(-180, 180).all()


def test_a_language_in_another_script_is_an_entry_of_its_own():
    traditional = entries(["zh-TW"]).row(0, named=True)
    assert (traditional["language"], traditional["bcp47"], traditional["flores"]) == ("zho_Hant", "zh-Hant", "zho_Hant")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("iw", "no standard"), ("jp", "read as jpn"), ("jap", "its successor is jaa"), ("zh", "a macrolanguage"),
        ("ajp", "kept apart"), ("zuri1239", "a variety; what is not known of it is taken from high1290"),
    ],
)  # fmt: skip
def test_codes_that_are_not_plain_come_with_a_note(code, said):
    assert said in note(code)


@pytest.mark.parametrize("code", ["de", "deu_Latn", "German", "arb", "stan1295"])
def test_plain_codes_have_no_note(code):
    assert note(code) is None


@pytest.mark.parametrize(("macro", "member"), [("no", "nob"), ("zh", "cmn"), ("ar", "arb"), ("fa", "pes")])
def test_ambiguous_codes_are_macrolanguages_unless_told_otherwise(macro, member):
    assert resolve(macro).scope == "macrolanguage"
    assert resolve(macro, macrolanguages="member").id == member
    assert resolve("de", macrolanguages="member").id == "deu"


def test_the_member_keeps_the_script_of_the_macrolanguage():
    assert resolve("zh-TW", macrolanguages="member").id == "cmn_Hant"


def test_an_unknown_rule_for_macrolanguages_is_refused():
    with pytest.raises(BadValue, match="keep, member"):
        resolve("no", macrolanguages="guess")


def test_a_language_is_made_from_any_way_of_writing_it():
    assert Language("German") == Language("deu_Latn") == resolve("de")
    assert (Language("yo").id, Language("yo").name, Language("yo").script) == ("yor", "Yoruba", "Latn")
    with pytest.raises(UnknownLanguage, match="did you mean 'deu'"):
        Language("Germn")
