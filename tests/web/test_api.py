"""The API: questions as addresses, answers as they are, long work with progress."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.web.conftest import SCORES

from isogloss.errors import BadValue
from isogloss.questions.forecast import ForecastQuestion
from isogloss.web import ServerSettings, create_app
from isogloss.web.fields import read_fields, web_questions

ASKED = "/api/forecast?targets=Yoruba,Igbo&model=Large"


def test_the_answer_is_that_of_the_question(client: TestClient, tmp_path: Path) -> None:
    file = tmp_path / "accuracy.csv"
    file.write_text(SCORES)
    same = ForecastQuestion(evidence=[str(file)], targets="Yoruba,Igbo", model="Large").answer().to_dict()
    got = client.get(ASKED).json()
    assert got["sentences"] == list(same["sentences"])
    for one, other in zip(got["tables"]["forecasts"], same["tables"]["forecasts"], strict=True):
        assert one["mean"] == pytest.approx(other["mean"])
        assert one["trust"] == other["trust"]


def test_who_has_the_answer_is_told_so(client: TestClient) -> None:
    first = client.get(ASKED)
    again = client.get(ASKED, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_large_answers_are_compressed(client: TestClient) -> None:
    assert client.get("/ask", headers={"accept-encoding": "gzip"}).headers["content-encoding"] == "gzip"


def test_every_question_is_documented_and_none_takes_a_file(client: TestClient) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    for command, kind in web_questions().items():
        asked = paths["/api/" + command.replace(" ", "/")]["get"]
        given = {one["name"]: one for one in asked["parameters"]}
        assert not {"costs", "weights", "queries", "save", "forecaster_from", "filled", "mapping"} & set(given)
        for name in set(given) & set(kind.model_fields) - {"evidence"}:
            assert given[name]["description"] == kind.model_fields[name].description
    assert "/api/evidence/query" not in paths


@pytest.mark.parametrize(
    ("asked", "status", "where"),
    [
        ("/api/forecast?targets=Yorubaa", 422, "targets"),
        ("/api/forecast?model=Large", 422, "targets"),
        ("/api/forecast?targets=Igbo&level=700&model=Large", 422, "level"),
        ("/api/forecast?targets=Igbo&model=Larg", 422, "evidence"),
        ("/api/forecast?targets=Igbo&evidence=/etc/passwd", 404, None),
        ("/api/sources?targets=Igbo&top=99999999", 422, "top"),
        ("/api/jobs/" + 24 * "0", 404, None),
        ("/api/nothing", 404, None),
    ],
)
def test_what_is_wrong_is_said_as_json(client: TestClient, asked: str, status: int, where: str | None) -> None:
    answer = client.get(asked)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert error["reason"]
    if where is not None:
        assert where in f"{error['where']} {error['reason']}"


@pytest.mark.parametrize(("written", "value"), [("true", True), ("y", True), ("T", True), ("off", False), ("n", False)])
def test_a_page_reads_yes_and_no_as_the_api_does(written: str, value: bool) -> None:
    assert read_fields(web_questions()["report"], {"appendix": [written]}) == {"appendix": value}


def test_what_is_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(BadValue, match="appendix: 'maybe' is neither yes nor no"):
        read_fields(web_questions()["report"], {"appendix": ["maybe"]})


def test_long_work_tells_its_progress(client: TestClient) -> None:
    asked = "/api/trust?model=Small&every=3"
    first = client.get(asked + "&wait=0")
    assert first.status_code == 202
    with client.stream("GET", first.json()["events"]) as events:
        states = [json.loads(line.removeprefix("data: ")) for line in events.iter_lines() if line]
    assert states[-1]["state"] == "done"
    assert any(state["total"] for state in states)
    assert client.get(asked).json()["question"] == "trust"


def test_only_who_waits_sees_and_stops_the_work(client: TestClient) -> None:
    job = client.get("/api/trust?model=Small&every=5&wait=0").json()["job"]
    other = TestClient(client.app, "http://localhost")
    assert other.get(f"/api/jobs/{job}").status_code == 404
    assert other.delete(f"/api/jobs/{job}").status_code == 404
    assert client.delete(f"/api/jobs/{job}").status_code == 204
    assert client.get(f"/api/jobs/{job}").status_code == 404


def test_evidence_that_changes_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "scores.csv"
    file.write_text(SCORES)
    with TestClient(create_app(ServerSettings(evidence=(str(file),), patience=60)), "http://localhost") as client:
        before = client.get("/api/evidence/show").json()["verdict"]
        file.write_text(SCORES + "Korean,71.0,80.2\n")
        after = client.get("/api/evidence/show").json()["verdict"]
    assert "14 languages" in before
    assert "15 languages" in after


def test_names_are_told_apart_by_commas_and_by_lines(client: TestClient) -> None:
    answers = [
        client.get("/api/forecast", params={"targets": text, "model": "Large", "wait": 30}).json()["tables"]
        for text in ("Yoruba,Igbo", "Yoruba\rIgbo", "Yoruba\r\nIgbo\n")
    ]
    assert [row["language"] for row in answers[0]["forecasts"]] == ["Yoruba", "Igbo"]
    assert answers[0] == answers[1] == answers[2]
