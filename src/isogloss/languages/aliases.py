"""What people write for a language although no standard says so, and what we take it to mean.

No entry overrides a valid code: `kr` stays Kanuri although some mean Korean, `tw` stays Twi, and `als`
stays Tosk Albanian although the Wikipedia of that name is Alemannic.
"""

from __future__ import annotations

CODES: dict[str, str] = {
    # country codes taken for language codes
    "jp": "jpn", "cz": "ces", "gr": "ell", "dk": "dan", "ua": "ukr", "vn": "vie", "cn": "zho",
    # withdrawn from ISO 639-1 and 639-2
    "iw": "heb", "in": "ind", "ji": "yid", "jw": "jav", "mo": "ron", "mol": "ron", "sh": "hbs", "bh": "bih",
    # Chinese by region or script; cmo is Central Mnong, which nobody writes in Han characters
    "cmo-hans": "cmn", "cmo-hant": "cmn_Hant",
    "zhs": "zho_Hans", "zht": "zho_Hant", "zh-classical": "lzh", "zh-min-nan": "nan",
    # editions of Wikipedia, and the corpora drawn from them
    "simple": "eng", "bat-smg": "sgs", "be-x-old": "bel", "be-tarask": "bel", "cbk-zam": "cbk", "fiu-vro": "vro",
    "roa-rup": "rup", "no-nyn": "nno", "no-bok": "nob",
}  # fmt: skip
"""Codes that no standard has, or has no more (lower case, `-` between the parts), and their canonical ids."""

DIALECTS: dict[str, str] = {"map-bms": "jav", "roa-tara": "nap", "eml": "egl", "qaf": "arq"}
"""Codes of varieties that are not the language they come closest to: not resolved, only suggested."""

KEPT_APART: dict[str, tuple[str, str, str]] = {
    "ajp": ("South Levantine Arabic", "apc", "ara"),
    "kzj": ("Coastal Kadazan", "dtp", ""),
}
"""Retired codes that benchmarks still measure beside the code they were merged into (FLORES-200 has `ajp`
and `apc`, Tatoeba `kzj` and `dtp`): name, what they were merged into, macrolanguage. Merging them would
make two measurements one."""

NAMES: dict[str, str] = {
    "acehnese": "ace", "amazigh": "ber", "azeri": "aze", "balochi": "bal", "banjarese": "bjn", "bangla": "ben",
    "bokmal": "nob",
    "brazilian portuguese": "por", "cantonese": "yue", "castilian": "spa", "chichewa": "nya", "chewa": "nya",
    "chinese simplified": "zho", "chinese traditional": "zho_Hant", "dholuo": "luo", "european portuguese": "por",
    "farsi": "fas", "flemish": "nld", "fula": "ful", "fulani": "ful", "frisian": "fry", "gaelic": "gla",
    "greek": "ell", "haitian": "hat", "irish gaelic": "gle", "isixhosa": "xho", "isizulu": "zul", "khmer": "khm",
    "kinyarwanda": "kin", "kirundi": "run", "kiswahili": "swa", "kurmanji": "kmr", "kyrgyz": "kir", "lingala": "lin",
    "luganda": "lug", "mandarin": "cmn", "moldovan": "ron", "myanmar": "mya", "naija": "pcm", "ngaju": "nij",
    "nynorsk": "nno", "occitan": "oci", "odia": "ori", "ossetic": "oss", "pidgin english": "pcm",
    "chishona": "sna", "emakhuwa": "vmw", "isindebele": "nbl", "kikuyu": "kik", "sepedi": "nso",
    "siswati": "ssw", "tshivenda": "ven", "xitsonga": "tso", "oromo": "orm", "afaan oromo": "orm",
    "hakka": "hak", "hokkien": "nan", "nigerian pidgin": "pcm", "dari": "prs", "filipino tagalog": "fil",
    "romansch": "roh", "scots gaelic": "gla", "sesotho": "sot", "setswana": "tsn", "simplified chinese": "zho",
    "slovene": "slv", "sorani": "ckb", "tajiki": "tgk", "toba batak": "bbc", "traditional chinese": "zho_Hant",
    "tsonga": "tso", "uighur": "uig", "valencian": "cat", "yiddish": "yid",
}  # fmt: skip
"""English names in daily use that ISO 639 writes otherwise (folded as `resolve` folds them)."""

REPRESENTATIVES: dict[str, str] = {
    "aka": "twi", "ara": "arb", "aym": "ayr", "aze": "azj", "bal": "bgn", "bik": "bcl", "bnc": "lbk", "bua": "bxr",
    "chm": "mhr", "cre": "crk", "del": "unm", "den": "xsl", "din": "dik", "doi": "dgo", "est": "ekk", "fas": "pes",
    "ful": "fuv", "gba": "gbp", "gon": "gno", "grb": "gbo", "grn": "gug", "hai": "hax", "hbs": "hrv", "hmn": "mww",
    "iku": "ike", "ipk": "esi", "jrb": "yhd", "kau": "knc", "kln": "niq", "kok": "gom", "kom": "kpv", "kon": "kng",
    "kpe": "gkp", "kur": "kmr", "lah": "pnb", "lav": "lvs", "luy": "bxk", "man": "mnk", "mlg": "plt", "mon": "khk",
    "msa": "zsm", "mwr": "rwr", "nep": "npi", "nor": "nob", "oji": "ojb", "ori": "ory", "orm": "gaz", "pus": "pbt",
    "que": "quy", "raj": "hoj", "rom": "rmy", "san": "cls", "sqi": "als", "srd": "sro", "swa": "swh", "syr": "aii",
    "tmh": "taq", "uzb": "uzn", "yid": "ydd", "zap": "zaw", "zha": "zyb", "zho": "cmn", "zza": "diq",
    "ber": "tzm", "bih": "bho", "btk": "bbc",
}  # fmt: skip
"""The member that stands for a macrolanguage (or a group) where the macrolanguage itself is not described:
the standard variety, or the one with most speakers. Quechua is represented by Ayacucho Quechua (`quy`),
the variety of FLORES-200 and the basis of the southern standard."""
