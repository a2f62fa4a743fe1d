"""Codes, tags and names that standards have for languages, without what users added."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from isogloss.languages.aliases import CODES
from isogloss.languages.glottolog import GLOTTOCODE, GROUP, LANGUAGE, glottolog
from isogloss.languages.iso639 import codes, macro_of
from isogloss.languages.names import English, fold
from isogloss.languages.qualifiers import read_qualified
from isogloss.languages.writing import known_script, read_table

REGIONS = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
    FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
    JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
    MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
    PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
    TN TO TR TT TV TW TZ UA UG UK UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
    """.split()
)
"""ISO 3166-1 codes, with XK and the frequent UK. Checked, so that the pair `de-en` is no German of "EN"."""

_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*(?:@[A-Za-z]+)?", re.ASCII)
_MODIFIERS = {"latin": "Latn", "cyrillic": "Cyrl", "devanagari": "Deva", "arabic": "Arab"}


class Tag(NamedTuple):
    """A language as a standard writes it: the code of a language or a Glottolog variety, its script and region."""

    code: str
    script: str = ""
    region: str = ""


def tag_of_code(text: str) -> Tag | None:
    """The tag that `text` is by a code of a standard, a glottocode or one of the usual slips; else None."""
    written = text.strip()
    if written.endswith("."):
        return None  # an abbreviation, such as Jap.
    tag = written.split(".")[0].replace("_", "-").casefold()  # en_US.UTF-8
    if tag in CODES:
        return _parse(CODES[tag])
    if _TAG.fullmatch(written.split(".")[0]) and (parsed := _parse(tag)) is not None:
        return parsed
    return _of_glottocode(written)


def tag_of_name(text: str) -> Tag | None:
    """The tag of the one language that has this English name, with or without something in parentheses, calls itself
    so, or is called so in one of a few other languages."""
    written = text.strip()
    if code := English.load().find(written):
        return _parse(code)
    if qualified := read_qualified(written):
        return Tag(*qualified)
    folded = fold(written)
    return _native().get(folded) or _foreign().get(folded)


@lru_cache(maxsize=1)
def _native() -> dict[str, Tag]:
    """Folded name -> the one language that calls itself so."""
    named: dict[str, set[str]] = {}
    for language, name in read_table("native_names.tsv"):
        named.setdefault(fold(name), set()).add(language)
    only = {name: next(iter(ids)) for name, ids in named.items() if name and len(ids) == 1}
    return {name: Tag(*language.partition("_")[::2]) for name, language in only.items()}


@lru_cache(maxsize=1)
def _foreign() -> dict[str, Tag]:
    """Folded name in another language than English, such as French -> the one language that it is of."""
    return {fold(name): Tag(language) for language, name, _ in read_table("foreign_names.tsv")}


def split_script(text: str) -> tuple[str, str] | None:
    """Code and script of an id such as `zueri-stadt_Latn`; None if what follows the `_` is no script."""
    code, _, written = text.partition("_")
    script = known_script(written) if written else ""
    return None if written and not script else (code.casefold(), script or "")


def _of_glottocode(text: str) -> Tag | None:
    """The language or dialect of a glottocode, with or without a script."""
    parts = split_script(text)
    if parts is None or not GLOTTOCODE.fullmatch(parts[0]) or (entry := glottolog().get(parts[0])) is None:
        return None
    if entry.iso639_3 is not None:
        return Tag(entry.iso639_3, parts[1])
    return None if entry.level in (LANGUAGE, GROUP) else Tag(*parts)


def _parse(tag: str) -> Tag | None:
    """The language of a tag of subtags, or None if any subtag is not what it should be; none for `und`, `mul`."""
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
            if (subtag := known_script(part)) is None:
                return None
            script = subtag
        elif len(part) == 2 and part.upper() in REGIONS and not region:
            region = part.upper()
        elif not (len(part) == 3 and part.isdigit()) and not (len(part) >= 5 or (len(part) == 4 and part[0].isdigit())):
            return None  # neither a UN M.49 area nor a variant
    return None if codes().scopes[language] == "special" else Tag(language, script, region)
