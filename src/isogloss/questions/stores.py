"""What does a store hold, from whom, and how is it kept in order and given to other tools?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.errors import BadValue
from isogloss.progress import Progress
from isogloss.questions.about import AboutSettings
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import FilePath, Level, NameList, OptionalPath, ReadAs, Shell, StoreName
from isogloss.questions.question import Question
from isogloss.questions.scale import RAW
from isogloss.text import counted

if TYPE_CHECKING:
    import polars as pl

    from isogloss.evidence import Evidence
    from isogloss.evidence.fetching import FetchReport
    from isogloss.evidence.paired import Comparison

PLACES = {"csv": "evidence.csv", "parquet": "evidence.parquet"}
"""Where formats of one file are written unless a place is named; the others go to `evidence-FORMAT`."""
FETCHED = "Public evidence: mteb, euroeval, or what a plugin adds; several are fetched one after the other."
COUNTS = ("files", "changed", "gone", "kept")
DROPPED: dict[str, Any] = {"source": str, "reason": str, "rows": int}
SOURCES = ("source", "url", "files", "licence", "citation")


class AboutStore(Question):
    """A question about a store."""

    positional: ClassVar[tuple[str, ...]] = ("store",)

    store: StoreName


class CompactQuestion(AboutStore):
    """Merge the many small parts of a store into few; no row is lost, and it may be interrupted."""

    command: ClassVar[str] = "evidence compact"
    writes: ClassVar[bool] = True

    def answer(self, progress: Progress | None = None) -> Answer:
        """Compact it."""
        import polars as pl

        from isogloss.evidence import Store, compact

        report = compact(Store(self.store))
        verdict = f"{counted(report.parts_before, 'part')} became {report.parts_after:,}; {report.rows:,} rows moved."
        twice = f"{counted(report.repeated, 'row')} stood twice, alike in everything, and once now."
        return Answer(
            self.command, (verdict, twice) if report.repeated else (verdict,),
            {"store": Table(pl.DataFrame([report.as_dict()]))}, scale=RAW, result=report,
        )  # fmt: skip


class DescribeStoreQuestion(AboutStore):
    """Add facts about tasks (chance, text_origin, licence, kind) or models (parameters, released, ...) to a store."""

    command: ClassVar[str] = "evidence describe"
    writes: ClassVar[bool] = True
    positional: ClassVar[tuple[str, ...]] = ("store", "facts")

    facts: Annotated[
        FilePath,
        Shell(argument=True, metavar="FILE"),
        Field(description="Table of tasks or of models (CSV, JSONL, Parquet)."),
    ]

    def answer(self, progress: Progress | None = None) -> Answer:
        """Add them."""
        from isogloss.evidence import Store
        from isogloss.evidence.facts import read_facts

        tables = read_facts(self.facts)
        Store(self.store).describe(**tables)
        ((kind, table),) = tables.items()
        known = [name for name in table.columns if table[name].null_count() < table.height]
        return Answer(
            self.command, (f"Facts about {counted(table.height, kind.removesuffix('s'))} added to {self.store}.",),
            {kind: Table(table, shown={name: name for name in known})}, scale=RAW, result=table,
        )  # fmt: skip


class StoreSourcesQuestion(AboutStore):
    """List the files that a store comes from: from where, at which revision, under which licence, and whom to cite."""

    command: ClassVar[str] = "evidence sources"

    def answer(self, progress: Progress | None = None) -> Answer:
        """List it."""
        import polars as pl

        from isogloss.evidence import Store

        files = Store(self.store).sources()
        listed = files.group_by("source", "url", "licence", "citation", maintain_order=True).agg(
            files=pl.len(), revision=pl.col("revision").last(), retrieved_at=pl.col("retrieved_at").max()
        )
        licences = ", ".join(listed["licence"].drop_nulls().unique(maintain_order=True))
        lacking = files["licence"].null_count()
        verdict = (
            f"{counted(files.height, 'file')}"
            + (f" under {licences}: cite the authors" if licences else "")
            + (f"; the licence of {lacking} is not known" if lacking else "")
            + "."
            if files.height else "Of no file in this store is it known where it comes from."
        )  # fmt: skip
        return Answer(
            self.command, (verdict,), {"sources": Table(listed, shown={name: name for name in SOURCES})}, scale=RAW,
            result=listed,
        )  # fmt: skip


class CompareItemsQuestion(AboutStore):
    """Compare two observations item by item: paired bootstrap, and McNemar's test where items are right or wrong."""

    command: ClassVar[str] = "evidence compare"
    positional: ClassVar[tuple[str, ...]] = ("store", "first", "second")

    first: Annotated[
        str,
        Shell(argument=True, metavar="FIRST"),
        Field(description="What to compare, e.g. model=A,target=German."),
    ]
    second: Annotated[
        str, Shell(argument=True, metavar="SECOND"), Field(description="With what, e.g. model=A,target=Swahili.")
    ]
    level: Level = 0.95

    def answer(self, progress: Progress | None = None) -> Answer:
        """Compare them."""
        import polars as pl

        from isogloss.evidence import Store
        from isogloss.evidence.paired import compare, find_one, parse_selection

        store = Store(self.store)
        (first, its), (second, others) = (
            find_one(store, parse_selection(text)) for text in (self.first, self.second)
        )  # fmt: skip
        metrics = [one["metric"].item() for one in (first, second)]
        if metrics[0] != metrics[1]:
            hint = "compare observations in one metric, such as metric=" + metrics[0]
            raise BadValue(f"the first is scored in {metrics[0]}, the second in {metrics[1]}", hint=hint)
        comparison = compare(its, others, level=self.level)
        left = (f"{counted(comparison.unmatched, 'item')} that only one of them has were left out.",)
        table = pl.DataFrame([comparison.as_dict()])
        return Answer(
            self.command, (self._verdict(comparison, first), *(left if comparison.unmatched else ())),
            {"comparison": Table(table, shown={name: name for name in COMPARED}, digits=4)}, result=comparison,
        )  # fmt: skip

    def _verdict(self, found: Comparison, observation: pl.DataFrame) -> str:
        metric, higher, scale = observation.select("metric", "higher_is_better", "scale").row(0)
        sure = found.lower > 0 or found.upper < 0
        better = self.first if (found.difference > 0) == higher else self.second
        factor, unit, digits = (1, metric, "+.3g") if scale == "raw" else (100, "points", "+.1f")
        lower, difference, upper = (f"{factor * one:{digits}}" for one in (found.lower, found.difference, found.upper))
        said = f"{difference} {unit}, {100 * found.level:g} % interval {lower} to {upper}, on "
        said += f"{counted(found.items, 'item')}{'' if higher else ' (lower is better)'}."
        if found.items < FEWEST_ITEMS:
            return f"Too few items to tell: {said}"
        return f"{better} is better: {said}" if sure else f"No clear difference: {said}"


