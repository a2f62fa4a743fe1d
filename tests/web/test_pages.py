"""From a spreadsheet to an answer, as a browser without JavaScript sees it."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.web.conftest import SCORES

from isogloss.web import ServerSettings, create_app

SHIPPED = "evidence=sib200-few-shot&model=char-ngram"
PAGES = (
    "/", "/ask", "/answer?targets=Yoruba,Igbo", "/believe?model=Large", "/why?target=Igbo", "/what-if",
    "/next?among=africa", "/compare", "/compare?targets=africa&models=Large,Small", "/fair", "/report",
    "/evidence", "/languages?q=yor", "/languages/wol",
    f"/what-if?{SHIPPED}&targets=Wolof", f"/sources?{SHIPPED}&targets=Wolof", f"/plan?{SHIPPED}",
)  # fmt: skip


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def send(client: TestClient, content: str, name: str = "scores.csv") -> str:
    """Send a file; the address of the page on which it is checked."""
    return str(client.post("/files", files={"file": (name, content.encode())}).url.path)


def test_a_file_is_counted_as_a_person_would_count_it(client: TestClient) -> None:
    page = text_of(client.get(send(client, SCORES)).text)
    assert "14 languages, 2 models, 27 scores, percentages, 1 blank." in page
    assert "Portuguese (Brazil) is read as" in page


def test_nothing_is_evidence_before_it_is_accepted(client: TestClient) -> None:
    address = send(client, SCORES)
    before = {one["key"] for one in client.get("/api/evidence").json() if one["own"]}
    client.post(address, data={"action": "accept"})
    after = [one for one in client.get("/api/evidence").json() if one["own"]]
    assert before == set()
    assert [one["title"] for one in after] == ["scores.csv"]


def test_an_unclear_name_is_mended_on_the_page(client: TestClient) -> None:
    address = send(client, SCORES.replace("Hausa", "Hausaa (Kurmanji)"))
    asked = client.get(address).text
    assert "“Hausaa (Kurmanji)” is no language that we know" in asked
    assert 'value="Northern Kurdish"' in asked
    mended = client.post(address, data={"written_0": "Hausaa (Kurmanji)", "read_0": "Hausa"}).text
    assert "14 languages, 2 models, 27 scores" in text_of(mended)


def test_what_is_asked_is_answered_in_the_words_of_the_form(client: TestClient) -> None:
    two = "Language,Rook\nGerman,81.5/70.5\nSwahili,70.5/61.5\nHausa,60.5/51.5\n"
    page = text_of(client.get(send(client, two)).text)
    assert "To answer: “Metric: f1/em”, or whichever they are." in page
    twice = "model,task,metric,target,score,prompt\na,qa,f1,deu,.5,x\na,qa,f1,deu,.6,y\n"
    page = text_of(client.get(send(client, twice)).text)
    assert "choose “If a score is there twice: take the mean”" in page


def test_a_name_that_means_nothing_is_left_out(client: TestClient) -> None:
    address = send(client, SCORES.replace("Hausa", "Qqqqq"))
    page = client.post(address, data={"written_0": "Qqqqq", "leave_0": "1"}).text
    assert "13 languages, 2 models, 25 scores" in text_of(page)


def test_two_numbers_in_a_cell_are_named_on_the_page(client: TestClient) -> None:
    address = send(client, "Language,Rook\nTelugu,60/50\nFinnish,70/65\n")
    page = client.post(address, data={"metric": "f1/em"}).text
    assert "2 languages, 1 model, 4 scores" in text_of(page)


def test_a_file_that_is_no_table_says_why(client: TestClient) -> None:
    page = client.get(send(client, "nothing to see", "notes.txt")).text
    assert "This file cannot be read as it is." in page
    assert "isogloss-web-" not in page  # where the server keeps it is nobody's business


def test_the_answer_has_verdict_trust_words_and_measured_languages(client: TestClient, accepted: str) -> None:
    page = client.get("/answer", params={"evidence": accepted, "targets": "Yoruba, Igbo", "model": "Large"})
    assert page.status_code == 200
    text = text_of(page.text)
    api = client.get("/api/forecast", params={"evidence": accepted, "targets": "Yoruba,Igbo", "model": "Large"}).json()
    assert api["verdict"] in text
    for row in api["tables"]["forecasts"]:
        assert re.search(rf"{row['language']} .{{0,80}}?{row['lower']:.0f} to {row['upper']:.0f} {row['trust']}", text)
    assert re.search(r"English .{0,60}?88 measured", text)


def test_a_language_has_its_relatives_and_what_a_test_would_buy(client: TestClient) -> None:
    text = text_of(client.get("/answer?targets=Yoruba,Igbo&model=Large&language=yor").text)
    assert "100 test items in Yoruba would narrow the interval" in text
    assert "Nearest measured languages" in text
    assert "What is known of Yoruba" in text


def test_an_unknown_language_is_a_page_with_suggestions(client: TestClient) -> None:
    page = client.get("/answer?targets=Yorubaa,Igbo&model=Large")
    assert page.status_code == 422
    assert "targets=yor&amp;targets=Igbo" in page.text


def test_a_suggestion_keeps_names_with_a_comma_whole(client: TestClient) -> None:
    page = client.get("/answer", params={"targets": 'Yorubaa,"Greek, Modern"', "model": "Large"})
    assert "targets=yor&amp;targets=Greek%2C+Modern" in page.text


def test_an_unknown_model_is_a_page_with_suggestions(client: TestClient) -> None:
    page = client.get("/answer?targets=Igbo&model=Largee")
    assert page.status_code == 422
    assert "model=Large" in page.text


def test_unknown_evidence_is_not_there(client: TestClient) -> None:
    assert client.get("/ask?evidence=of-somebody-else").status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_whole_without_scripts(client: TestClient, page: str) -> None:
    answer = client.get(page)
    assert answer.status_code == 200
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|javascript:", answer.text)
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", answer.text)
    assert len(answer.content) < 1_000_000


def test_a_click_on_the_map_lists_the_languages_spoken_there(client: TestClient) -> None:
    from isogloss.languages import resolve
    from isogloss.web.pages.ask import WORLD

    place = resolve("Wolof")
    assert place.longitude is not None
    assert place.latitude is not None
    x, y = WORLD.project(place.longitude, place.latitude)
    assert "> Wolof</label>" in client.get(f"/ask?near={x:.0f},{y:.0f}").text


def test_answers_are_saved_as_files(client: TestClient) -> None:
    for ending, begins in (("png", b"\x89PNG"), ("csv", b"language,"), ("xlsx", b"PK"), ("pdf", b"%PDF-")):
        file = client.get(f"/download/forecast.{ending}?targets=Igbo&model=Large")
        assert file.status_code == 200
        assert file.content.startswith(begins)
        assert f"forecast.{ending}" in file.headers["content-disposition"]


def test_examples_move_the_forecast_up_to_what_was_measured(client: TestClient) -> None:
    def forecast(more: str) -> str:
        page = client.get(f"/what-if?{SHIPPED}&targets=Wolof{more}").text
        return re.search(r'Wolof</th>.*?class="number wide">([\d.]+)<', page, re.DOTALL)[1]  # type: ignore[index]

    assert forecast("&examples_eng=700") != forecast("&examples_eng=700&examples_swa=500&examples_hau=500")
    assert forecast("&examples_eng=999999999") == forecast("&examples_eng=700")


def test_without_training_mixes_the_page_says_what_to_measure(client: TestClient) -> None:
    assert "at least three training mixes" in client.get("/what-if?targets=Igbo").text


def test_a_forecast_of_a_measured_language_is_called_measured(client: TestClient) -> None:
    text = text_of(client.get("/answer?targets=Hindi,Igbo&model=Large").text)
    assert re.search(r"Hindi 79 measured", text)


def test_a_page_of_scores_is_what_the_evidence_holds(client: TestClient) -> None:
    rows = client.get("/rows?model=Large").json()
    assert len(rows) == 13
    assert {row["language"]: row["score"] for row in rows}["Hindi"] == 78.9
    assert client.get("/rows?model=Large&offset=12").json() == rows[12:]
    assert client.get("/rows?model=Large&offset=²").json() == rows


def test_languages_are_found_by_part_of_a_name(client: TestClient) -> None:
    assert '"/languages/yor"' in client.get("/languages?q=yoru").text


def test_a_page_of_a_language_says_what_models_do_on_it(client: TestClient) -> None:
    text = text_of(client.get("/languages/hin").text)
    assert "Large accuracy" in text.replace("accuracy.csv", "")
    assert "78.9" in text


def test_a_page_of_a_language_that_is_none_says_so(client: TestClient) -> None:
    page = client.get("/languages/qqqqq")
    assert page.status_code == 422
    assert "Unknown language" in page.text
    assert "on the page Languages" in page.text


def test_a_server_that_was_started_with_a_file_opens_on_it(tmp_path: Path) -> None:
    (tmp_path / "team.csv").write_text(SCORES)
    settings = ServerSettings(files=(str(tmp_path / "team.csv"),))
    with TestClient(create_app(settings), "http://localhost") as client:
        assert "team.csv: is this right?" in client.get("/open").text


def test_what_the_evidence_cannot_say_is_said_before_a_form_is_filled_in(client: TestClient) -> None:
    for address in ("/plan", "/sources"):
        assert "This evidence cannot say" in text_of(client.get(address).text)
        assert "This evidence cannot say" not in text_of(client.get(f"{address}?{SHIPPED}").text)


def test_whoever_asked_about_languages_chooses_the_next_test_among_these(client: TestClient) -> None:
    page = text_of(client.get("/next?targets=Yoruba,Igbo,Zulu&model=Large&k=1").text)
    assert re.search(r"Test (Yoruba|Igbo|Zulu) next", page)


def test_a_report_is_saved_from_its_page(client: TestClient) -> None:
    page = client.get("/report?targets=Yoruba,Igbo&model=Large").text
    saved = re.search(r'href="(/download/report\.html[^"]+)"', page)
    assert saved is not None
    assert "What we do not know" in client.get(unescape(saved[1])).text


def test_means_and_ranks_change_with_the_languages_that_count(client: TestClient) -> None:
    every, africa = (text_of(client.get(f"/compare{part}").text) for part in ("", "?targets=africa"))
    assert "Large has the best mean of 2 models" in every
    assert "over the 13 languages that all were measured in" in every
    assert "Coverage differs (Large in 13, Small in 14)" in every
    assert "over the 3 languages that all were measured in" in africa


def test_the_page_draws_the_lines_of_the_picture(client: TestClient) -> None:
    asked = "targets=Yoruba,Igbo,Zulu&model=Large"
    page = client.get(f"/answer?{asked}").text
    names = re.findall(r'<th scope="row">(?:<a[^>]*>)?([^<]+)', page.split('class="bars"')[1].split("</table>")[0])
    picture = client.get(f"/picture/forecast?{asked}").text
    assert len(names) > 3
    assert [name for name in names if f">{name}<" not in picture] == []


def test_a_page_and_its_picture_are_about_the_same_question(client: TestClient) -> None:
    page = client.get("/why?evidence=sib200-few-shot&model=char-ngram&metric=accuracy&target=Wolof&seed=3").text
    picture = re.search(r'<img src="(/picture/explain[^"]*)"', page)
    assert picture is not None
    assert "seed=3" in picture[1]
    assert "target=Wolof" in picture[1]
