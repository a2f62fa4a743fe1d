"""A real browser on a real server: Debian's chromium with its driver; axe-core where npm brought it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("selenium")
pytest.importorskip("fastapi")

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from tests.web.conftest import SCORES

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
AXE = Path(__file__).parents[2] / ".browser" / "node_modules" / "axe-core" / "axe.min.js"
ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
             "--disable-background-networking", "--no-first-run")  # fmt: skip


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that was started as a person would."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "accuracy.csv").write_text(SCORES)
    environment = os.environ | {"ISOGLOSS_CACHE": str(folder / "cache")}
    command = [sys.executable, "-m", "isogloss", "open", "accuracy.csv", "--no-browser"]
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            address = re.search(r"http://[^/\s]+", process.stdout.readline())
            assert address is not None
            yield address[0]
        finally:
            process.terminate()


def start_chromium(profile: Path) -> Any:
    """A browser with a profile of its own, which records what it logs and loads."""
    options = Options()
    options.binary_location = CHROMIUM
    for argument in (*ARGUMENTS, f"--user-data-dir={profile}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.set_page_load_timeout(120)
    return driver


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The browser."""
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("no chromium and chromedriver here: 'make browser' installs them")
    driver = start_chromium(tmp_path_factory.mktemp("chromium"))
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium: Any) -> Any:
    """The browser without cookies, light, 1,280 pixels wide."""
    chromium.delete_all_cookies()
    look(chromium, 1280, dark=False)
    chromium.get_log("browser")
    chromium.get_log("performance")
    return chromium


def look(driver: Any, width: int, *, dark: bool) -> None:
    """Set the width of the window and the colours that the reader prefers."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    colours = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [colours]})
