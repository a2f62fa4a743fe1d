"""The page Behaviour in a real browser: a table is sent, and what it says is read, question by question."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from tests.behaviour.worlds import ratings_world
from tests.browser.conftest import AXE, look
from tests.browser.test_pages import text, wait


@pytest.fixture
def sent(browser: Any, server: str, tmp_path: Path) -> Any:
    """The browser on the page of a table that was sent as a person would."""
    file = tmp_path / "ratings.csv"
    ratings_world().write_csv(file)
    browser.get(server)
    browser.find_element(By.LINK_TEXT, "Behaviour").click()
    WebDriverWait(browser, 60).until(lambda one: "/behaviour" in one.current_url)
    browser.find_element(By.ID, "file").send_keys(str(file))
    wait(browser, "items=")
    return browser


def test_from_a_table_to_what_a_model_knows_where(sent: Any) -> None:
    assert "ratings.csv" in text(sent)
    sent.find_element(By.LINK_TEXT, "Recall").click()
    wait(sent, "about=recall")
    assert sent.find_element(By.CSS_SELECTOR, ".verdict").text.endswith(".")
    picture = sent.find_element(By.CSS_SELECTOR, ".picture img")
    assert sent.execute_script("return arguments[0].naturalWidth", picture) > 0
    sent.find_element(By.LINK_TEXT, "Confusion").click()
    wait(sent, "about=confusion")
    assert "Has no column 'text'" in sent.find_element(By.CSS_SELECTOR, "[role=alert]").text
    sent.find_element(By.LINK_TEXT, "Consistency").click()
    wait(sent, "about=consistency")
    link = sent.find_element(By.LINK_TEXT, "page to print").get_attribute("href")
    named = "return fetch(arguments[0]).then(one => one.text()).then(text => text.includes('Hindi'))"
    assert sent.execute_script(named, link)


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("about", ["", "&about=recall", "&about=confusion"])
def test_it_fits_and_is_accessible(sent: Any, width: int, about: str) -> None:
    look(sent, width, dark=width == 375)
    sent.get(sent.current_url + about)
    wait(sent)
    assert sent.execute_script("return document.documentElement.scrollWidth") <= width
    if not AXE.exists():
        pytest.skip("axe-core is not here: 'make browser' installs it")
    sent.execute_cdp_cmd("Runtime.evaluate", {"expression": AXE.read_text()})
    run = "axe.run().then(r => JSON.stringify(r.violations.map(v => [v.impact, v.id, v.nodes.map(n => n.html)])))"
    result = sent.execute_cdp_cmd("Runtime.evaluate", {"expression": run, "awaitPromise": True})
    assert json.loads(result["result"]["value"]) == []
