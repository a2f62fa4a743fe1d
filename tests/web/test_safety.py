"""Who may ask, what may be sent, and what is never shown."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.web.conftest import SCORES, folder_of

from isogloss.errors import InputError
from isogloss.web import ServerSettings, create_app
from isogloss.web.server import free_port, serve

SCRIPT = "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "localhost:8000"}, 200),
        ({"host": "[::1]:8000"}, 200),
        ({"host": "evil.example"}, 421),
        ({"host": "localhost.evil.example:8000"}, 421),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, 200),
    ],
)
def test_another_web_page_cannot_drive_the_server(client: TestClient, headers: dict[str, str], status: int) -> None:
    assert client.get("/", headers=headers).status_code == status


def test_a_form_of_another_page_is_refused(client: TestClient) -> None:
    sent = client.post("/files", files={"file": ("a.csv", SCORES)}, headers={"origin": "http://evil.example"})
    assert sent.status_code == 403


def test_the_api_is_not_opened_by_a_link_of_another_page(client: TestClient) -> None:
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert client.get("/api/evidence", headers=headers).status_code == 403


def test_every_response_forbids_what_is_not_its_own(client: TestClient) -> None:
    for page in ("/", "/api/evidence", "/nothing", "/static/style.css"):
        policy = client.get(page).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert client.get(page).headers["x-content-type-options"] == "nosniff"


def test_other_machines_need_the_token() -> None:
    settings = ServerSettings(host="0.0.0.0", token="of-this-server")
    with TestClient(create_app(settings), "http://10.0.0.7:8000") as client:
        assert client.get("/").status_code == 401
        assert client.get("/?token=wrong").status_code == 401
        assert client.get("/?token=of-this-server").status_code == 200
        assert client.get("/ask").status_code == 200  # the cookie that came with it


def test_sessions_see_only_their_own_files(client: TestClient, accepted: str) -> None:
    other = TestClient(client.app, "http://localhost")
    assert client.get(f"/ask?evidence={accepted}").status_code == 200
    assert other.get(f"/ask?evidence={accepted}").status_code == 404


def test_a_name_from_outside_is_never_a_path(client: TestClient) -> None:
    page = client.post("/files", files={"file": ("../../../../tmp/out-of-its-folder.csv", SCORES)})
    assert "out-of-its-folder.csv: is this right?" in page.text
    assert not Path("/tmp/out-of-its-folder.csv").exists()
    assert len(list(folder_of(client).rglob("out-of-its-folder.csv"))) == 1


def test_names_of_models_and_languages_are_text(client: TestClient) -> None:
    table = SCORES.replace("Small", SCRIPT).replace("Hausa", f'"{SCRIPT} Hausa"')
    sent = client.post("/files", files={"file": (f"{SCRIPT}.csv", table)})
    assert SCRIPT not in sent.text
    assert "&lt;script&gt;" in sent.text
    data = {"written_0": f"{SCRIPT} Hausa", "read_0": "Hausa", "action": "accept"}
    asked = client.post(sent.url.path, data=data)
    assert SCRIPT not in asked.text
    answer = client.get(
        "/answer", params={"evidence": asked.url.params["evidence"], "targets": "Igbo", "model": SCRIPT}
    )
    assert answer.status_code == 200
    assert SCRIPT not in answer.text


def test_a_file_larger_than_allowed_is_refused(app: TestClient) -> None:
    with TestClient(create_app(ServerSettings(upload_bytes=1000)), "http://localhost") as client:
        assert client.post("/files", files={"file": ("a.csv", b"a" * 100_000)}).status_code == 413
        page = client.post("/files", files={"file": ("a.csv", b"a" * 2000)})
        assert page.status_code == 422
        assert "larger than" in page.text


def test_more_rows_than_allowed_are_refused() -> None:
    with TestClient(create_app(ServerSettings(upload_rows=10)), "http://localhost") as client:
        page = client.post("/files", files={"file": ("a.csv", SCORES)}).text
    assert "more than 10" in page


def test_an_archive_that_unpacks_to_much_is_refused(client: TestClient) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * 300_000_000)
    page = client.post("/files", files={"file": ("bomb.xlsx", bomb.getvalue())})
    assert "This file cannot be read as it is." in page.text


def test_what_breaks_is_not_shown(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret of the server")

    monkeypatch.setattr(type(client.app.state.site), "evidence_of", broken)  # type: ignore[attr-defined]
    for page in ("/", "/api/evidence"):
        answer = client.get(page)
        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert "Traceback" not in answer.text


def test_a_taken_port_is_said() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"127.0.0.1:{port} cannot be used"):
            serve(ServerSettings(port=port), say=lambda _: None)
        assert free_port("127.0.0.1", port) != port


def test_an_absent_store_is_said_before_anything_is_served(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.csv"):
        serve(ServerSettings(evidence=(str(tmp_path / "absent.csv"),), port=free_port("127.0.0.1", 8900)), say=print)
