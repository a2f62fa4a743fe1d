"""How far apart are these languages, and which are nearest to one?"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from isogloss.languages.groups import EVIDENCE, FLORES, read_languages
from isogloss.progress import Progress
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import LanguageNames, Languages, NameList, Pairs, Shell, Sources, Target
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.question import Question
from isogloss.questions.scale import RAW

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

KINDS = (
    "Kind of distance: syntactic, word-order, phonological, inventory, featural, morphological, typology, genetic, "
    "geographic, script, combined, uriel-genetic, uriel-geographic, uriel-script, grambank, or the name of a --table."
)
NEAR = {"language": "name", "id": "language", "distance": "distance", "coverage": "coverage"}
MOST_NAMED = 3
COVERED = 0.5
"""Share of what a distance rests on that must be known for it to be compared with others."""


class AboutDistances(Question):
    """A question about distances between languages."""

    weights: Annotated[
        str | None, Field(description="Weights of the kinds in 'combined', e.g. syntactic=2,genetic=1.")
    ] = None
    impute: Annotated[
        Literal["family", "nearest"] | None,
        Field(description="Fill features nobody has observed from relatives; by default they stay unknown."),
    ] = None
    tables: Annotated[
        Pairs,
        Shell(flags=("--table",), metavar="NAME=FILE"),
        Field(description="Similarities to use as kind NAME; NAME@LAYER=FILE for one layer."),
    ] = Field(default_factory=dict)

    def answer(self, progress: Progress | None = None) -> Answer:
        """Measure with the tables that were given."""
        from isogloss.languages.similarity import similarity_files

        with similarity_files(f"{name}={file}" for name, file in self.tables.items()):
            return self.measure(self.weights_of_kinds())

    def measure(self, weights: dict[str, float] | None) -> Answer:
        """Answer, with weights that were read."""
        raise NotImplementedError

    def weights_of_kinds(self) -> dict[str, float] | None:
        """The weights, read.

        Raises
        ------
        BadValue
        """
        from isogloss.languages.distance import parse_weights

        return parse_weights(self.weights)


class DistanceQuestion(AboutDistances):
    """Measure how far apart every two languages are: 0 is alike, 1 as different as can be, - is unknown."""

    command: ClassVar[str] = "languages distance"
    positional: ClassVar[tuple[str, ...]] = ("names",)

    names: LanguageNames
    kinds: Annotated[NameList, Shell(flags=("--kind", "--kinds"), kind=str), Field(description=KINDS)] = Field(
        default_factory=lambda: ["combined"]
    )

    def measure(self, weights: dict[str, float] | None) -> Answer:
        """Measure every pair."""
        from isogloss.languages import compare

        chosen = read_languages(self.names, where="names", mappable=False)
        names = Names(None, chosen)
        pairs = compare(list(chosen), self.kinds, weights=weights, impute=self.impute)
        kind = self.kinds[0]
        verdict = _apart(pairs, kind, names)
        called = pairs.with_columns(names.of("language").alias("name"), names.of("other").alias("other_name"))
        shown = {"language": "name", "other": "other_name", **{one: one for one in self.kinds}}
        known = pairs[kind].count() > 0
        return Answer(
            self.command, (verdict,), {"pairs": Table(called, shown=shown)}, scale=RAW, result=pairs,
            draw=partial(_draw_pairs, pairs, kind, verdict, names) if known else None,
        )  # fmt: skip


class NearestQuestion(AboutDistances):
    """Rank the languages nearest to one."""

    command: ClassVar[str] = "languages nearest"
    positional: ClassVar[tuple[str, ...]] = ("target", "among")

    target: Annotated[Target, Shell(argument=True, metavar="LANGUAGE")]
    among: Annotated[
        Languages,
        Field(description="Languages and groups to choose from; by default those of the evidence, or else flores."),
    ] = Field(default_factory=list)
    evidence: Annotated[
        Sources,
        Shell(flags=("--evidence", "-e"), kind=str),
        Field(description="Spreadsheets, stores or isogloss:NAME, whose languages to choose from."),
    ] = Field(default_factory=list)
    kind: Annotated[str, Field(description=KINDS)] = "combined"
    top: Annotated[int, Field(ge=1, description="How many to show.")] = 10

    def measure(self, weights: dict[str, float] | None) -> Answer:
        """Rank them."""
        from isogloss.languages import nearest

        measured = self._measured()
        target = read_languages([self.target], where="target", mappable=False)
        among = read_languages(
            self.among or [EVIDENCE if measured else FLORES], measured, where="among", mappable=False
        )
        names = Names(None, target | among)
        (code,) = target
        near = nearest(code, list(among), self.kind, weights=weights, impute=self.impute)
        near = _well_known_first(near.with_columns(names.of("language").alias("name")))
        verdict = _nearest(near, names(code), self.kind, len(among))
        return Answer(
            self.command, (verdict,), {"languages": Table(near, shown=NEAR, rows=self.top)}, scale=RAW, result=near,
            notes=(f"Last come languages of which less than {COVERED:.0%} of what the distance rests on is known.",),
            draw=partial(_draw_near, near.head(self.top), code, self.kind, verdict, names) if near.height else None,
        )  # fmt: skip

    def _measured(self) -> Sequence[str]:
        if not self.evidence:
            return ()
        from isogloss.evidence import read_evidence

        return read_evidence(*self.evidence).targets


def _apart(pairs: pl.DataFrame, kind: str, names: Names) -> str:
    """The least distance and the greatest, and how many are not known."""
    known = pairs.drop_nulls(kind).sort(kind, "language", "other")
    if known.is_empty():
        return f"Nothing is known of their {kind} distance."
    unknown = pairs.height - known.height
    gap = f"; {unknown} of {pairs.height} distances {'is' if unknown == 1 else 'are'} not known" if unknown else ""
    ends = [known.row(0, named=True), known.row(-1, named=True)]
    least, most = (f"{names(row['language'])} and {names(row['other'])}" for row in ends)
    if known.height == 1:
        return f"{least} are {ends[0][kind]:.2f} apart by {kind} distance, 1 being the greatest{gap}."
    least, most = f"{least} ({ends[0][kind]:.2f})", f"{most} ({ends[1][kind]:.2f})"
    return f"Nearest by {kind} distance are {least}, farthest {most}{gap}."


def _well_known_first(near: pl.DataFrame) -> pl.DataFrame:
    """Nearest first, those after all others of which so little is known that they seem near to everything."""
    import polars as pl

    return near.sort(pl.col("coverage") < COVERED, "distance", "language")


def _nearest(near: pl.DataFrame, target: str, kind: str, among: int) -> str:
    if near.is_empty():
        return f"Nothing is known of the {kind} distance of {target} to {'it' if among == 1 else 'any of them'}."
    first = [f"{name} ({distance:.2f})" for name, distance in near.select("name", "distance").head(MOST_NAMED).rows()]
    return f"Nearest to {target} by {kind} distance, of {near.height:,} languages: {', '.join(first)}."


def _draw_pairs(pairs: pl.DataFrame, kind: str, verdict: str, names: Names) -> Any:
    from isogloss.charts import draw_distances

    return draw_distances(pairs, kind=kind, canvas=canvas_of(verdict, RAW, names.written))


def _draw_near(near: pl.DataFrame, target: str, kind: str, verdict: str, names: Names) -> Any:
    from isogloss.charts import draw_nearest

    return draw_nearest(near, language=target, kind=kind, canvas=canvas_of(verdict, RAW, names.written))
