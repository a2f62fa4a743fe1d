"""Tables on a terminal."""

from __future__ import annotations

import polars as pl

from isogloss.cli.show import show


def test_nothing_is_below_zero_that_is_zero_to_the_digits_shown(capsys):
    show(pl.DataFrame({"part": ["web text", "script"], "points": [-0.001, -0.126]}), json=False, digits=2)
    assert [line.split()[-1] for line in capsys.readouterr().out.splitlines()] == ["points", "0.00", "-0.13"]
