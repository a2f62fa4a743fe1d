"""What was sent once is sent again as it was, and computed anew only where it may have changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.web.conftest import SCORES

from isogloss.web import ServerSettings, create_app

ANSWER = "/api/forecast?targets=Yoruba,Igbo&model=Large&wait=30"
PAGE = "/answer?targets=Yoruba,Igbo&model=Large"


def test_nothing_is_computed_for_what_was_asked_before(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    first = {address: client.get(address) for address in (ANSWER, PAGE)}
    monkeypatch.setattr(client.app.state.site, "worker", None)  # type: ignore[attr-defined]  # who computes is gone
    for address, before in first.items():
        again = client.get(address)
        assert (again.status_code, again.content) == (200, before.content)
        assert again.headers["etag"] == before.headers["etag"]
        assert client.get(address, headers={"if-none-match": again.headers["etag"]}).status_code == 304


def test_it_is_packed_for_who_reads_that_and_plain_for_others(client: TestClient) -> None:
    packed = client.get(ANSWER)
    plain = client.get(ANSWER, headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()
    assert plain.headers["vary"] == "Accept-Encoding"


def test_what_one_session_sent_is_in_no_page_of_another() -> None:
    app = create_app(ServerSettings())
    with TestClient(app, base_url="http://localhost") as one, TestClient(app, base_url="http://localhost") as other:
        before = other.get("/").text
        one.post("/files", files={"file": ("secret.csv", SCORES.encode())})
        assert "secret.csv" in one.get("/").text
        assert other.get("/").text == before


def test_changed_evidence_is_answered_anew(tmp_path: Path) -> None:
    file = tmp_path / "scores.csv"
    file.write_text("language,Large\nEnglish,80\nFrench,70\nHausa,30\n")
    with TestClient(create_app(ServerSettings(evidence=(str(file),))), base_url="http://localhost") as client:
        assert client.get("/rows").json()[0]["score"] == 80
        file.write_text("language,Large\nEnglish,81.5\nFrench,70\nHausa,30\n")
        assert client.get("/rows").json()[0]["score"] == 81.5


def test_a_page_with_an_error_is_not_kept(client: TestClient) -> None:
    assert "etag" not in client.get("/plan?targets=Yoruba&budget=10").headers
    assert "etag" in client.get("/report").headers
