"""How is this file read, and what of it is kept?"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.errors import BadFile, BadValue, InputError
from isogloss.files import atomic_write, check_place
from isogloss.progress import Progress
from isogloss.questions.answer import Answer, Table
from isogloss.questions.evidence import READING, ReadingQuestion
from isogloss.questions.fields import OptionalPath
from isogloss.questions.scale import RAW
from isogloss.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from isogloss.evidence import ImportReport, ReadingPlan
    from isogloss.evidence.reading.decisions import Decision

FILES = ("file", "rows", "kept", "queries", "dropped")
DECISIONS = ("what", "value", "confidence", "reason")
SHOWN_LANGUAGES = 8


class ImportQuestion(ReadingQuestion):
    """Read result files into a store and report what was kept, what was dropped and why."""

    command: ClassVar[str] = "evidence import"
    writes: ClassVar[bool] = True
    positional: ClassVar[tuple[str, ...]] = ("evidence", "into")

    into: Annotated[str | None, Field(description="Store to add to, a folder or s3://...; made if absent.")] = None
    dry_run: Annotated[bool, Field(description="Only report, write nothing.")] = False
    licence: Annotated[
        str | None, Field(description="Licence of the files, such as CC-BY-4.0; it stays with their scores.")
    ] = None
    citation: Annotated[str | None, Field(description="Whom to cite for them; it stays with their scores.")] = None

    def answer(self, progress: Progress | None = None) -> Answer:
        """Import them."""
        from isogloss.evidence import import_files

        report = import_files(
            self.given(), self.options(), into=self.into, format=self.format, dry_run=self.dry_run,
            licence=self.licence, citation=self.citation,
        )  # fmt: skip
        return Answer(
            self.command, tuple(_said(report, self.into)), _tables(report), scale=RAW, details=report.as_dict(),
            result=report,
        )  # fmt: skip


class ReadingPlanQuestion(ReadingQuestion):
    """Say how a file would be read: what is certain, what is assumed, and what has to be asked first."""

    command: ClassVar[str] = "evidence plan"

    write_mapping: Annotated[
        OptionalPath, Field(description="Write it as a mapping file (TOML), to be edited and given to an import.")
    ] = None

    def answer(self, progress: Progress | None = None) -> Answer:
        """Plan, and if nothing is open read it once, as a score may be refused whatever the layout."""
        import polars as pl

        from isogloss.evidence import plan_reading

        if self.write_mapping is not None:
            check_place(self.write_mapping, (".toml",))
        (source, *others) = self.given()
        if others:
            raise BadValue("the plan is of one file", where="evidence", hint="give a single file or table")
        plan = plan_reading(source, **{name: getattr(self, name) for name in READING if name != "unfinished"})
        decisions = (*plan.decisions, *([] if plan.questions else self._refused()))
        rows = [{**vars(one), "confidence": str(one.confidence)} for one in decisions]
        table = pl.DataFrame(rows, schema_overrides={"alternatives": pl.List(pl.String)})
        sentences = [_verdict(plan.importer.name, decisions), *plan.notes]
        if self.write_mapping is not None:
            sentences.append(_write_mapping(plan, self.write_mapping))
        return Answer(
            self.command, tuple(sentences), {"decisions": Table(table, shown={name: name for name in DECISIONS})},
            scale=RAW, flags=_unclear(table), result=plan,
        )  # fmt: skip

    def _refused(self) -> list[Decision]:
        """What an import refuses until it is answered, such as the direction of an unknown metric."""
        from isogloss.evidence import import_files
        from isogloss.evidence.reading.decisions import Confidence, Decision

        try:
            import_files(self.given(), self.options(), format=self.format, dry_run=True)
        except BadFile:
            raise
        except InputError as error:
            where = f"{error.where}: " if error.where else ""
            return [Decision("scores", where + error.reason, Confidence.UNCLEAR, "an import refuses them",
                             answer=error.hint or "mend the file")]  # fmt: skip
        return []


def _said(report: ImportReport, into: str | None) -> Iterator[str]:
    """What became of the rows, and all else that is to be known of reading them."""
    kept, rows = report.observations.height, sum(one.rows for one in report.files)
    dropped = sum(sum(one.dropped.values()) for one in report.files)
    where = f"written to {into}" if report.part else "nothing written (dry run)"
    lost = f", {counted(dropped, 'row')} of {rows:,} dropped" if dropped else ""
    yield f"{counted(kept, 'score')} of {counted(len(report.files), 'file')} kept{lost}; {where}."
    formats = Counter(one.importer for one in report.files)
    scales = sorted({scale for one in report.files for scale in one.scales})
    read = f"Read as {', '.join(f'{name} ({count})' for name, count in formats.items())}"
    yield f"{read}; scores written as {' and '.join(scales)}." if scales else f"{read}."
    counts = {name: sum(getattr(one, f"{name}s") for one in report.files) for name in ("item", "model", "task")}
    if any(counts.values()):
        yield f"Beside them: {', '.join(counted(count, name) for name, count in counts.items() if count)}."
    notes = (*(note for one in report.files for note in one.notes), *report.notes)
    yield from dict.fromkeys(f"Note: {note}" for note in notes)


def _tables(report: ImportReport) -> dict[str, Table]:
    import polars as pl

    files = [
        {"file": Path(one.file).name, "rows": one.rows, "kept": one.kept, "queries": one.queries,
         "dropped": sum(one.dropped.values()), "format": one.importer, "path": one.file}
        for one in report.files
    ]  # fmt: skip
    dropped = [
        (Path(one.file).name, reason, count) for one in report.files for reason, count in one.dropped.items()
    ]  # fmt: skip
    read = {code: known for one in report.files for code, known in one.languages.items()}
    return {
        "files": Table(pl.DataFrame(files), shown={name: name for name in FILES}),
        "dropped": Table(pl.DataFrame(dropped, schema=_schema("file", "reason", rows=pl.Int64()), orient="row"),
                         "Dropped"),
        "languages": Table(pl.DataFrame([*read.items()], schema=_schema("written", "read as"), orient="row"),
                           "Languages whose code is another", rows=SHOWN_LANGUAGES),
    }  # fmt: skip


def _schema(*texts: str, **others: Any) -> dict[str, Any]:
    import polars as pl

    return {**dict.fromkeys(texts, pl.String()), **others}


def _verdict(importer: str, decisions: Iterable[Decision]) -> str:
    of = {kind: [one for one in decisions if one.confidence == kind] for kind in ("unclear", "assumed")}
    asked = list(dict.fromkeys(f"{one.value} ({one.answer})" for one in of["unclear"]))
    if asked:
        return f"Not yet to be read, {counted(len(asked), 'question')} open: {'; '.join(asked)}."
    assumed = ", ".join(dict.fromkeys(one.what for one in of["assumed"]))
    return f"It can be read as {importer}; {f'assumed: {assumed}' if assumed else 'nothing is assumed'}."


def _unclear(decisions: Any) -> Any:
    """One row per decision that has to be asked or was assumed."""
    import polars as pl

    open_ones = decisions.filter(pl.col("confidence") != "certain")
    return open_ones.select("what", flag="confidence", sentence="value")


def _write_mapping(plan: ReadingPlan, path: Path) -> str:
    text = plan.mapping()
    atomic_write(path, lambda place: place.write_text(text, encoding="utf-8"))
    return f"Written to {path}: edit it, then read the table with mapping={str(path)!r}."