FEWEST_ITEMS = 6
"""Below these, even items that all differ the same way may do so by chance: p = 2^(1 - items) is above 0.05."""
COMPARED = ("items", "first", "second", "difference", "lower", "upper", "p_value")


class FetchQuestion(Question):
    """Fetch public evidence: only what the store has not read yet, with its licence and citation."""

    command: ClassVar[str] = "evidence fetch"
    writes: ClassVar[bool] = True
    positional: ClassVar[tuple[str, ...]] = ("names", "into")

    names: Annotated[NameList, Shell(argument=True, metavar="NAME", kind=str), Field(min_length=1, description=FETCHED)]
    into: Annotated[str, Field(description="Store to add to, a folder or s3://...; made if absent.")]
    url: Annotated[
        str | None, Field(description="Of another copy: a git repository, or an archive (.zip, .tar.gz) over HTTPS.")
    ] = None
    checksum: Annotated[str | None, Field(description="SHA-256 that an archive must have.")] = None
    languages: ReadAs = Field(default_factory=dict)
    again: Annotated[bool, Field(description="Read every file, not only new and changed ones.")] = False

    def answer(self, progress: Progress | None = None) -> Answer:
        """Fetch one source after the other."""
        import polars as pl

        from isogloss.evidence import Store
        from isogloss.evidence.fetching import fetch, public_sources

        if len(self.names) > 1 and (self.url or self.checksum):
            raise BadValue("is of one source", where="url" if self.url else "checksum", hint="fetch one at a time")
        for name in self.names:
            public_sources.get(name)
        reports = [
            fetch(name, Store(self.into), url=self.url, checksum=self.checksum, languages=dict(self.languages),
                  again=self.again, progress=_counting(progress)) for name in dict.fromkeys(self.names)
        ]  # fmt: skip
        dropped = [(report.source, reason, rows) for report in reports
                   for reason, rows in sorted(report.dropped.items(), key=lambda pair: -pair[1])]  # fmt: skip
        counts = [{"source": one.source, **{name: getattr(one, name) for name in COUNTS},
                   "dropped": sum(one.dropped.values())} for one in reports]  # fmt: skip
        return Answer(
            self.command, tuple(said for report in reports for said in _said_of(report)),
            {"fetched": Table(pl.DataFrame(counts)),
             "dropped": Table(pl.DataFrame(dropped, schema=DROPPED, orient="row"), "Dropped")},
            scale=RAW, details={report.source: report.as_dict() for report in reports}, result=reports,
        )  # fmt: skip


