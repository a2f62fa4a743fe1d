from __future__ import annotations

import sys

import pytest

from isogloss.cli import main


@pytest.fixture
def run(capfd, monkeypatch):
    """Run `isogloss` with these arguments; gives the exit code, what it printed and what it complained.

    The terminal has 80 columns, unless a test says otherwise.
    """
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["isogloss", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capfd.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return run
