"""A report on alignment in a real browser: nothing is loaded, nothing complains, and it can be printed."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.by import By
from tests.browser.conftest import AXE, look
from tests.questions import worlds

import isogloss


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on real-sized layers of a few planted languages."""
    folder = tmp_path_factory.mktemp("report")
    return isogloss.report_alignment(worlds.encodings(folder, languages=12)).write(folder / "align.html")


@pytest.mark.parametrize("width", [375, 1280])
def test_axe_finds_no_serious_violation(browser: Any, report: Path, width: int) -> None:
    if not AXE.exists():
        pytest.skip("no axe-core here: 'make browser' installs it")
    look(browser, width, dark=False)
    browser.get(report.as_uri())
    browser.execute_script(AXE.read_text())
    found = browser.execute_async_script("axe.run().then(arguments[arguments.length - 1])")["violations"]
    assert [(one["id"], one["help"]) for one in found if one["impact"] in ("serious", "critical")] == []
    assert browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")


def test_nothing_is_loaded_and_nothing_complains(browser: Any, report: Path) -> None:
    browser.get(report.as_uri())
    assert browser.get_log("browser") == []
    pictures = browser.find_elements(By.TAG_NAME, "img")
    assert [int(one.get_property("naturalWidth")) for one in pictures] == [1600, 1600, 1600]
    assert str(pictures[1].get_attribute("alt")).startswith("mexa by layer. mexa of the median language by layer.")


def test_it_prints_on_paper(browser: Any, report: Path) -> None:
    browser.get(report.as_uri())
    printed = browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"]
    pages = re.findall(rb"/Type\s*/Page\b(?!s)", base64.b64decode(printed))
    assert 2 <= len(pages) <= 4