def _said_of(report: FetchReport) -> Iterator[str]:
    """What a fetch brought, and under which licence."""
    dropped = sum(report.dropped.values())
    yield (
        f"{counted(report.kept, 'score')} kept and {counted(dropped, 'row')} dropped; read {report.changed:,} of "
        f"{counted(report.files, 'file')} of {report.source} at {report.revision[:12]}."
    )
    yield from (f"Note: {said}" for said in (*report.unreadable, *report.notes))
    yield f"Licence of {report.source}: {report.licence}. Please cite: {report.citation}."


def _counting(progress: Progress | None) -> Callable[[str, int, int | None], None]:
    """Tell `progress` of steps that are counted from the outside."""
    at: dict[str, int] = {}

    def tell(what: str, done: int, total: int | None) -> None:
        if progress is None:
            return
        if what not in at:
            progress.begin(what, total)
        progress.advance(done - at.get(what, 0))
        at[what] = done

    return tell


class ExportQuestion(AboutSettings):
    """Write evidence for other tools, all of it or one task or model, and say what their format cannot hold."""

    command: ClassVar[str] = "evidence export"
    writes: ClassVar[bool] = True

    format: Annotated[str, Field(description="csv, parquet, euroeval, every-eval-ever, litmus or mteb.")] = "csv"
    into: Annotated[OptionalPath, Field(description="File for csv and parquet, else a new folder.")] = None

    def respond(self, evidence: Evidence, progress: Progress | None = None) -> Answer:
        """Write it."""
        import polars as pl

        from isogloss.evidence.exporters import export

        place = self.into or Path(PLACES.get(self.format, f"evidence-{self.format}"))
        only = {name: getattr(self, name) for name in ("task", "model", "metric", "recipe", "shots", "pair")}
        report = export(evidence.filter(**only), self.format, place)
        files = f" in {counted(len(report.files), 'file')}" if len(report.files) > 1 else ""
        left = [f"{count:,} left out: {reason}." for reason, count in report.left_out.items()]
        where = [f"Where they come from, with licences: {report.sources}."] if report.sources else []
        table = pl.DataFrame({"file": [str(file) for file in report.files]}, schema={"file": pl.String})
        return Answer(
            self.command, (f"{counted(report.written, 'score')}{files} written to {place}.", *left, *where),
            {"files": Table(table, rows=SHOWN_FILES)}, scale=RAW,
            details={"written": report.written, "left_out": report.left_out}, result=report,
        )  # fmt: skip


SHOWN_FILES = 10
