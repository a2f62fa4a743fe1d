"""Two runs that make one checkpoint at once: one makes it, the other waits for it, or says that it cannot."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.lab.checkpoints import make_decoder

from isogloss.errors import IsoglossError
from isogloss.lab import adapt, adaptations


def at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """What each of some works gives, or the error that it ends with."""
    found: list[Any] = [None] * len(works)

    def run(place: int) -> None:
        try:
            found[place] = works[place]()
        except IsoglossError as error:
            found[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(works))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return found


@pytest.fixture
def entered(monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], threading.Event]:
    """How often the work was begun, and what lets it go on."""
    kind, begun, go_on = adaptations.get("magnitude-prune"), [], threading.Event()
    apply = kind.apply

    def slowly(*arguments: Any) -> None:
        begun.append(1)
        assert go_on.wait(60)
        apply(*arguments)

    monkeypatch.setattr(kind, "apply", slowly)
    return begun, go_on


@pytest.mark.filterwarnings("ignore:waiting for another process")
def test_a_checkpoint_is_made_once_by_two_that_want_it_at_once(
    tmp_path: Path, entered: tuple[list[int], threading.Event]
) -> None:
    begun, go_on = entered
    base = make_decoder(tmp_path / "base")
    threading.Timer(1.0, go_on.set).start()
    made = at_once([lambda: adapt(base, "magnitude-prune", into=tmp_path / "made")] * 2)
    assert made == [tmp_path / "made"] * 2
    assert len(begun) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base", "made"]


@pytest.mark.filterwarnings("ignore:waiting for another process")
def test_who_may_not_wait_says_who_is_at_it(tmp_path: Path, entered: tuple[list[int], threading.Event]) -> None:
    _, go_on = entered
    base = make_decoder(tmp_path / "base")

    def hurried() -> Path:
        while not entered[0]:
            pass
        try:
            return adapt(base, "magnitude-prune", into=tmp_path / "made", max_minutes=0.002)
        finally:
            go_on.set()

    _, error = at_once([lambda: adapt(base, "magnitude-prune", into=tmp_path / "made"), hurried])
    assert "is still being made by another process; run it again" in str(error)
    assert (tmp_path / "made" / "model.safetensors").is_file()
