"""Tables about languages for people to read: what is known of each, and how far apart they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from isogloss.errors import BadValue
from isogloss.languages.catalogue import entries, note
from isogloss.languages.distance import distances
from isogloss.languages.imputation import features
from isogloss.languages.language import Language, as_languages
from isogloss.languages.pretraining import resource_shares, resources
from isogloss.languages.sources import feature_sources, source

if TYPE_CHECKING:
    import polars as pl

ASPECTS = ("syntactic", "phonological", "inventory", "morphological")


def describe(languages: Iterable[str | Language]) -> pl.DataFrame:
    """What is known of each language, one row each.

    Returns
    -------
    polars.DataFrame
        The columns of `isogloss.languages.catalogue.entries`, and for each aspect of typology (`syntactic`,
        `phonological`, `inventory`, `morphological`) how many features are known, of how many
        (`syntactic_of`), and from which other languages some were taken (`syntactic_from`).
    """
    import polars as pl

    known = as_languages(languages)
    counts: list[pl.Series] = []
    for aspect in ASPECTS:
        aspect_features = features(known, aspect)
        lent = [list(lenders) for lenders in aspect_features.inherited]
        counts += [
            pl.Series(aspect, (aspect_features.values == aspect_features.values).sum(axis=1), dtype=pl.Int64),
            pl.Series(f"{aspect}_of", [len(aspect_features.names)] * len(known), dtype=pl.Int64),
            pl.Series(f"{aspect}_from", lent, dtype=pl.List(pl.String)),
        ]
    return entries(known).with_columns(counts)


def card(language: str | Language) -> pl.DataFrame:
    """What `describe` says of one language in words: a table of `what`, `known` and where it is known `from`."""
    import polars as pl

    row = describe([language]).row(0, named=True)
    provenance = row["provenance"]
    written = note(language) if isinstance(language, str) else None
    macro = f", one of {row['macro']}" if row["macro"] and not row["parent"] else ""
    kind = f"{_article(row['scope'])} {row['scope']} language{macro}"
    if row["scope"] == "variety":
        kind = f"a variety of {row['parent']}" if row["parent"] else "a language without ISO 639-3 code"
    lines: dict[str, tuple[str | None, str]] = {
        "note": (written, ""),
        "id": (row["language"], ""),
        "native name": (row["native_name"], provenance["native_name"]),
        "codes": (_codes(row), provenance["glottocode"]),
        "tags": (_tags(row), ""),
        "is": (kind.replace("macrolanguage language", "macrolanguage"), provenance["name"]),
        "members": (", ".join(row["members"]) or None, "ISO 639-3"),
        "script": (_written(row), provenance["script"]),
        "family": (" > ".join(row["family"]) or ("isolate" if row["glottocode"] else None), provenance["family"]),
        "place": (_place(row["latitude"], row["longitude"]), provenance["latitude"]),
        "resources": (row["resource_class"], provenance["resource_class"]),
        "pretraining": (_seen(row["language"]), "CC-100: Conneau et al. 2020"),
        **{aspect: (_count(row, aspect), source(aspect).title) for aspect in ASPECTS},
    }
    shown = [(what, value, origin) for what, (value, origin) in lines.items() if value]
    return pl.DataFrame(shown, schema=["what", "known", "from"], orient="row")


def _codes(row: dict[str, Any]) -> str:
    iso = f"ISO 639-3 {row['iso639_3']}" if row["iso639_3"] else "no ISO 639-3"
    return f"{iso}, Glottolog {row['glottocode'] or 'none'}"


def _tags(row: dict[str, Any]) -> str:
    named = {"639-1": row["iso639_1"], "BCP 47": row["bcp47"], "FLORES": row["flores"]}
    return ", ".join(f"{what} {code}" for what, code in named.items() if code)


def _seen(language: str) -> str | None:
    """How much of it is in CC-100; None where that is not known."""
    size = resources("cc100").get(language)
    return None if size is None else f"{size:g} GiB, {100 * resource_shares('cc100')[language]:.2g} % of XLM-R's"


def _written(row: dict[str, Any]) -> str:
    others = [script for script in row["scripts"] if script != row["script"]]
    note_on_spaces = ", without spaces" if row["unspaced"] else ""
    also = f" (also {', '.join(others)})" if others else ""
    return f"{row['script']}{also}{note_on_spaces}"


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def _place(latitude: float | None, longitude: float | None) -> str | None:
    if latitude is None or longitude is None:
        return None
    return f"{abs(latitude):.1f} {'N' if latitude >= 0 else 'S'}, {abs(longitude):.1f} {'E' if longitude >= 0 else 'W'}"


def _count(row: dict[str, Any], aspect: str) -> str:
    lent = row[f"{aspect}_from"]
    lenders = f", some from {' and '.join(map(str, lent))}" if lent else ""
    return f"{row[aspect]} of {row[f'{aspect}_of']} features{lenders}"


def compare(
    languages: Sequence[str | Language],
    kinds: Sequence[str] = ("combined",),
    *,
    weights: Mapping[str, float] | None = None,
    impute: str | None = None,
) -> pl.DataFrame:
    """Distances between every two of some languages, one row per pair.

    Parameters
    ----------
    languages : sequence of str or Language
        Written in any way `resolve` knows.
    kinds : sequence of str, default ("combined",)
        Kinds of distance, see `distance_kinds()`.
    weights : mapping of str to float, optional
        Of the kinds in `combined`.
    impute : {None, "family", "nearest"}, default None
        How to fill features that nobody has observed, see `isogloss.languages.imputation`.

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
        raise BadValue("a distance needs two different languages", hint="name at least two")
    pairs = [(i, j) for i in range(len(known)) for j in range(i + 1, len(known))]
    columns: dict[str, pl.Series] = {
        "language": pl.Series([known[i].id for i, _ in pairs], dtype=pl.String),
        "other": pl.Series([known[j].id for _, j in pairs], dtype=pl.String),
    }
    for kind in kinds:
        measured = distances(known, kind, weights=weights if kind == "combined" else None, impute=impute)
        columns[kind] = pl.Series([measured.values[pair] for pair in pairs], dtype=pl.Float64).fill_nan(None)
        columns[f"{kind}_coverage"] = pl.Series([measured.coverage[pair] for pair in pairs], dtype=pl.Float64)
    return pl.DataFrame(columns)


