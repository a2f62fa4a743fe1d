"""Scripts: which exist, which one a language is written in, and which put no spaces between words."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib import resources

SCRIPTS = frozenset(
    """
    Adlm Aghb Ahom Arab Armi Armn Avst Bali Bamu Bass Batk Beng Bhks Bopo Brah Brai Bugi Buhd Cakm Cans Cari
    Cham Cher Chrs Copt Cpmn Cprt Cyrl Deva Diak Dogr Dsrt Dupl Egyp Elba Elym Ethi Gara Geor Glag Gong Gonm Goth
    Gran Grek Gujr Gukh Guru Hang Hani Hans Hant Hatr Hebr Hluw Hmng Hmnp Hung Ital Java Jpan
    Kali Kawi Khar Khmr Khoj Kits Knda Krai Kthi Lana Laoo Latn Lepc Limb Lina Linb Lisu Lyci Lydi Mahj
    Maka Mand Mani Marc Medf Mend Merc Mero Mlym Modi Mong Mroo Mtei Mult Mymr Nagm Nand Narb Nbat Newa Nkoo Nshu
    Ogam Olck Onao Orkh Orya Osge Osma Ougr Palm Pauc Perm Phag Phli Phlp Phnx Plrd Prti Rjng Rohg Runr Samr Sarb
    Saur Sgnw Shaw Shrd Sidd Sind Sinh Sogd Sogo Sora Soyo Sund Sunu Sylo Syrc Tagb Takr Tale Talu Taml Tang
    Tavt Telu Tfng Tglg Thaa Thai Tibt Tirh Tnsa Todr Toto Tutg Ugar Vaii Vith Wara Wcho Xpeo Xsux Yezi Yiii Zanb
    """.split()
)
"""ISO 15924 codes, without those that only name a style or a part of another script."""

SAME_SCRIPT = {
    "Kore": "Hang", "Jamo": "Hang", "Hira": "Jpan", "Kana": "Jpan", "Hrkt": "Jpan", "Hanb": "Hant", "Aran": "Arab",
    "Latf": "Latn", "Latg": "Latn", "Cyrs": "Cyrl", "Geok": "Geor", "Syre": "Syrc", "Syrj": "Syrc", "Syrn": "Syrc",
}  # fmt: skip
"""Styles and parts of a script, and the script they count as."""

UNSPECIFIED = frozenset({"Zyyy", "Zinh", "Zzzz", "Zxxx"})
"""Codes that say that the script is not known, shared or not there."""

WITHOUT_SPACES = frozenset("Hans Hant Hani Jpan Thai Laoo Khmr Mymr Tibt Lana Talu Tale Java Bali Yiii Tang".split())
"""Scripts in which running text is usually written without spaces between words."""

FROM_FLORES = frozenset({"ajp", "crh", "tzm"})
"""Languages whose default script is that of FLORES-200, see `data/default_scripts.tsv`."""

HAN = frozenset({"Hans", "Hant"})

SCRIPT_NAMES = {
    "arabic": "Arab", "armenian": "Armn", "bengali": "Beng", "cyrillic": "Cyrl", "devanagari": "Deva",
    "ethiopic": "Ethi", "geez": "Ethi", "greek": "Grek", "gurmukhi": "Guru",
    "hebrew": "Hebr", "latin": "Latn", "roman": "Latn",
    "romanised": "Latn", "romanized": "Latn", "mongolian": "Mong", "nko": "Nkoo", "perso arabic": "Arab",
    "shahmukhi": "Arab", "simplified": "Hans", "tibetan": "Tibt", "tifinagh": "Tfng", "traditional": "Hant",
    "ajami": "Arab", "jawi": "Arab", "syllabics": "Cans",
}  # fmt: skip
"""Names of scripts as people write them beside a language, folded."""


def known_script(text: str) -> str | None:
    """The canonical ISO 15924 code for `text` in any letter case, "" if it says nothing, None if there is none."""
    code = text.title()
    code = SAME_SCRIPT.get(code, code)
    if code in UNSPECIFIED:
        return ""
    return code if code in SCRIPTS else None


def default_script(language: str, region: str = "", macro: str | None = None) -> str:
    """The script `language` (ISO 639-3) is written in unless said otherwise.

    Parameters
    ----------
    language : str
    region : str, optional
        ISO 3166-1 code; some languages change script at a border (`zho` in TW, `pan` in PK).
    macro : str, optional
        The macrolanguage it belongs to, whose script it shares unless listed itself.
    """
    listed = _listed()
    for key in ((language, region), (language, ""), (macro, region), (macro, "")):
        if (script := listed.get(key)) is not None:
            return script
    return "Latn"


def listed_scripts(language: str) -> list[str]:
    """Scripts that `language` is listed with, anywhere."""
    return list(dict.fromkeys(script for (code, _), script in _listed().items() if code == language))


def script_from(language: str, script: str, macro: str | None = None) -> str:
    """Where it is known from that `language` is written in `script`."""
    listed = _listed()
    if listed.get((language, "")) == script:
        return "FLORES-200" if language in FROM_FLORES else "CLDR 48.2"
    if (language, "") not in listed and listed.get((macro, "")) == script:
        return f"CLDR 48.2, from {macro}"
    if (language, "") not in listed and script == "Latn":
        return "CLDR, Latin by default"
    return "as given"


@lru_cache(maxsize=1)
def _listed() -> dict[tuple[str | None, str], str]:
    return {(language, region): script for language, region, script in read_table("default_scripts.tsv")}


def read_table(name: str) -> Iterator[list[str]]:
    """Rows of one of our data files, without its comments and its header."""
    text = resources.files("isogloss.languages").joinpath("data", name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return (line.split("\t") for line in lines[1:])
