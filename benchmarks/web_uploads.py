"""Claim: a hostile file that is sent to the server is refused within 2 s and 500 MB, and the next file is read as ever.

The files say that they are small and are not, are nested without end, or lie about what they hold. Seconds are from
sending to the page that refuses; memory is the most that the process which reads files ever had, above what it has
when it is idle.
"""

from __future__ import annotations

import io
import json
import os
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx

from benchmarks.common import machine, versions, write_result
from benchmarks.start_up import SCORES
from benchmarks.web_load import web_server

MEGABYTE = 1 << 20
MOST_SECONDS, MOST_MEGABYTES = 2.0, 500
REFUSED = "This file cannot be read as it is."


def bomb() -> bytes:
    """A spreadsheet of some hundred kB whose one sheet unpacks to 300 MB."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * 300_000_000)
    return packed.getvalue()


def lying_parquet() -> bytes:
    """A Parquet file whose footer says that it is 2 GB long."""
    return b"PAR1" + b"\0" * 4096 + struct.pack("<I", 2_000_000_000) + b"PAR1"


def million_keys() -> bytes:
    """An object of a million keys without values."""
    return json.dumps(dict.fromkeys(map(str, range(10**6)))).encode()


HOSTILE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "spreadsheet that unpacks to 300 MB": ("bomb.xlsx", bomb),
    "JSON nested 5 million deep": ("deep.json", lambda: b"[" * 5_000_000),
    "30 MB of JSON numbers": ("long.json", lambda: b"[" + b"1," * (15 * MEGABYTE) + b"1]"),
    "JSON object of one million keys": ("keys.json", million_keys),
    "Parquet that lies about its footer": ("lies.parquet", lying_parquet),
    "table of one row and 2 million columns": ("wide.csv", lambda: b"a," * 2_000_000 + b"\n" + b"1," * 2_000_000),
    "30 MB on one line": ("line.csv", lambda: b"x" * (30 * MEGABYTE)),
    "page with 1 million open tags": ("tags.html", lambda: b"<table>" * 10**6),
    "noise that is named a spreadsheet": ("noise.xlsx", lambda: os.urandom(8 * MEGABYTE)),
    "file of more than is accepted": ("large.csv", lambda: b"a" * (64 * MEGABYTE)),
}  # fmt: skip


def main() -> None:
    """Send every one, then an honest file."""
    results = {}
    with (
        web_server() as (address, process),
        httpx.Client(base_url=address, timeout=120, follow_redirects=True) as client,
    ):
        honest = "\n".join(["language,score", *(f"{name},{score}" for name, score in SCORES.items())]).encode()
        client.post("/files", files={"file": ("first.csv", honest)})
        for what, (name, make) in HOSTILE.items():
            content = make()
            start = time.perf_counter()
            answer = client.post("/files", files={"file": (name, content)})
            seconds = time.perf_counter() - start
            after = client.post("/files", files={"file": ("after.csv", honest)})
            results[what] = {
                "seconds": round(seconds, 2), "megabytes": round(peak(process)), "status": answer.status_code,
                "refused": answer.status_code >= 400 or REFUSED in answer.text,
                "next_file_is_read": "This is right" in after.text,
            }  # fmt: skip
            print(what, results[what])
    write_result("web_uploads", {
        "claim": "hostile uploads are refused within 2 s and 500 MB, and the next file is read",
        "machine": machine(), "others_at_work": f"load average {os.getloadavg()[0]:.1f} at the end",
        "versions": versions("fastapi", "polars"), "uploads": results,
        "met": {
            "refused": all(one["refused"] and one["next_file_is_read"] for one in results.values()),
            "within 2 s": all(one["seconds"] <= MOST_SECONDS for one in results.values()),
            "within 500 MB": all(one["megabytes"] <= MOST_MEGABYTES for one in results.values()),
        },
    })  # fmt: skip


def peak(server: int) -> float:
    """The most memory in MB that any process of the server, but for itself, has had so far."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    most = [Path(f"/proc/{one}/status").read_text() for one in children]
    lines = [line for text in most for line in text.splitlines() if line.startswith("VmHWM")]
    return max((int(line.split()[1]) / 1024 for line in lines), default=0.0)


if __name__ == "__main__":
    main()
