"""Claim: axe-core finds nothing serious or critical on any page, narrow or wide, light or dark.

Debian's chromium opens every page of a server that was started as a person would, at 375 and 1,280 pixels, in light and
in dark; axe-core, from npm (`make browser`), looks at each with all its rules. Counted are the rules that are broken
and the elements that break them, by axe-core's own word for how bad that is.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from tests.browser.conftest import AXE, CHROMIUM, DRIVER, look
from tests.browser.test_pages import PAGES, wait

from benchmarks.common import machine, versions, write_result
from benchmarks.web_drawing import chromium, prepare
from benchmarks.web_load import web_server

WIDTHS, SCHEMES = (375, 1280), ("light", "dark")
RUN = """
axe.run().then(r => JSON.stringify({rules: r.passes.length + r.violations.length, version: r.testEngine.version,
  violations: r.violations.map(v => [v.impact, v.id, v.nodes.length])}))
"""


def main() -> None:
    """Look at every page in every way."""
    if CHROMIUM is None or DRIVER is None or not AXE.exists():
        print("skipped: no chromium, chromedriver or axe-core here ('make browser' installs them)")
        return
    looked: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, web_server() as (address, _), chromium(Path(folder)) as browser:
        prepare(address)
        for page, path in PAGES.items():
            for width in WIDTHS:
                for scheme in SCHEMES:
                    look(browser, width, dark=scheme == "dark")
                    browser.get(address + path)
                    wait(browser)
                    looked[f"{page}, {width}, {scheme}"] = axe(browser)
        chromium_version = browser.capabilities["browserVersion"]
    broken = Counter(impact for one in looked.values() for impact, _, _ in one["violations"])
    version = next(iter(looked.values()))["version"]
    serious = broken["serious"] + broken["critical"]
    write_result("web_accessibility", {
        "claim": "no serious or critical violation on any page, at 375 and 1,280 pixels, in light and dark",
        "machine": machine(),
        "versions": versions("selenium") | {"chromium": chromium_version, "axe-core": version},
        "pages": len(PAGES), "looks": len(looked), "violations_by_impact": dict(broken), "serious_or_critical": serious,
        "by_page_width_scheme": {name: in_words(one) for name, one in looked.items()},
        "met": serious == 0,
    })  # fmt: skip


def axe(browser: Any) -> dict[str, Any]:
    """What axe-core says of the page that is open."""
    browser.execute_cdp_cmd("Runtime.evaluate", {"expression": AXE.read_text()})
    result = browser.execute_cdp_cmd("Runtime.evaluate", {"expression": RUN, "awaitPromise": True})
    found: dict[str, Any] = json.loads(result["result"]["value"])
    return found


def in_words(found: dict[str, Any]) -> dict[str, Any]:
    """How many rules applied, and which are broken, how badly and by how many elements."""
    broken = [f"{rule} ({impact}, {count})" for impact, rule, count in found["violations"]]
    return {"rules": found["rules"], "violations": broken}


if __name__ == "__main__":
    main()
