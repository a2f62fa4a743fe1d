"""Linear algebra on one thread: as long as somebody needs it, and no longer."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from isogloss.threads import one_blas_thread


def threads_of_blas() -> set[int]:
    np.eye(2) @ np.eye(2)
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def two_threads():
    with threadpool_limits(limits=2, user_api="blas"):
        yield


def test_blas_has_its_threads_back_afterwards():
    with one_blas_thread():
        assert threads_of_blas() == {1}
    assert threads_of_blas() == {2}


def test_blas_has_its_threads_back_after_an_error():
    with pytest.raises(ZeroDivisionError), one_blas_thread():
        1 / 0  # noqa: B018
    assert threads_of_blas() == {2}


def test_users_that_overlap_share_the_limit():
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with one_blas_thread():
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with one_blas_thread():
        thread.start()
        assert entered.wait(10)
    assert threads_of_blas() == {1}
    leave.set()
    thread.join()
    assert threads_of_blas() == {2}


def test_the_blas_of_scipy_is_held_too_however_late_it_is_used():
    code = (
        "from isogloss.threads import one_blas_thread\n"
        "from threadpoolctl import threadpool_info\n"
        "with one_blas_thread():\n"
        "    import scipy.linalg\n"
        "    print({one['num_threads'] for one in threadpool_info() if one['user_api'] == 'blas'})\n"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "{1}\n"
