"""The one normaliser: languages, pairs, mixes, scales and directions are settled here, for every format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from isogloss.errors import MOST_UNKNOWN, BadValue, UnknownLanguage, UnknownName, closest
from isogloss.evidence.facts import check_models, check_tasks
from isogloss.evidence.importers.base import DROPPED, RAW_ITEM, RawTable, ReadOptions
from isogloss.evidence.importers.columns import stripped
from isogloss.evidence.paired import standard_errors
from isogloss.evidence.pairs import SEPARATOR, About, find_pairs, is_of_translations, read_about
from isogloss.evidence.scales import settle_scales
from isogloss.evidence.schema import ITEM, MODEL, OBSERVATION, QUERY, SCALES, TASK, conform, observation_keys, place
from isogloss.evidence.training_mix import TrainingMix
from isogloss.languages import resolve
from isogloss.languages.context import NO_LANGUAGES, is_minangkabau, is_summary, read_column
from isogloss.metrics.registry import find_metric, metrics

QUERY_TABLE = pl.Schema({"query_row": pl.Int64(), **QUERY})
"""A table of queries: `query_row` is the 0-based position in the file that asked."""

ROUNDING = 1e-3
"""How far a score may lie from the mean of its items and still be it; files round scores to three digits or more."""

DIRECTIONS = ("higher", "lower")
"""Which scores of a metric are better."""

LEFT_OUT = "none"
"""What a caller says of a value that is no language: its rows are left out."""

UNTRAINED = frozenset({"none", "-", "--", "–", "—", "n/a", "null"})
"""What people write into a column of training languages for a model that was used as it is."""

_POSITION = "_position"
_NAMES = ("model", "task", "metric", "target")


@dataclass(frozen=True)
class Normalised:
    """What a file holds, in isogloss's own words.

    Attributes
    ----------
    observations : polars.DataFrame
        With the columns of `isogloss.evidence.schema.OBSERVATION`; duplicates are still in it.
    queries : polars.DataFrame
        With the columns of `QUERY_TABLE`.
    dropped : polars.DataFrame
        `origin_row` and `reason` of every other row.
    languages : dict of str to str
        Each code as reported, and what it was resolved to.
    items : polars.DataFrame
        With the columns of `isogloss.evidence.schema.ITEM`, for the observations only.
    models, tasks : polars.DataFrame
        Facts, with the columns of `MODEL` and `TASK`.
    notes : tuple of str
        What else whoever imports should know.
    """

    observations: pl.DataFrame
    queries: pl.DataFrame
    dropped: pl.DataFrame
    languages: dict[str, str] = field(default_factory=dict)
    items: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ITEM))
    models: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=MODEL))
    tasks: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=TASK))
    notes: tuple[str, ...] = ()


def normalise(raw: RawTable, options: ReadOptions, *, where: str, importer: str) -> Normalised:
    """Settle languages, mixes, scales and directions of a file as its tool wrote it.

    Duplicates are left to `isogloss.evidence.duplicates`, because they can lie in different files.

    Parameters
    ----------
    raw : RawTable
    options : ReadOptions
    where : str
        The file, for errors and for the `origin` of each row.
    importer : str
        Name of the importer that read it.

    Raises
    ------
    BadValue, BadTrainingMix, UnknownLanguage
        One line: the file, the row, the reason, the hint.
    """
    rows = _complete(raw.rows, options, where, importer).with_row_index(_POSITION)
    unscored = pl.col("score").is_null()
    dropped = raw.dropped.select(DROPPED.names()).cast(DROPPED)
    if not raw.marks_queries:
        missing = rows.filter(unscored).select("origin_row", reason=pl.lit("no score"))
        dropped, rows = pl.concat([dropped, missing]), rows.filter(~unscored)
    _require(rows, ("model", "task", "target"))
    _require(rows.filter(~unscored), ("metric",))
    languages = _Languages(options.languages)
    rows, unusable = _settle_languages(rows, languages)
    scored = _settle_direction(rows.filter(~unscored), options.better)
    _require_known_metrics(scored, options.scale)
    observations = settle_scales(scored, options.scale)
    queries = _settle_direction(rows.filter(unscored), options.better).with_columns(query_row="origin_row")
    models, strange = _settle_models(raw.models, languages, where)
    items = _settle_items(raw.items, observations)
    return Normalised(
        conform(_errors_from_items(observations, items), OBSERVATION),
        conform(queries, QUERY_TABLE),
        pl.concat([dropped, unusable]),
        dict(languages.resolved),
        items,
        models,
        check_tasks(raw.tasks, where),
        (*raw.notes, *languages.notes, *strange, *_differing_scales(observations)),
    )


def as_queries(raw: RawTable) -> RawTable:
    """The same file read as questions: only those it marks, or, where it marks none, every row."""
    asked = raw.rows.filter(pl.col("score").is_null()) if "score" in raw.rows.columns else raw.rows
    if not (raw.marks_queries and asked.height):
        asked = raw.rows.with_columns(score=pl.lit(None, dtype=pl.Float64), standard_error=pl.lit(None))
    return RawTable(asked, raw.dropped)


class _Languages:
    """Resolves each code once, and remembers what it became."""

    def __init__(self, overrides: dict[str, str]):
        self.overrides = overrides
        self.resolved: dict[str, str] = {}
        self.unknown: dict[str, UnknownLanguage] = {}
        self.summaries: set[str] = set()
        self.targets: list[str] = []
        self.unclear: Mapping[str, str] = {}
        self.notes: tuple[str, ...] = ()

    def leaves_out(self, code: str) -> bool:
        """Whether the caller said that this is no language, to be left out."""
        return self.overrides.get(code) == LEFT_OUT

    def read_targets(self, targets: Iterable[str]) -> None:
        """Read the languages tested on together, as names or as codes."""
        column = read_column((target for target in targets if not self.leaves_out(target)), self.overrides)
        self.unclear = column.unclear
        self.resolved |= {value: language.id for value, language in column.languages.items()}
        self.summaries = set(column.summaries)
        self.targets = list(column.languages)
        self.notes = column.notes

    def __call__(self, code: str, where: str) -> str:
        """The id of a language; the code itself if it is unknown, of which `refuse_unknown` tells."""
        if code not in self.resolved and code not in self.unknown:
            doubts = {"nan": NO_LANGUAGES["nan"]} if code == "nan" else self.unclear if code in self.unclear else {}
            if doubts and code not in self.overrides:
                raise _unclear(doubts, where)
            if code not in self.overrides and is_summary(code) and not is_minangkabau(code, self.targets):
                raise BadValue(
                    f"'{code}' is no language", where=where,
                    hint=f"name the languages it stands for, or say which it is: languages={ {code: 'CODE'} }",
                )  # fmt: skip
            try:
                self.resolved[code] = resolve(self.overrides.get(code, code), where=where).id
            except UnknownLanguage as error:
                self.unknown[code] = error
                if len(self.unknown) == MOST_UNKNOWN:
                    self.refuse_unknown()
        return self.resolved.get(code, code)

    def refuse_unknown(self) -> None:
        """Raise one error for all languages that are unknown."""
        if self.unknown:
            raise UnknownLanguage.together(list(self.unknown.values()))


def _unclear(doubts: Mapping[str, str], where: str) -> BadValue:
    """What asks of values whether they are languages, all at once."""
    shown = dict(list(doubts.items())[:MOST_UNKNOWN])
    said = {value: value.casefold() for value in shown}
    return BadValue(
        "; ".join(f"'{value}' may be {resolve(said[value]).name}, or {doubt}" for value, doubt in shown.items()),
        where=where,
        hint=f"leave the cell empty if there is none, else say so: languages={said}" if list(shown) == ["nan"]
        else f"say which: languages={said} ('none' leaves it out)",
    )  # fmt: skip


def _complete(rows: pl.DataFrame, options: ReadOptions, where: str, importer: str) -> pl.DataFrame:
    if options.scale is not None and options.scale not in SCALES:
        raise UnknownName("scale", options.scale, SCALES)
    if options.better is not None and options.better not in DIRECTIONS:
        raise UnknownName("better", options.better, DIRECTIONS)
    origin = pl.col("origin").fill_null(where) if "origin" in rows.columns else pl.lit(where)
    named = pl.col("importer").fill_null(importer) if "importer" in rows.columns else pl.lit(importer)
    filled = conform(rows.with_columns(origin=origin, importer=named), OBSERVATION)
    for name, value in options.values.items():
        # A model that a file says was used as it is was trained on nothing, whatever the others were trained on.
        said = pl.col(name) != value if name != "train" else ~pl.col(name).is_in(["", value])
        if (other := filled.filter(said)).height:
            raise BadValue(
                f"its {name} is '{other[name][0]}', not '{value}' as given",
                where=place(other.row(0, named=True)),
                hint=f"leave out --{name}, or say otherwise in a mapping file",
            )
    filled = filled.with_columns(pl.col(name).fill_null(value) for name, value in options.values.items())
    return filled.with_columns(*(stripped(filled[name]) for name in _NAMES), filled["train"].fill_null(""))


def _require(rows: pl.DataFrame, names: tuple[str, ...]) -> None:
    for name in names:
        without = rows.filter(pl.col(name).is_null() | (pl.col(name) == ""))
        if without.height:
            whole = "" if name == "target" else f", or give it for the whole file with --{name}"
            raise BadValue(f"no {name}", where=place(without.row(0, named=True)), hint=f"fill in the column{whole}")


def _settle_languages(rows: pl.DataFrame, languages: _Languages) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows with languages and pairs settled; and those that are about no language and no pair, with the reason."""
    told = rows.with_columns(target_as_reported="target")
    told = _with_pairs(told, languages.overrides)
    languages.read_targets(code for code in told["target"].unique(maintain_order=True) if SEPARATOR not in code)
    about = pl.DataFrame(
        [(row["target"], row["pair"], *_about(row, languages)) for row in _firsts(told, "target", "pair")],
        schema=dict.fromkeys(("target", "pair", "_target", "_pair", "_reason"), pl.String),
        orient="row",
    )
    mixes = {row["train"]: _canonical(row["train"], languages, place(row)) for row in _firsts(told, "train")}
    languages.refuse_unknown()
    settled = told.join(about, on=["target", "pair"], how="left", nulls_equal=True, maintain_order="left").with_columns(
        target="_target", pair="_pair", train=pl.col("train").replace_strict(mixes, return_dtype=pl.String)
    )
    unusable = settled.filter(pl.col("_reason").is_not_null()).select("origin_row", reason="_reason")
    return settled.filter(pl.col("_reason").is_null()).drop("_target", "_pair", "_reason"), unusable


