"""The tiny checkpoint of the lab's tests, and features that no other test has computed."""

from __future__ import annotations

from tests.lab.conftest import checkpoint, own_cache

__all__ = ["checkpoint", "own_cache"]
