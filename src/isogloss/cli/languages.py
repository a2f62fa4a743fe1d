"""`isogloss languages`: who the languages are and how far apart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from isogloss.cli.show import JsonOption, check_out, say, show, write_out

if TYPE_CHECKING:
    from isogloss.languages import Language

app = typer.Typer(no_args_is_help=True, help="Tell who the languages are and how far apart.")

MEASURED = "measured"
CATALOGUE = "all"

Languages = Annotated[
    list[str],
    typer.Argument(metavar="LANGUAGE", help="A code (de, deu, zh-TW, deu_Latn, stan1295) or an English name."),
]
KindOption = Annotated[
    str,
    typer.Option(
        help="syntactic, phonological, inventory, featural, morphological, typology, genetic, geographic, script, "
        "combined, uriel-genetic, uriel-geographic, uriel-script, grambank, or the name of a --table."
    ),
]
TableOption = Annotated[
    list[str] | None,
    typer.Option("--table", help="NAME=FILE: similarities to use as kind NAME; NAME@LAYER=FILE for one layer."),
]
WeightsOption = Annotated[str | None, typer.Option(help="Kinds in 'combined', e.g. syntactic=2,genetic=1.")]
ImputeOption = Annotated[
    str | None, typer.Option(help="Fill features nobody has observed: family or nearest; by default they stay unknown.")
]


@app.callback()
def languages() -> None:
    """Tell who the languages are and how far apart."""


@app.command("show")
def show_languages(codes: Languages, json: JsonOption = False) -> None:
    """Show what is known of each language, and where it is known from."""
    from isogloss.languages import card, describe
    from isogloss.languages.language import as_languages

    known = as_languages(codes)
    if json:
        show(describe(known), json=True)
        return
    for code, language in zip(codes, known, strict=True):
        show(card(code), json=False, title=language.name)


@app.command("distance")
def distance(
    codes: Languages,
    kind: KindOption = "combined",
    weights: WeightsOption = None,
    impute: ImputeOption = None,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """Show how far apart every two of the languages are: 0 is alike, 1 as different as can be, - is unknown.

    Several kinds may be given, comma between.
    """
    from isogloss.languages import compare
    from isogloss.languages.distance import parse_weights
    from isogloss.languages.similarity import similarity_files

    kinds = [part.strip() for part in kind.split(",") if part.strip()]
    with similarity_files(table or []):
        pairs = compare(codes, kinds, weights=parse_weights(weights), impute=impute)
    show(pairs, json=json, columns=["language", "other", *kinds])


@app.command("nearest")
def nearest_languages(
    language: Annotated[str, typer.Argument(metavar="LANGUAGE", help="A code or an English name.")],
    among: Annotated[
        str, typer.Option(help="measured: those of --evidence; all: every language; or a list, e.g. eng,deu,swa.")
    ] = MEASURED,
    kind: KindOption = "combined",
    top: Annotated[int, typer.Option(min=1, help="How many to show.")] = 10,
    evidence: Annotated[
        list[str], typer.Option("--evidence", "-e", help="Store, result file or isogloss:NAME. Repeatable.")
    ] = ["isogloss:sib200-ngram"],  # noqa: B006 - typer only reads it
    weights: WeightsOption = None,
    impute: ImputeOption = None,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """Show the languages nearest to one."""
    from isogloss.languages import nearest, resolve
    from isogloss.languages.distance import parse_weights
    from isogloss.languages.similarity import similarity_files

    target, others = resolve(language), _among(among, evidence)
    with similarity_files(table or []):
        neighbours = nearest(target, others, kind, top=top, weights=parse_weights(weights), impute=impute)
    show(neighbours, json=json, title=f"Nearest to {target.name} by {kind} distance")


def _among(text: str, evidence: list[str]) -> list[str | Language]:
    if text == MEASURED:
        from isogloss.evidence import read_evidence

        return [*read_evidence(*evidence).observations["target"].unique().sort()]
    if text == CATALOGUE:
        from isogloss.languages import table

        return [*table()["language"]]
    return [code.strip() for code in text.split(",") if code.strip()]


@app.command("map")
def map_languages(
    codes: Annotated[list[str] | None, typer.Argument(metavar="LANGUAGE", help="Languages; by default all.")] = None,
    colour: Annotated[
        str, typer.Option(help="What the colours tell: family, script, resource, scope or unspaced.")
    ] = "family",
    out: Annotated[Path, typer.Option(help="Draw it to .png, .svg, .html or .json (Vega-Lite).")] = Path(
        "languages.png"
    ),
) -> None:
    """Draw languages on a map of the world."""
    from isogloss.charts import draw_languages

    check_out(out, table=False)
    write_out(out, picture=lambda: draw_languages(codes or None, colour=colour))


@app.command("add")
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Varieties (TOML), see docs/how-to/languages.md.")],
    json: JsonOption = False,
) -> None:
    """Add varieties of your own: parent, place, script, and any features you know."""
    from isogloss.languages import add_varieties, describe

    added = describe([variety.code for variety in add_varieties(file)])
    show(added, json=json, columns=["language", "name", "parent", "script", "latitude", "longitude"], digits=2)


@app.command("sources")
def sources(json: JsonOption = False) -> None:
    """Show where features come from, and what share of them nobody has observed."""
    from isogloss.languages import source_table

    show(source_table(), json=json, columns=["source", "from", "languages", "features", "missing"], digits=2)


@app.command("table")
def write_all_languages(
    out: Annotated[Path, typer.Option(help="Write it to .csv (lists joined by |), .parquet or .json.")],
    varieties: Annotated[
        bool, typer.Option("--varieties", help="With dialects and varieties that were added.")
    ] = False,
) -> None:
    """Write the catalogue of all languages to a file."""
    from isogloss.languages import table
    from isogloss.languages.catalogue import write_catalogue

    say(f"{write_catalogue(table(varieties=varieties), out):,} languages written to {out}")
