"""Claim: 10,000 requests made from the OpenAPI document, right and wrong ones, get no answer of the kind 5xx.

schemathesis makes the requests against a server on a small file of scores. Answers that would take long are not waited
for; what they cost is bounded by the queue, which refuses (429) when it is full. What breaks after the answer was sent
is in the log of the server, which is counted too.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.common import machine, versions, write_result
from benchmarks.start_up import SCORES
from benchmarks.web_load import web_server

EXAMPLES = int(os.environ.get("WEB_FUZZING_EXAMPLES", "540"))
"""For each of the addresses, by its most cases."""


def main() -> None:
    """Run schemathesis, and count."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "nine.csv"
        file.write_text("\n".join(["language,score", *(f"{name},{score}" for name, score in SCORES.items())]))
        with web_server("--evidence", str(file), log=Path(folder) / "log") as (address, _):
            fuzz = [
                str(Path(sys.executable).parent / "schemathesis"), "run", f"{address}/api/openapi.json",
                "--phases", "fuzzing", "--checks", "not_a_server_error", "--max-examples", str(EXAMPLES),
                "--seed", "1", "--request-timeout", "60", "--continue-on-failure", "--workers", "4",
                "--suppress-health-check", "all",
            ]  # fmt: skip
            (Path(folder) / "schemathesis.toml").write_text("[parameters]\nwait = 0\n")
            ran = subprocess.run(fuzz, capture_output=True, text=True, check=False, cwd=folder)
        log = (Path(folder) / "log").read_text()
    print(log[-3000:], ran.stdout[-3000:], ran.stderr[-2000:])
    cases = re.search(r"([\d,]+) (?:test cases )?generated", ran.stdout)
    if cases is None:
        raise SystemExit("schemathesis did not say how many requests it made; its output is above")
    failures = re.search(r"Server error:? (\d+)", ran.stdout)
    write_result("web_fuzzing", {
        "claim": "no answer of the kind 5xx in 10,000 requests made from the OpenAPI document",
        "machine": machine(), "versions": versions("schemathesis", "fastapi"),
        "cases": int(cases[1].replace(",", "")),
        "server_errors": int(failures[1]) if failures else 0, "broken_in_log": log.count("Traceback"),
        "exit_code": ran.returncode,
    })  # fmt: skip


if __name__ == "__main__":
    main()
