"""From any way of writing a language to its one canonical id."""

from __future__ import annotations

import re
from functools import lru_cache

from isogloss.errors import UnknownLanguage
from isogloss.languages.aliases import CODES
from isogloss.languages.iso639 import codes, macro_of
from isogloss.languages.language import Language
from isogloss.languages.names import English, suggest
from isogloss.languages.writing import HAN, WITHOUT_SPACES, default_script, known_script

REGIONS = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
    FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
    JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
    MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
    PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
    TN TO TR TT TV TW TZ UA UG UK UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
    """.split()  # noqa: SIM905
)
"""ISO 3166-1 codes, with XK and the frequent UK. Checked, so that the pair `de-en` is no German of "EN"."""

LONGEST = 120
_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*(?:@[A-Za-z]+)?", re.ASCII)
_MODIFIERS = {"latin": "Latn", "cyrillic": "Cyrl", "devanagari": "Deva", "arabic": "Arab"}


def resolve(code: str, *, where: str | None = None) -> Language:
    """The language that `code` stands for.

    Parameters
    ----------
    code : str
        An ISO 639-1, 639-2, 639-3 or 639-5 code, a BCP 47 tag (`zh-TW`, `sr-Latn`), a FLORES code
        (`deu_Latn`), a locale (`km-KH`, `en_US.UTF-8`), an English name (`Swiss German`) or one of the
        usual slips (`jp`). Letter case does not matter, nor `-` or `_`; codes come before names.
    where : str, optional
        File and row it was found in, for the error.

    Returns
    -------
    Language
        Macrolanguages and their members stay apart (`ara`, `arb`); regions are dropped unless they
        change the script (`zh-TW` is `zho_Hant`).

    Raises
    ------
    UnknownLanguage
        If nothing or several languages are known by it; with up to three that may have been meant.

    Examples
    --------
    >>> [resolve(code).id for code in ("de", "ger", "deu_Latn", "de-DE", "German", "zh-TW", "jp")]
    ['deu', 'deu', 'deu', 'deu', 'deu', 'zho_Hant', 'jpn']
    """
    language = _resolve(code) if isinstance(code, str) and len(code) <= LONGEST else None
    if language is None:
        shown = str(code)
        shown = shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}..."
        raise UnknownLanguage(shown, where=where, suggestions=suggest(shown[:LONGEST]))
    return language


@lru_cache(maxsize=1 << 16)
def _resolve(text: str) -> Language | None:
    written = text.strip()
    tag = written.split(".")[0].replace("_", "-").casefold()  # en_US.UTF-8
    if tag in CODES:
        return _parse_tag(CODES[tag])
    if _TAG.fullmatch(written.split(".")[0]) and (language := _parse_tag(tag)) is not None:
        return language
    named = English.load().find(written)
    return _parse_tag(named) if named else None


def _parse_tag(tag: str) -> Language | None:
    """The language of a tag of subtags, or None if any subtag is not what it should be."""
    tag, _, modifier = tag.partition("@")
    first, *rest = re.split("[-_]", tag)
    first = CODES.get(first, first)
    language = codes().ids.get(first)
    script, region = _MODIFIERS.get(modifier, ""), ""
    if language is None or (modifier and not script):
        return None
    for place, part in enumerate(rest):
        if len(part) == 1:  # an extension or private use: says nothing about which language
            break
        if place == 0 and len(part) == 3 and part.isalpha():  # zh-yue: an extended language
            if macro_of(part) != language:
                return None
            language = part
        elif len(part) == 4 and part.isalpha() and not region:
            if (found := known_script(part)) is None:
                return None
            script = found
        elif len(part) == 2 and part.upper() in REGIONS and not region:
            region = part.upper()
        elif not (len(part) == 3 and part.isdigit()) and not (len(part) >= 5 or (len(part) == 4 and part[0].isdigit())):
            return None  # neither a UN M.49 area nor a variant
    return make_language(language, script, region)


def make_language(code: str, script: str = "", region: str = "") -> Language | None:
    """The language with a canonical `code`, in `script` or else in the one usual in `region`; None for `und`, `mul`."""
    known = codes()
    if known.scopes[code] == "special":
        return None
    usual = default_script(code, macro=known.macros.get(code))
    script = script or default_script(code, region, macro=known.macros.get(code))
    if script == "Hani" and usual in HAN:
        script = usual
    name = English.display(known.names[code])
    if script == usual:
        return Language(code, code, script, name)
    return Language(f"{code}_{script}", code, script, f"{name} ({script})")


def written_without_spaces(language: str | Language) -> bool:
    """Whether running text in `language` usually has no spaces between words, going by its script."""
    known = language if isinstance(language, Language) else resolve(language)
    return known.script in WITHOUT_SPACES
