"""One thread of linear algebra: matrices are small, and tests run beside one another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from isogloss.threads import one_blas_thread


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with one_blas_thread():
        yield
