"""What a person does: drop a spreadsheet, mend a name, read a forecast, see whether to believe it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait
from tests.browser.conftest import AXE, look
from tests.web.conftest import SCORES

SHOWN = "evidence=sib200-few-shot&model=char-ngram"
PAGES = {
    "start": "/",
    "ask": f"/ask?{SHOWN}",
    "answer": f"/answer?{SHOWN}&targets=Yoruba,Wolof,Igbo,Zulu&language=wol",
    "believe": f"/believe?{SHOWN}&every=7",
    "why": f"/why?{SHOWN}&target=Wolof",
    "what-if": f"/what-if?{SHOWN}&targets=Wolof,Igbo",
    "plan": f"/plan?{SHOWN}&targets=Wolof,Igbo&budget=1000",
    "sources": f"/sources?{SHOWN}&targets=Wolof",
    "report": f"/report?{SHOWN}&targets=Wolof,Igbo,Yoruba",
    "next": f"/next?{SHOWN}&among=africa",
    "compare": "/compare?evidence=sib200-few-shot&targets=africa,europe",
    "fair": "/fair?evidence=sib200-few-shot",
    "evidence": "/evidence?evidence=sib200-few-shot",
    "behaviour": "/behaviour",
    "languages": "/languages?q=yor",
    "language": f"/languages/wol?{SHOWN}",
    "error": "/answer?targets=Yorubaa",
}
SECONDS = 240


def wait(browser: Any, page: str = "") -> None:
    """Until the answer is there, on a page of this address."""
    WebDriverWait(browser, SECONDS).until(lambda one: page in one.current_url)
    WebDriverWait(browser, SECONDS).until(lambda one: not one.find_elements(By.CSS_SELECTOR, "#work"))
    WebDriverWait(browser, SECONDS).until(
        lambda one: one.execute_script(
            "return document.readyState === 'complete' && [...document.images].every(i => i.complete)"
        )
    )


def text(browser: Any) -> str:
    return str(browser.execute_script("return document.body.innerText"))  # an element may be of the page before


def click(browser: Any, selector: str) -> None:
    browser.find_element(By.CSS_SELECTOR, selector).click()


def test_from_a_spreadsheet_to_whether_to_believe_it(browser: Any, server: str, tmp_path: Path) -> None:
    file = tmp_path / "team.csv"
    file.write_text(SCORES.replace("Hausa", "Hausaa (Kurmanji)"))
    browser.get(server)
    browser.find_element(By.ID, "file").send_keys(str(file))
    WebDriverWait(browser, 60).until(lambda one: "/check/" in one.current_url)
    name = browser.find_element(By.CSS_SELECTOR, "fieldset.unclear input[name^=read]")
    assert name.get_attribute("value") == "Northern Kurdish"
    name.clear()
    name.send_keys("Hausa")
    click(browser, "button[value=update]")
    WebDriverWait(browser, 60).until(lambda one: "14 languages, 2 models" in text(one))
    click(browser, "button[value=accept]")
    WebDriverWait(browser, 60).until(lambda one: "/ask" in one.current_url)
    browser.find_element(By.ID, "targets").send_keys("Yoruba, Igbo")
    click(browser, "form button.main")
    wait(browser, "/answer")
    assert "Yoruba" in browser.find_element(By.CSS_SELECTOR, "table.bars").text
    browser.find_element(By.LINK_TEXT, "Yoruba").click()
    wait(browser, "language=yor")
    assert "100 test items in Yoruba" in text(browser)
    browser.find_element(By.LINK_TEXT, "Can I believe this?").click()
    wait(browser, "/believe")
    assert browser.find_element(By.CSS_SELECTOR, ".verdict").text.endswith(".")
    picture = browser.find_element(By.CSS_SELECTOR, ".picture img")
    assert browser.execute_script("return arguments[0].naturalWidth", picture) > 0


def tab_to(browser: Any, wanted: str) -> Any:
    """Press the tabulator until this is what it is on: the text of a link or button, or the name of a field."""
    for _ in range(150):
        ActionChains(browser).send_keys(Keys.TAB).perform()
        here = browser.switch_to.active_element
        if wanted in (here.text.strip(), here.get_attribute("name")):
            return here
    raise AssertionError(f"no key leads to {wanted!r}")


def test_from_the_start_to_a_plan_by_keyboard_alone(browser: Any, server: str) -> None:
    browser.get(server)
    tab_to(browser, "Topic classification from few examples, 21 languages").send_keys(Keys.ENTER)
    wait(browser, "/ask")
    assert browser.switch_to.active_element == browser.find_element(By.ID, "targets")
    browser.switch_to.active_element.send_keys("Zulu, Igbo", Keys.ENTER)
    wait(browser, "/answer")
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert browser.switch_to.active_element.text == "To the content"
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    tab_to(browser, "Zulu").send_keys(Keys.ENTER)
    wait(browser, "language=zul")
    tab_to(browser, "Can I believe this?").send_keys(Keys.ENTER)
    wait(browser, "/believe")
    assert browser.find_element(By.CSS_SELECTOR, ".verdict").text.endswith(".")
    tab_to(browser, "Plan").send_keys(Keys.ENTER)
    wait(browser, "/plan")
    assert browser.find_element(By.NAME, "targets").get_attribute("value") == "Zulu, Igbo"
    tab_to(browser, "budget").send_keys("700", Keys.ENTER)
    wait(browser, "budget=700")
    assert "examples" in browser.find_element(By.CSS_SELECTOR, ".verdict").text


def test_names_are_suggested_while_one_types(browser: Any, server: str) -> None:
    browser.get(server + PAGES["ask"])
    browser.find_element(By.ID, "targets").send_keys("Zulu, Yoru")
    WebDriverWait(browser, 30).until(
        lambda one: (
            "Zulu, Yoruba"
            in one.execute_script("return [...document.querySelectorAll('#names option')].map(o => o.value)")
        )
    )


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_quiet_and_asks_nobody_else(browser: Any, server: str, page: str) -> None:
    browser.get(server + PAGES[page])
    wait(browser)
    messages = [one["message"] for one in browser.get_log("browser") if page != "error"]
    sent = [json.loads(one["message"])["message"] for one in browser.get_log("performance")]
    addresses = [one["params"]["request"]["url"] for one in sent if one["method"] == "Network.requestWillBeSent"]
    assert messages == []
    assert addresses
    assert all(one.startswith((server, "data:")) for one in addresses)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_fits_and_is_accessible(browser: Any, server: str, page: str, width: int, *, dark: bool) -> None:
    look(browser, width, dark=dark)
    browser.get(server + PAGES[page])
    wait(browser)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    if not AXE.exists():
        pytest.skip("axe-core is not here: 'make browser' installs it")
    browser.execute_cdp_cmd("Runtime.evaluate", {"expression": AXE.read_text()})
    run = "axe.run().then(r => JSON.stringify(r.violations.filter(v => ['serious', 'critical'].includes(v.impact))"
    run += ".map(v => [v.id, v.nodes.map(n => n.html)])))"
    result = browser.execute_cdp_cmd("Runtime.evaluate", {"expression": run, "awaitPromise": True})
    assert json.loads(result["result"]["value"]) == []


def test_a_slider_moves_the_forecast(browser: Any, server: str) -> None:
    browser.get(server + PAGES["what-if"])
    wait(browser)
    before = browser.find_element(By.CSS_SELECTOR, "#result table").text
    slider = browser.find_elements(By.CSS_SELECTOR, "input[type=range]")[1]
    slider.send_keys(*[Keys.ARROW_RIGHT] * 10)
    WebDriverWait(browser, 60).until(
        lambda one: (
            one.execute_script("return document.querySelector('#result table')?.innerText") not in (None, before)
            and one.find_element(By.CSS_SELECTOR, "#result table").text != before
        )
    )
    assert f"{slider.get_attribute('name')}={slider.get_attribute('value')}" in browser.current_url


def test_a_long_table_holds_only_what_is_on_the_screen(browser: Any, server: str) -> None:
    browser.get(server + PAGES["evidence"])
    wait(browser)
    count = "return document.querySelectorAll('#rows tbody tr').length"
    WebDriverWait(browser, 60).until(lambda one: 100 < one.execute_script(count) <= 202)
    shown = "return document.querySelectorAll('#rows tbody tr')[1].innerText"
    before = browser.execute_script(shown)
    browser.execute_script("document.querySelector('#rows').scrollTop = 1e7")
    WebDriverWait(browser, 60).until(lambda one: one.execute_script(shown) != before)
    assert browser.execute_script(count) <= 202


def test_a_report_is_saved(browser: Any, server: str) -> None:
    browser.get(server + PAGES["answer"])
    wait(browser)
    browser.find_element(By.LINK_TEXT, "Write a report").click()
    wait(browser, "/report")
    link = browser.find_element(By.LINK_TEXT, "page to print").get_attribute("href")
    named = "return fetch(arguments[0]).then(one => one.text()).then(text => text.includes('Wolof'))"
    assert browser.execute_script(named, link)