def nearest(
    language: str | Language,
    among: Iterable[str | Language],
    kind: str = "combined",
    *,
    top: int | None = None,
    weights: Mapping[str, float] | None = None,
    impute: str | None = None,
) -> pl.DataFrame:
    """The languages nearest to one, nearest first.

    Parameters
    ----------
    language : str or Language
    among : iterable of str or Language
        Those that come into question; the language itself is left out.
    kind : str, default "combined"
    top : int, optional
        How many at most; by default all whose distance is known.
    weights, impute
        As for `distances`.

    Returns
    -------
    polars.DataFrame
        `language`, `name`, `distance`, `coverage`. Languages at a distance nobody knows are left out.

    Raises
    ------
    UnknownLanguage, UnknownName
    """
    import polars as pl

    (target,) = as_languages([language])
    others = [other for other in dict.fromkeys(as_languages(among)) if other != target]
    measured = distances([target], kind, others=others, weights=weights, impute=impute)
    ranked = pl.DataFrame(
        {
            "language": pl.Series([other.id for other in others], dtype=pl.String),
            "name": pl.Series([other.name for other in others], dtype=pl.String),
            "distance": pl.Series(measured.values[0], dtype=pl.Float64).fill_nan(None),
            "coverage": pl.Series(measured.coverage[0], dtype=pl.Float64),
        }
    )
    ranked = ranked.drop_nulls("distance").sort("distance", "language")
    return ranked if top is None else ranked.head(top)


def source_table() -> pl.DataFrame:
    """Every feature source: `source`, `from`, `licence`, how many `languages` and `features`, share `missing`."""
    import polars as pl

    rows = [
        (name, table.title, table.licence, len(table.rows), len(table.names), table.missing)
        for name in feature_sources.names()
        for table in [source(name)]
    ]
    return pl.DataFrame(rows, schema=["source", "from", "licence", "languages", "features", "missing"], orient="row")
