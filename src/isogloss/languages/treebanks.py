"""Treebanks of Universal Dependencies, named after their language: `no_nynorsk`, `UD_English-EWT`, `German (GSD)`."""

from __future__ import annotations

import re

from isogloss.languages.aliases import CODES
from isogloss.languages.tags import tag_of_code, tag_of_name
from isogloss.languages.writing import known_script

_UNDERSCORE = re.compile(r"([a-z]{2,3})_([a-z][a-z0-9]{2,})")
_HYPHEN = re.compile(r"([a-z]{2,3})-([a-z][a-z0-9]{2,})")
_UD_NAME = re.compile(r"UD_([A-Z][A-Za-z_]*)-(\w+)")
_NAME = re.compile(r"([A-Z][^()\[\]\d]*?)(?:\s*-|\s*\(|\s*\[|\s+|_)([A-Za-z]\w+)[)\]]?")
LONGEST = 60
"""Characters of the name of a treebank."""
_WRITTEN = {"nynorsk": "nno", "nynorsklia": "nno", "bokmaal": "nob", "bokmal": "nob"}
"""Treebanks named for the language they are written in."""

TREEBANKS = frozenset(
    """
    afribooms alksnis alpino ancora arcosg armtdp atis att bdt bijankhan bokmaal bosque bsut btb cac ccg childes
    cintil cltt cupt ddt ele ewt fame fictree ftb ftr galpsud gd gdt giella gsd gsdluw gsdsimp gsi gum gumreddit hdt
    hdtb hiencs hk htb iahltwiki icepahc idt ilmt imst isdt ittb iu kaist kenet ktb lassysmall lattice lfg lines lit
    littleprince lvtb markit mg mittb modern newscrawl nsc nynorsk nynorsklia oldtalk padt palmyra parisstories
    parlamint partut parut patr pdb pdt pdtc penn perdt perseus petrogold pikabu poetry porttinari postwita proiel psd
    ptnk pud rhapsodie rnc rrt sbrc seq sequoia shopping spoken ssj sst syntagrus szeged taiga talbanken tdt tourism
    tueba tut twittiro udt udtb ufal valico vedic vit vtb wtb ytb
    """.split()
)
"""Names of treebanks, folded, as they stand behind a language."""


def language_of_treebank(value: str) -> str | None:
    """What the language of a treebank is written as, a code or a name; None for what is no name of a treebank."""
    if len(value) > LONGEST:
        return None
    if match := _UD_NAME.fullmatch(value):
        return _WRITTEN.get(match[2].casefold(), match[1].replace("_", " "))
    if value.replace("_", "-").casefold() in CODES:  # zh_classical
        return None
    if (match := _UNDERSCORE.fullmatch(value)) and not known_script(match[2]):
        return _WRITTEN.get(match[2], match[1])
    if (match := _HYPHEN.fullmatch(value)) and match[2] in TREEBANKS and tag_of_code(value) is None:
        return _WRITTEN.get(match[2], match[1])
    if (match := _NAME.fullmatch(value)) and match[2].casefold() in TREEBANKS and tag_of_name(value) is None:
        return _WRITTEN.get(match[2].casefold(), match[1].strip()) if tag_of_name(match[1]) else None
    return None
