"""The page Behaviour: a table of test items is sent, and each question about it is answered or says why not."""

from __future__ import annotations

import io

import polars as pl
import pytest
from fastapi.testclient import TestClient
from tests.behaviour.worlds import ratings_world, replies_world
from tests.web.conftest import folder_of


def send(client: TestClient, table: pl.DataFrame | bytes, name: str = "ratings.csv") -> str:
    """The address of the table's page."""
    content = table if isinstance(table, bytes) else table.write_csv().encode()
    sent = client.post("/behaviour", files={"file": (name, content)}, follow_redirects=False)
    assert sent.status_code == 303, sent.text
    return str(sent.headers["location"])


def test_a_table_is_asked_all_that_it_can_answer(client: TestClient) -> None:
    page = client.get(send(client, ratings_world())).text
    assert "facts of a language&#39;s own country" in page
    assert "Whether it replies in the language expected: not answered" in page
    assert 'aria-current="true">All' in page


@pytest.mark.parametrize("about", ["recall", "consistency"])
def test_a_question_has_verdict_picture_and_files(client: TestClient, about: str) -> None:
    address = f"{send(client, ratings_world())}&about={about}"
    page = client.get(address).text
    assert '<p class="verdict">' in page
    assert "<table" in page
    query = address.partition("?")[2]
    picture = client.get(f"/behaviour/picture?{query}&theme=dark")
    assert (picture.headers["content-type"], picture.text[:4]) == ("image/svg+xml", "<svg")
    saved = client.get(f"/behaviour/answer.csv?{query}")
    assert saved.headers["content-disposition"] == f'attachment; filename="behaviour-{about}.csv"'
    assert len(pl.read_csv(io.BytesIO(saved.content))) > 0


def test_replies_are_judged_by_their_language(client: TestClient) -> None:
    page = client.get(f"{send(client, replies_world())}&about=confusion").text
    assert "Worst: Russian, where 50 % of replies fail." in page


def test_what_a_table_cannot_say_is_said_with_the_form_open(client: TestClient) -> None:
    page = client.get(f"{send(client, ratings_world().drop('country'))}&about=recall").text
    assert "Has no column &#39;country&#39;" in page
    assert "or say which it is with country=NAME under Columns" in page
    assert "<details open>" in page


def test_columns_are_named_on_the_page(client: TestClient) -> None:
    address = send(client, ratings_world().rename({"country": "land of it"}))
    page = client.get(f"{address}&about=recall&columns=country=land of it").text
    assert '<p class="verdict">' in page


def test_a_page_runs_no_model_and_reads_no_file_that_an_address_names(client: TestClient) -> None:
    address = f"{send(client, ratings_world())}&about=culture&demonstrations=2&model=/etc&facts=/etc/passwd"
    page = client.get(address).text
    assert "no model to show" not in page
    assert "root:" not in page


def test_a_file_that_is_no_table_says_why_and_is_not_kept(client: TestClient) -> None:
    answer = client.post("/behaviour", files={"file": ("x.parquet", b"no parquet")})
    assert answer.status_code == 422
    assert "x.parquet" in answer.text
    send(client, ratings_world())
    assert not [*folder_of(client).rglob("ratings.csv")]


def test_a_file_that_was_sent_as_evidence_too_is_still_there(client: TestClient) -> None:
    content = ratings_world().write_csv().encode()
    client.post("/files", files={"file": ("both.csv", content)})
    send(client, content, "both.csv")
    assert [path.read_bytes() for path in folder_of(client).rglob("both.csv")] == [content]


def test_nobody_else_sees_a_table(client: TestClient, app: TestClient) -> None:
    address = send(client, ratings_world())
    other = TestClient(app.app, "http://localhost")
    assert other.get(address).status_code == 404
    assert other.get(address.replace("?", "/picture?")).status_code == 404


def test_a_small_file_cannot_ask_for_much_work(client: TestClient) -> None:
    count = 1_500
    table = pl.DataFrame(
        {"item": range(count), "language": ["eng", "deu", "fra"] * (count // 3),
         "model": [f"m{one}" for one in range(count)], "correct": [0, 1] * (count // 2)}
    )  # fmt: skip
    page = client.get(f"{send(client, table)}&about=difficulty").text
    assert "cells of models, items and languages are more than 2,000,000" in page


def test_a_question_that_there_is_not_is_no_page(client: TestClient) -> None:
    address = send(client, ratings_world())
    assert client.get(f"{address}&about=nothing").status_code == 404
    assert client.get(f"{address.replace('?', '/answer.csv?')}&about=nothing").status_code == 404


def test_names_in_a_table_are_text(client: TestClient) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    page = client.get(send(client, ratings_world().with_columns(model=pl.lit(hostile)), f"{hostile}.csv")).text
    assert "<img src=x" not in page
