"""Any way of writing a language leads to one canonical id, or to an error that says what may have been meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.errors import UnknownLanguage
from isogloss.languages import Language, resolve
from isogloss.languages.aliases import CODES, DIALECTS, KEPT_APART, NAMES, REPRESENTATIVES
from isogloss.languages.iso639 import codes


def id_of(code: str) -> str:
    return resolve(code).id


@pytest.mark.parametrize(
    "spelling", ["de", "deu", "ger", "DE", "deu_Latn", "deu-Latn", "deu_latn", "de-DE", "de_DE.UTF-8", "German", " de "]
)
def test_every_spelling_of_german_is_one_language(spelling):
    assert id_of(spelling) == "deu"


@pytest.mark.parametrize(
    ("spelling", "canonical"),
    [
        ("srp", "srp"), ("sr-Cyrl", "srp"), ("sr-Latn", "srp_Latn"), ("sr_RS@latin", "srp_Latn"),
        ("hi", "hin"), ("hin_Deva", "hin"), ("hin_Latn", "hin_Latn"), ("acm_arab", "acm"), ("acm-Arab", "acm"),
        ("ace", "ace"), ("ace_Latn", "ace"), ("ace_Arab", "ace_Arab"), ("kas_Arab", "kas"), ("kas_Deva", "kas_Deva"),
        ("ko", "kor"), ("kor_Hang", "kor"), ("kor-Kore", "kor"), ("jpn-Hira", "jpn"), ("tzm_Tfng", "tzm"),
        ("mni_Beng", "mni"), ("mni-Mtei", "mni_Mtei"), ("deu_Zyyy", "deu"),
    ],
)  # fmt: skip
def test_the_script_is_named_only_where_it_is_not_the_default(spelling, canonical):
    assert id_of(spelling) == canonical


@pytest.mark.parametrize(
    ("spelling", "canonical"),
    [
        ("zh", "zho"), ("zh-CN", "zho"), ("zho_Hans", "zho"), ("zh-Hans-CN", "zho"), ("chi", "zho"),
        ("zh-TW", "zho_Hant"), ("zh-HK", "zho_Hant"), ("zh-Hant", "zho_Hant"), ("zho_Hant", "zho_Hant"),
        ("zho_Hani", "zho"), ("cmn-Hans", "cmn"), ("zh-yue", "yue"), ("yue_Hant", "yue"), ("zh-min-nan", "nan"),
        ("Chinese (Traditional)", "zho_Hant"),
    ],
)  # fmt: skip
def test_chinese_is_told_apart_by_script_and_member(spelling, canonical):
    assert id_of(spelling) == canonical


@pytest.mark.parametrize(
    ("spelling", "canonical"), [("pt-BR", "por"), ("en_US", "eng"), ("es-419", "spa"), ("de-1996", "deu")]
)
def test_regions_and_variants_are_dropped(spelling, canonical):
    assert id_of(spelling) == canonical


@pytest.mark.parametrize(
    ("spelling", "canonical"), [("pa-PK", "pan_Arab"), ("sr-ME", "srp_Latn"), ("mn-CN", "mon_Mong")]
)
def test_a_region_counts_where_it_changes_the_script(spelling, canonical):
    assert id_of(spelling) == canonical


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("Yoruba", "yor"), ("Swiss German", "gsw"), ("SWAHILI", "swa"), ("Volapuk", "vol"), ("Volapük", "vol"),
        ("Greek", "ell"), ("Nepali", "nep"), ("Castilian", "spa"), ("toba_batak", "bbc"), ("Norwegian Bokmal", "nob"),
        ("Haitian Creole", "hat"), ("Farsi", "fas"), ("Standard Arabic", "arb"), ("Malay", "msa"),
    ],
)  # fmt: skip
def test_english_names_are_known(name, canonical):
    assert id_of(name) == canonical


@pytest.mark.parametrize(
    ("slip", "canonical"),
    [
        ("jp", "jpn"),
        ("cz", "ces"),
        ("gr", "ell"),
        ("iw", "heb"),
        ("in", "ind"),
        ("ji", "yid"),
        ("mo", "ron"),
        ("sh", "hbs"),
    ],
)
def test_usual_slips_and_withdrawn_codes_are_understood(slip, canonical):
    assert id_of(slip) == canonical


@pytest.mark.parametrize(
    ("code", "canonical"), [("kr", "kau"), ("tw", "twi"), ("als", "als"), ("fil", "fil"), ("tl", "tgl")]
)
def test_a_valid_code_means_what_the_standard_says(code, canonical):
    assert id_of(code) == canonical


def test_no_alias_overrides_a_valid_code():
    known = codes().ids
    assert {code for code, target in CODES.items() if known.get(code, target) != target} == set()


@pytest.mark.parametrize(
    ("macro", "member"),
    [("ara", "arb"), ("zho", "cmn"), ("nor", "nob"), ("fas", "pes"), ("swa", "swh"), ("est", "ekk")],
)
def test_macrolanguages_and_members_are_linked_but_apart(macro, member):
    assert id_of(macro) != id_of(member)
    assert resolve(member).macro == macro
    assert member in resolve(macro).members


def test_retired_codes_follow_their_successor():
    assert id_of("jap") == "jaa"
    assert id_of("mol") == "ron"


@pytest.mark.parametrize("retired", sorted(KEPT_APART))
def test_retired_codes_that_benchmarks_still_measure_stay_apart(retired):
    assert id_of(retired) == retired
    assert resolve(retired).scope == "retired"
    assert id_of(KEPT_APART[retired][1]) != retired


def test_a_language_knows_its_code_script_and_name():
    language = resolve("zh-TW")
    assert (language.id, language.iso639_3, language.script, language.name) == (
        "zho_Hant",
        "zho",
        "Hant",
        "Chinese (Hant)",
    )
    assert str(language) == "zho_Hant"


def test_languages_are_equal_if_their_ids_are():
    assert resolve("de") == resolve("German") != resolve("deu_Cyrl")
    assert len({resolve("de"), resolve("ger")}) == 1


@pytest.mark.parametrize(
    "code", ["und", "mul", "zxx", "mis", "", " ", "-", "xx", "deu_Xxxx", "de-en", "zh-eng", "qaf", "☃"]
)
def test_what_names_no_language_is_an_error(code):
    with pytest.raises(UnknownLanguage):
        resolve(code)


@pytest.mark.parametrize(
    ("code", "meant"),
    [
        ("Germn", "deu"), ("Yorubaa", "yor"), ("Kiswahli", "swa"), ("map-bms", "jav"), ("eml", "egl"), ("de-en", "deu"),
        ("jpp", "jpn"),
    ],
)  # fmt: skip
def test_an_unknown_language_comes_with_what_may_have_been_meant(code, meant):
    with pytest.raises(UnknownLanguage) as caught:
        resolve(code)
    suggested = [known for known, _ in caught.value.suggestions]
    assert meant in suggested
    assert len(suggested) <= 3


def test_a_name_that_several_languages_share_is_an_error_that_names_them():
    with pytest.raises(UnknownLanguage) as caught:
        resolve("Ainu")
    assert {"aib", "ain"} <= {known for known, _ in caught.value.suggestions}


def test_the_error_is_one_line_with_place_and_mend():
    with pytest.raises(UnknownLanguage) as caught:
        resolve("Germn", where="scores.csv row 3")
    message = str(caught.value)
    assert message.startswith("scores.csv row 3: unknown language 'Germn'; did you mean 'deu' (German)")
    assert "languages={'Germn': '" in message
    assert "\n" not in message


def test_each_error_tells_its_own_place():
    for where in ("row 1", "row 2"):
        with pytest.raises(UnknownLanguage, match=where):
            resolve("xx", where=where)


@given(st.text(max_size=200) | st.from_regex(r"[a-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,3}", fullmatch=True))
def test_any_text_is_a_language_or_unknown(text):
    try:
        language = resolve(text)
    except UnknownLanguage:
        return
    assert resolve(language.id) == language


def test_every_code_of_the_standard_keeps_its_id_when_read_again():
    for code, found in codes().ids.items():
        if codes().scopes[found] != "special":
            language = resolve(code)
            assert isinstance(language, Language)
            assert resolve(language.id).id == language.id
            assert language.iso639_3 == found


def test_the_tables_of_aliases_name_known_languages():
    targets = {*CODES.values(), *DIALECTS.values(), *NAMES.values(), *REPRESENTATIVES, *REPRESENTATIVES.values()}
    assert {target for target in targets if target.split("_")[0] not in codes().names} == set()


def test_every_macrolanguage_of_two_or_more_is_represented_by_a_member():
    for macro, member in REPRESENTATIVES.items():
        if codes().scopes[macro] == "macrolanguage":
            assert member in codes().members[macro]


def test_every_code_resolves_with_and_without_a_script():
    spellings = [f"{code}{suffix}" for code in codes().ids for suffix in ("", "_Latn")][:10_000]
    for spelling in spellings:
        try:
            resolve(spelling)
        except UnknownLanguage:
            assert codes().scopes[codes().ids[spelling.split("_")[0]]] == "special"
