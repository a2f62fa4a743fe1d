"""`python -m docs.generator` writes the reference; `make reference` calls it."""

from __future__ import annotations

from docs.generator import FOLDER, reference_pages
from docs.generator.stubs import STUB, stub

if __name__ == "__main__":
    STUB.write_text(stub(), encoding="utf-8")
    pages = reference_pages()
    for stale in {*FOLDER.rglob("*.md")} - {FOLDER / name for name in pages}:
        stale.unlink()
    for name, text in pages.items():
        (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / name).write_text(text, encoding="utf-8")
