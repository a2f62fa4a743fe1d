"""Who are these languages, where are they spoken, and what is known of them?"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from isogloss.languages.groups import read_languages
from isogloss.progress import Progress
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import FilePath, LanguageNames, Shell
from isogloss.questions.pictures import canvas_of
from isogloss.questions.question import Question
from isogloss.questions.scale import RAW
from isogloss.text import counted, first_of

if TYPE_CHECKING:
    import polars as pl

LISTED = {"language": "name", "id": "language", "family": "top_family", "script": "script",
          "web text": "resource_class"}  # fmt: skip
FACTS = {"what": "what", "known": "known", "from": "from"}
RELATIVES = {"relative": "name", "id": "language", "genetic distance": "distance"}
ADDED = {"id": "language", "name": "name", "parent": "parent", "script": "script", "latitude": "latitude",
         "longitude": "longitude"}  # fmt: skip
FEATURES = {"source": "source", "from": "from", "languages": "languages", "features": "features", "missing": "missing"}
SHOWN_ROWS, SHOWN_RELATIVES, MOST_NAMED = 20, 5, 6
MOST_FACTS = 3
"""Languages of which all facts are shown."""
ONLINE = {"high": ", with much text online", "medium": ", with some text online", "low": ", with little text online"}


class DescribeQuestion(Question):
    """Say who each language is: codes, relatives, script, place, web text, and what is known of its structure."""

    command: ClassVar[str] = "languages show"
    positional: ClassVar[tuple[str, ...]] = ("names",)

    names: LanguageNames

    def answer(self, progress: Progress | None = None) -> Answer:
        """Look them up."""
        from isogloss.languages import describe, note

        chosen = read_languages(self.names, where="names", mappable=False)
        described = describe(list(chosen))
        few = len(chosen) <= MOST_FACTS
        read = tuple(f"{written}: {said}." for written in chosen.values() if (said := note(written)))
        verdict = _who(described)
        tables = _tables(chosen, described, shown=None if few else 0)
        relatives = tables["relatives"].frame["language"].to_list() if few else []
        return Answer(
            self.command, (verdict, *read) if few else (verdict,), tables, scale=RAW, notes=() if few else read,
            result=described, draw=partial(_draw, [*chosen, *relatives], "family", verdict),
        )  # fmt: skip


class ListQuestion(Question):
    """List languages with codes, family, place, script and web text, and draw them on a map of the world."""

    command: ClassVar[str] = "languages list"
    positional: ClassVar[tuple[str, ...]] = ("names",)

    names: Annotated[LanguageNames, Field(description="Languages and groups; by default every language.")] = Field(
        default_factory=list
    )
    colour: Annotated[
        Literal["family", "script", "resource", "scope", "unspaced"],
        Field(description="What the colours of the map tell."),
    ] = "family"
    varieties: Annotated[bool, Field(description="With dialects and varieties that were added.")] = False

    def answer(self, progress: Progress | None = None) -> Answer:
        """List them."""
        import polars as pl

        from isogloss.languages import table
        from isogloss.languages.catalogue import entries

        chosen = list(read_languages(self.names, where="names", mappable=False)) if self.names else None
        listed = table(varieties=self.varieties) if chosen is None else entries(chosen)
        families = counted(listed["family"].list.first().drop_nulls().n_unique(), "family")
        scripts = counted(listed["script"].n_unique(), "script")
        placed = listed.filter(pl.col("latitude").is_not_null()).height
        where = f"the place of {placed:,} is known" if placed < listed.height else "the place of each is known"
        verdict = f"{counted(listed.height, 'language')} of {families} in {scripts}; {where}."
        return Answer(
            self.command, (verdict,), {"languages": _listed(listed)}, scale=RAW, result=listed,
            draw=partial(_draw, None if chosen is None and not self.varieties else listed["language"].to_list(),
                         self.colour, verdict),
        )  # fmt: skip


class AddQuestion(Question):
    """Add varieties of your own: parent, place, script, and any features you know."""

    command: ClassVar[str] = "languages add"
    writes: ClassVar[bool] = True
    positional: ClassVar[tuple[str, ...]] = ("file",)

    file: Annotated[
        FilePath,
        Shell(argument=True, metavar="FILE"),
        Field(description="Varieties (TOML), see docs/how-to/languages.md."),
    ]

    def answer(self, progress: Progress | None = None) -> Answer:
        """Add them."""
        from isogloss.languages import add_varieties, describe

        added = [variety.code for variety in add_varieties(self.file)]
        described = describe(added).drop("provenance")
        verdict = f"{counted(len(added), 'variety')} added: {first_of(added, MOST_NAMED)}."
        return Answer(
            self.command, (verdict,), {"varieties": Table(described, shown=ADDED, digits=2)}, scale=RAW,
            result=described, draw=partial(_draw, added, "family", verdict),
        )  # fmt: skip


class FeatureSourcesQuestion(Question):
    """Say where features of languages come from, and what share of them nobody has observed."""

    command: ClassVar[str] = "languages sources"
    positional: ClassVar[tuple[str, ...]] = ()

    def answer(self, progress: Progress | None = None) -> Answer:
        """List the sources."""
        from isogloss.languages import source_table

        sources = source_table()
        least = sources.sort("missing", descending=True).row(0, named=True)
        verdict = (
            f"{sources.height} sources of features; of {least['source']}, {100 * least['missing']:.0f} % of the values "
            "were never observed."
        )
        return Answer(
            self.command, (verdict,), {"sources": Table(sources, shown=FEATURES, digits=2)}, scale=RAW, result=sources,
        )  # fmt: skip


def _tables(chosen: Mapping[str, str], described: pl.DataFrame, shown: int | None) -> dict[str, Table]:
    """The languages, and of each what is known and its relatives; of these two, some rows are shown."""
    import polars as pl

    from isogloss.languages import card

    one = described.height == 1
    cards = [
        card(written).select(pl.lit(name).alias("language"), pl.all())
        for written, name in zip(chosen.values(), described["name"], strict=True)
    ]
    relatives = pl.concat(_relatives(code, name) for code, name in described.select("language", "name").rows())
    of = {} if one else {"language": "of"}
    facts = Table(pl.concat(cards), "What is known", FACTS if one else {"language": "language"} | FACTS, rows=shown)
    return {
        "languages": _listed(described),
        "facts": facts,
        "factors": _factors(described, shown),
        "relatives": Table(relatives, "Relatives, of those with texts in FLORES-200", of | RELATIVES, 2, shown),
    }


def _factors(described: pl.DataFrame, shown: int | None) -> Table:
    """What public scores say of the languages: the factors that forecasts rest on, and how sure they are."""
    import polars as pl

    from isogloss.forecasting import language_factors

    def with_deviation(name: str) -> pl.Expr:
        return pl.format("{} ± {}", pl.col(name).round(2), pl.col(f"{name}_sd").round(2))

    columns: dict[str, str | pl.Expr] = {
        "language": "name", "resourced": with_deviation("resourced"), "Latin script": with_deviation("latin_script"),
        "from": "provenance",
    }  # fmt: skip
    return Table(
        language_factors(described["language"]), "Language factors, and their standard deviation", columns, 2, shown
    )


def _relatives(code: str, name: str) -> pl.DataFrame:
    """The nearest by descent, of the languages that there are texts of."""
    import polars as pl

    from isogloss.languages import nearest, resolve
    from isogloss.languages.groups import flores_languages

    own = resolve(code).code
    others = {resolve(one).code: one for one in reversed(flores_languages())}  # of several scripts, the usual one
    others.pop(own, None)
    near = nearest(code, others.values(), "genetic").filter(pl.col("distance") < 1).head(SHOWN_RELATIVES)
    return near.select(pl.lit(name).alias("of"), pl.all())


def _listed(entries: pl.DataFrame) -> Table:
    import polars as pl

    family = pl.col("family").list.first()
    table = entries.drop("provenance").with_columns(top_family=family)
    return Table(table, shown=LISTED, rows=SHOWN_ROWS)


def _who(described: pl.DataFrame) -> str:
    """One language in a sentence, or several by their names."""
    if described.height > 1:
        names = [f"{name} ({code})" for name, code in described.select("name", "language").rows()]
        return f"{described.height} languages: {first_of(names, MOST_NAMED)}."
    row = described.row(0, named=True)
    kind = {"individual": "language", "variety": f"variety of {row['parent']}"}.get(row["scope"], row["scope"])
    family = f"of the family {row['family'][0]}" if row["family"] else "without known relatives"
    text = ONLINE.get(row["resource_class"], "")
    return f"{row['name']} ({row['language']}) is a {kind} {family}, written in {row['script']}{text}."


def _draw(languages: list[str] | None, colour: str, verdict: str) -> Any:
    from isogloss.charts import draw_languages

    return draw_languages(languages, colour=colour, canvas=canvas_of(verdict, RAW))