def _with_pairs(rows: pl.DataFrame, overrides: Mapping[str, str]) -> pl.DataFrame:
    """Rows with pairs that are written as one value, such as `en-de`, taken apart."""
    written = ~pl.col("target").str.contains(SEPARATOR, literal=True) & pl.col("pair").is_null()
    single = rows.filter(written)
    values = [value for value in single["target"].unique(maintain_order=True) if value not in overrides]
    names = single["metric"].drop_nulls().unique()
    translated = bool(len(names)) and all(map(is_of_translations, names))
    found = find_pairs(values, translated=translated)
    if found.unclear:
        first = single.filter(pl.col("target") == found.unclear[0]).row(0, named=True)
        one, other = re.split("[-_]", found.unclear[0])
        raise BadValue(
            f"{', '.join(map(repr, found.unclear[:8]))} may be a pair of languages, or a language of a country",
            where=place(first),
            hint=f"write a pair as {one}|{other}, or say which language it is: "
            f"languages={{'{found.unclear[0]}': '{one}'}}",
        )  # fmt: skip
    return rows.with_columns(target=pl.when(written).then(pl.col("target").replace(found.pairs)).otherwise("target"))


def _about(row: Mapping[str, Any], languages: _Languages) -> About:
    where = place(row)
    if languages.leaves_out(row["target"]):
        return About(None, reason=f"no language, as said: '{row['target']}'")
    if row["target"] in languages.summaries:
        return About(None, reason=f"a summary of several languages: '{row['target']}'")
    return read_about(row["target"], row["pair"], lambda code: languages(code, where), where)


