"""`isogloss languages`: who the languages are and how far apart."""

from __future__ import annotations

from typing import Annotated

import typer

from isogloss.cli.show import JsonOption, show

app = typer.Typer(no_args_is_help=True, help="Who the languages are.")

Languages = Annotated[
    list[str],
    typer.Argument(metavar="LANGUAGE...", help="A code (de, deu, zh-TW, deu_Latn) or an English name, quoted."),
]


@app.callback()
def languages() -> None:
    """Who the languages are."""


@app.command("show")
def show_languages(codes: Languages, json: JsonOption = False) -> None:
    """Show what is known of each language: names, codes, family, place, script, typology."""
    from isogloss.languages import card, describe, resolve

    known = [resolve(code) for code in codes]
    if json:
        show(describe(known), json=True)
        return
    for language in known:
        show(card(language), json=False, title=language.name)


@app.command("distance")
def distance(
    codes: Languages,
    kind: Annotated[
        str,
        typer.Option(
            help="One or more, comma between: syntactic, phonological, inventory, featural, genetic, geographic, "
            "script, combined."
        ),
    ] = "combined",
    json: JsonOption = False,
) -> None:
    """Show how far apart every two of the languages are: 0 is alike, 1 as different as can be, - is unknown."""
    from isogloss.languages import compare

    kinds = [part.strip() for part in kind.split(",") if part.strip()]
    show(compare(codes, kinds), json=json, columns=["language", "other", *kinds])
