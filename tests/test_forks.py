"""A process that was forked refuses what it would wait for for ever."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
REFUSAL = "evidence cannot be used in a process that was forked; start it anew: multiprocessing.get_context('spawn')"
SCRIPT = """
    import multiprocessing
    import isogloss
    import polars as pl

    {before}

    def work(number):
        try:
            {work}
            return "done"
        except isogloss.errors.IsoglossError as error:
            return str(error)

    if __name__ == "__main__":
        with multiprocessing.get_context("{method}").Pool(2) as pool:
            print(pool.map(work, range(2)))
"""
READ = 'isogloss.read_evidence("isogloss:udpos-ngram")'
KEPT = f"evidence = {READ}"


@pytest.mark.parametrize(
    ("before", "work"),
    [
        (READ, READ),
        (KEPT, 'evidence.filter(task="UDPOS")'),
        (KEPT, "from isogloss.forecasting import fitted; fitted(evidence)"),
        ('pl.DataFrame({"a": range(10**6)}).lazy().filter(pl.col("a") > 5).group_by("a").len().collect()', READ),
    ],
    ids=["read", "filter", "forecast", "polars alone"],
)
def test_a_worker_that_was_forked_says_so(tmp_path, before, work):
    assert ran(tmp_path, before, work, "fork").count(REFUSAL) == 2


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_workers_read_where_they_can(tmp_path, method):
    assert ran(tmp_path, READ if method == "spawn" else "pass", READ, method) == "['done', 'done']\n"


def ran(folder, before: str, work: str, method: str) -> str:
    script = folder / "script.py"
    script.write_text(textwrap.dedent(SCRIPT).format(before=before, work=work, method=method))
    return subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120, check=True).stdout
