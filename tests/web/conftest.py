"""A server without a network, and a spreadsheet as a team would have it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("fastapi")

from fastapi.testclient import TestClient

from isogloss.web import ServerSettings, create_app

SCORES = """Language,Small,Large
English,81.2,88.0
French,78.9,86.1
Spanish,79.3,86.4
Portuguese (Brazil),78.1,85.7
German,78.4,86.0
Russian,74.0,83.2
Hindi,66.2,78.9
Bengali,61.5,75.0
Swahili,52.3,70.4
Hausa,44.8,63.0
Amharic,38.1,57.9
Turkish,70.1,81.0
Indonesian,73.9,83.8
Filipino,64.0,
"""
"""Percentages of two models in fourteen languages; one is blank."""


@pytest.fixture(scope="session")
def scores() -> bytes:
    return SCORES.encode()


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ISOGLOSS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The application while it runs, shared so that forecasts are learnt once; `client` is a browser of one test."""
    file = tmp_path_factory.mktemp("served") / "accuracy.csv"
    file.write_text(SCORES)
    with TestClient(create_app(ServerSettings(evidence=(str(file),), patience=60)), "http://localhost") as running:
        yield running


@pytest.fixture
def client(app: TestClient) -> TestClient:
    return TestClient(app.app, "http://localhost", raise_server_exceptions=False)


@pytest.fixture
def accepted(client: TestClient, scores: bytes) -> str:
    """The name of the spreadsheet's evidence, once it was accepted."""
    sent = client.post("/files", files={"file": ("scores.csv", scores)})
    after = client.post(sent.url.path, data={"action": "accept"})
    return str(after.url.params["evidence"])


def folder_of(client: TestClient) -> Path:
    """Where the server keeps files."""
    return client.app.state.site.sessions.folder  # type: ignore[attr-defined, no-any-return]
