"""A report on behaviour in a real browser: nothing is loaded, nothing runs, and it can be read on a telephone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from selenium.webdriver.common.by import By
from tests.behaviour.worlds import ratings_world
from tests.browser.conftest import AXE, look

import isogloss


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on a model with a hostile name."""
    table = ratings_world().with_columns(model=pl.lit("<img src=x onerror=document.title='run'>"))
    return isogloss.report_behaviour(table).write(tmp_path_factory.mktemp("report") / "behaviour.html")


@pytest.mark.parametrize("width", [375, 1280])
def test_axe_finds_no_serious_violation(browser: Any, report: Path, width: int) -> None:
    if not AXE.exists():
        pytest.skip("no axe-core here: 'make browser' installs it")
    look(browser, width, dark=False)
    browser.get(report.as_uri())
    browser.execute_script(AXE.read_text())
    found = browser.execute_async_script("axe.run().then(arguments[arguments.length - 1])")["violations"]
    assert [(one["id"], one["help"]) for one in found if one["impact"] in ("serious", "critical")] == []


def test_nothing_is_loaded_or_run_and_pictures_are_there(browser: Any, report: Path) -> None:
    browser.get(report.as_uri())
    assert browser.get_log("browser") == []
    assert browser.title.startswith("<img src=x")
    pictures = browser.find_elements(By.TAG_NAME, "img")
    assert len(pictures) >= 3
    assert {int(one.get_property("naturalWidth")) for one in pictures} == {1600}
