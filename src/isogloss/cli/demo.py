"""The demonstration: `isogloss demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from isogloss.cli.commands import print_answer
from isogloss.cli.show import say


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the picture, the table and the report.")] = Path("demo-output"),
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Forecast languages nobody measured from the evidence that ships with isogloss."""
    from isogloss.demo import COMMAND, PICTURE, REPORT, TABLE, run_demo
    from isogloss.progress import Bar

    with Bar(shown=not json) as bar:
        answer = run_demo(out, bar)
    print_answer(answer, as_json=json)
    if not json:
        lines = (
            "", f"picture: {out / PICTURE}", f"table:   {out / TABLE}",
            f"report:  {out / REPORT}", "         (two pages to send, which any browser opens)",
            "", "the same for other languages:", f"  {COMMAND}",
        )  # fmt: skip
        for line in lines:
            say(line)
