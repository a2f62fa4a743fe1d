"""Tables about languages for people to read: what is known of each, and how far apart they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from isogloss.errors import BadValue
from isogloss.languages.distance import distances
from isogloss.languages.language import Language
from isogloss.languages.typology import as_languages, features

if TYPE_CHECKING:
    import polars as pl

ASPECTS = ("syntactic", "phonological", "inventory")


def describe(languages: Iterable[str | Language]) -> pl.DataFrame:
    """What is known of each language, one row each.

    Returns
    -------
    polars.DataFrame
        `language` (canonical id), `name`, `iso639_3`, `glottocode`, `script`, `scope`, `macro`, `members`,
        `family` (from the family down), `latitude`, `longitude`; for each aspect of typology
        (`syntactic`, `phonological`, `inventory`) how many features are known, of how many
        (`syntactic_of`), and from which other languages some were taken (`syntactic_from`).
    """
    import polars as pl

    known = as_languages(languages)
    columns: dict[str, pl.Series] = {
        "language": pl.Series([one.id for one in known], dtype=pl.String),
        **{
            field: pl.Series([getattr(one, field) for one in known], dtype=pl.String)
            for field in ("name", "iso639_3", "glottocode", "script", "scope", "macro")
        },
        **{
            field: pl.Series([list(getattr(one, field)) for one in known], dtype=pl.List(pl.String))
            for field in ("members", "family")
        },
        **{
            field: pl.Series([getattr(one, field) for one in known], dtype=pl.Float64)
            for field in ("latitude", "longitude")
        },
    }
    for aspect in ASPECTS:
        found = features(known, aspect)
        columns[aspect] = pl.Series((found.values == found.values).sum(axis=1), dtype=pl.Int64)
        columns[f"{aspect}_of"] = pl.Series([len(found.names)] * len(known), dtype=pl.Int64)
        columns[f"{aspect}_from"] = pl.Series([list(lent) for lent in found.inherited], dtype=pl.List(pl.String))
    return pl.DataFrame(columns)


def card(language: str | Language) -> pl.DataFrame:
    """What `describe` says of one language in words: a table of `what` and `known`."""
    import polars as pl

    row = describe([language]).row(0, named=True)
    macro = f", one of {row['macro']}" if row["macro"] else ""
    lines = {
        "id": row["language"],
        "codes": f"ISO 639-3 {row['iso639_3']}, Glottolog {row['glottocode'] or 'none'}",
        "is": f"{_article(row['scope'])} {row['scope']} language{macro}".replace(
            "macrolanguage language", "macrolanguage"
        ),
        "members": ", ".join(row["members"]) or None,
        "script": row["script"],
        "family": " > ".join(row["family"]) or ("isolate" if row["glottocode"] else None),
        "place": _place(row["latitude"], row["longitude"]),
        **{aspect: _count(row, aspect) for aspect in ASPECTS},
    }
    shown = {what: value for what, value in lines.items() if value}
    return pl.DataFrame({"what": list(shown), "known": list(shown.values())})


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def _place(latitude: float | None, longitude: float | None) -> str | None:
    if latitude is None or longitude is None:
        return None
    return f"{abs(latitude):.1f} {'N' if latitude >= 0 else 'S'}, {abs(longitude):.1f} {'E' if longitude >= 0 else 'W'}"


def _count(row: dict[str, object], aspect: str) -> str:
    lent = row[f"{aspect}_from"]
    note = f", some from {' and '.join(map(str, lent))}" if isinstance(lent, list) and lent else ""
    return f"{row[aspect]} of {row[f'{aspect}_of']} features{note}"


def compare(languages: Sequence[str | Language], kinds: Sequence[str] = ("combined",)) -> pl.DataFrame:
    """Distances between every two of some languages, one row per pair.

    Parameters
    ----------
    languages : sequence of str or Language
    kinds : sequence of str, default ("combined",)

    Returns
    -------
    polars.DataFrame
        `language`, `other`, and for each kind a column with the distance (null where too little is known)
        and one with its coverage (`syntactic_coverage`).

    Raises
    ------
    BadValue
        If there are fewer than two different languages.
    UnknownLanguage, UnknownName
    """
    import polars as pl

    known = list(dict.fromkeys(as_languages(languages)))
    if len(known) < 2:
        raise BadValue("a distance needs two different languages", mend="name at least two")
    pairs = [(i, j) for i in range(len(known)) for j in range(i + 1, len(known))]
    columns: dict[str, pl.Series] = {
        "language": pl.Series([known[i].id for i, _ in pairs], dtype=pl.String),
        "other": pl.Series([known[j].id for _, j in pairs], dtype=pl.String),
    }
    for kind in kinds:
        found = distances(known, kind)
        columns[kind] = pl.Series([found.values[pair] for pair in pairs], dtype=pl.Float64).fill_nan(None)
        columns[f"{kind}_coverage"] = pl.Series([found.coverage[pair] for pair in pairs], dtype=pl.Float64)
    return pl.DataFrame(columns)