def _canonical(text: str, languages: _Languages, where: str) -> str:
    if text.strip().casefold() in UNTRAINED and text not in languages.overrides:
        return ""
    return str(TrainingMix.parse(text, where=where, language=lambda code: languages(code, where)))


def _firsts(rows: pl.DataFrame, *names: str) -> Iterator[dict[str, Any]]:
    """The first row with each value, so that an error can name that row."""
    firsts = rows.select(*names, "origin", "origin_row").unique(subset=names, keep="first", maintain_order=True)
    return firsts.iter_rows(named=True)


def _settle_items(items: pl.DataFrame | None, observations: pl.DataFrame) -> pl.DataFrame:
    """Items under the keys of their observations."""
    if items is None or items.is_empty():
        return pl.DataFrame(schema=ITEM)
    keys = observations.select(pl.col(_POSITION).cast(pl.Int64).alias("row"), observation_keys(observations))
    return conform(conform(items, RAW_ITEM).join(keys, on="row", maintain_order="left"), ITEM)


def _errors_from_items(observations: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """Standard errors and numbers of items as the items have them, where a score is the mean of its items."""
    if items.is_empty():
        return observations
    computed = standard_errors(items).select(
        pl.all().exclude("observation").name.prefix("_"), _observation="observation"
    )
    keyed = observations.with_columns(observation_keys(observations).alias("_observation"))
    joined = keyed.join(computed, on="_observation", how="left", maintain_order="left")
    is_mean = (pl.col("score") - pl.col("_score")).abs() <= ROUNDING
    return joined.with_columns(
        standard_error=pl.when(is_mean)
        .then(pl.coalesce("_standard_error", "standard_error"))
        .otherwise("standard_error"),
        items=pl.coalesce("items", pl.when(is_mean).then("_items")),
    ).drop("_observation", "_items", "_score", "_standard_error")


def _settle_models(
    models: pl.DataFrame | None, languages: _Languages, where: str
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Facts about models with canonical languages, and a note on what of them is no language."""
    if models is None or "languages" not in models.columns:
        return check_models(models, where), ()
    known: dict[str, str] = {}
    strange: dict[str, None] = {}
    for code in models["languages"].explode().drop_nulls().unique().sort():
        try:
            known[code] = resolve(languages.overrides.get(code, code)).id
        except UnknownLanguage:
            strange[code] = None
    settled = pl.col("languages").list.eval(
        pl.element().replace_strict(known | strange, return_dtype=pl.String).drop_nulls().unique().sort()
    )
    note = f"languages of models left out, as they are unknown: {', '.join(strange)}"
    return check_models(models.with_columns(settled), where), (note,) if strange else ()


def _differing_scales(observations: pl.DataFrame) -> list[str]:
    """What to say of metrics that are read as percentages in some tasks and as fractions in others."""
    said = []
    bounded = observations.filter(pl.col("scale") != "raw").select("metric", "task", "scale")
    for (metric,), rows in bounded.unique(maintain_order=True).group_by("metric", maintain_order=True):
        tasks = [rows.filter(pl.col("scale") == scale)["task"].unique(maintain_order=True) for scale in SCALES[:2]]
        if all(len(of_scale) for of_scale in tasks):
            fractions, percent = (", ".join(of_scale.head(3)) for of_scale in tasks)
            said.append(f"{metric}: read as fractions in {fractions}, as percentages in {percent} (or give scale=...)")
    return said


def _settle_direction(rows: pl.DataFrame, declared: str | None) -> pl.DataFrame:
    """What a row says of its metric goes first, then what the registry says, then what the user says."""
    directions = {name: find_metric(name).higher_is_better for name in rows["metric"].drop_nulls().unique()}
    registered = pl.col("metric").replace_strict(directions, default=None, return_dtype=pl.Boolean)
    better = pl.lit(declared == "higher" if declared is not None else None, dtype=pl.Boolean)
    return rows.with_columns(higher_is_better=pl.coalesce("higher_is_better", registered, better))


def _require_known_metrics(rows: pl.DataFrame, declared: str | None) -> None:
    """Refuse metrics of which neither the file nor the registry nor the user says what their scores mean."""
    unknown = [name for name in rows["metric"].unique() if find_metric(name).is_fraction is None]
    no_scale = pl.col("metric").is_in(unknown) & pl.col("scale").is_null() & pl.lit(declared is None)
    lacking = rows.with_columns(no_scale=no_scale, no_direction=pl.col("higher_is_better").is_null())
    lacking = lacking.filter(pl.col("no_scale") | pl.col("no_direction"))
    if lacking.is_empty():
        return
    names = lacking["metric"].unique(maintain_order=True).to_list()
    near = closest(names[0], metrics.names(), n=1)
    answers = ["scale=fraction, percent or raw"] * bool(lacking["no_scale"].any())
    answers += ["better=higher or lower"] * bool(lacking["no_direction"].any())
    raise BadValue(
        f"unknown metric{'s' * (len(names) > 1)} {', '.join(map(repr, names))}",
        where=place(lacking.row(0, named=True)),
        hint=(f"did you mean '{near[0]}'? else " if near else "")
        + f"give {' and '.join(answers)}, or the columns scale and higher_is_better",
    )
