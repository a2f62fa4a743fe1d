"""Evidence that ships with isogloss: our own measurements, each a small store with a data card."""

from __future__ import annotations

from pathlib import Path

from isogloss.errors import UnknownName

PREFIX = "isogloss:"
FOLDER = Path(__file__).parent / "shipped"


def shipped() -> dict[str, Path]:
    """Name, as `isogloss.read_evidence` takes it, to the store of each evidence that ships."""
    if not FOLDER.is_dir():
        return {}
    return {f"{PREFIX}{path.name}": path for path in sorted(FOLDER.iterdir()) if any(path.glob("*.parquet"))}


def shipped_path(name: str) -> Path:
    """The store of the shipped evidence called `name`.

    Raises
    ------
    UnknownName
        Listing what ships.
    """
    stores = shipped()
    if name not in stores:
        raise UnknownName("evidence", name, stores)
    return stores[name]
