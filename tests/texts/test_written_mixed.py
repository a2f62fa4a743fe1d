"""Mixed texts that a model writes: which judges let pass, what is written again, and that nothing is guessed."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.models import endpoint_server as servers
from typer.testing import CliRunner

from isogloss.cli import app
from isogloss.errors import BadValue
from isogloss.models.respondents import RunSettings, open_respondent
from isogloss.texts import Draft, Item, OrderJudge, read_transform
from isogloss.texts.mixing.judges import read_rating, shuffles
from isogloss.texts.words import cut_words

pytest.importorskip("httpx", reason="needs the extra behaviour")
pytest.importorskip("py3langid", reason="needs the extra behaviour")

PLAIN = {
    "meeting": "Morgen muss ich früh aufstehen, weil wir eine Besprechung mit dem ganzen Team haben.",
    "rain": "Gestern hat es den ganzen Tag geregnet, und wir sind zu Hause geblieben.",
}
GOOD = {
    "meeting": "Morgen muss ich früh aufstehen, because we have a meeting mit dem ganzen Team.",
    "rain": "Gestern hat es geregnet the whole day long, und wir sind zu Hause geblieben.",
}
FRENCH = "Demain je dois me lever tôt parce que nous avons une réunion avec toute notre équipe."


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("ISOGLOSS_API_KEY", raising=False)


def item_in(prompt: str) -> str:
    """Texts share their first words in all versions; words in random order do not."""
    return "rain" if "regnet" in prompt else "meeting"


def is_judged(prompt: str) -> bool:
    return "Rate it from 1" in prompt


def is_again(prompt: str) -> bool:
    return "Write the text anew" in prompt


def speaker(prompt: str) -> str:
    """Mixes as people do, and likes nothing but that."""
    if is_judged(prompt):
        return "5" if any(text in prompt for text in GOOD.values()) else "2 - the order is odd"
    return GOOD[item_in(prompt)]


def ran(
    folder: Path, says: Callable[[str], str], *options: str, rows: str = ""
) -> tuple[dict[str, Any], list[dict[str, Any]], list[str]]:
    """What the command shows, the texts that it wrote, and what the endpoint was asked."""
    rows = rows or "id,language,text\n" + "".join(f'{item},deu,"{text}"\n' for item, text in PLAIN.items())
    (folder / "texts.csv").write_text(rows)

    def behave(handler: servers.Handler, body: dict[str, Any]) -> None:
        reply = {"message": {"content": says(body["messages"][-1]["content"])}}
        handler.reply({"choices": [reply], "usage": {"prompt_tokens": 100, "completion_tokens": 10}})

    into = folder / "mixed.jsonl"
    words = ["lab", "write-mixed", str(folder / "texts.csv"), "--into", str(into), "--embedded", "eng", "--json"]
    with servers.serving(behave) as server:
        filled = [option.replace("ENDPOINT", f"{server.address}#m") for option in options]
        answer = CliRunner().invoke(app, [*words, "--model", f"{server.address}#m", *filled])
        assert answer.exit_code == 0, answer.output
        prompts = [body["messages"][-1]["content"] for _, _, body in server.seen]
        again = CliRunner().invoke(app, [*words, "--model", f"{server.address}#m", *filled])
        assert (len(server.seen), json.loads(again.stdout)["details"]["requests"]) == (len(prompts), 0)
    return json.loads(answer.stdout), [*map(json.loads, into.read_text().splitlines())], prompts


def reasons(shown: dict[str, Any]) -> dict[str, int]:
    return {row["reason"]: row["texts"] for row in shown["tables"]["reasons"]}


def of_judge(shown: dict[str, Any], name: str) -> dict[str, Any]:
    return next(row for row in shown["tables"]["judges"] if row["judge"] == name)


JUDGED = ("--judge", "ENDPOINT", "--criterion", "naturalness")


def test_good_texts_pass_and_the_judge_puts_them_above_their_words_in_random_order(tmp_path: Path) -> None:
    shown, rows, prompts = ran(tmp_path, speaker, *JUDGED, "--criterion", "meaning")
    assert ([row["text"] for row in rows], reasons(shown)) == ([*GOOD.values()], {})
    assert [row["source"] for row in rows] == [*PLAIN.values()]
    assert all(0.15 <= row["share"] <= 0.6 and row["cmi"] == pytest.approx(100 * row["share"]) for row in rows)
    assert {(row["rounds"], row["judge naturalness"], row["judge meaning"]) for row in rows} == {(0, 5.0, 5.0)}
    assert {(of_judge(shown, name)["discrimination"], of_judge(shown, name)["pairs"])
            for name in ("share", "naturalness", "meaning")} == {(1.0, 2)}  # fmt: skip
    assert (len(prompts), shown["flags"]) == (2 + 2 * 4, [])


def test_texts_that_do_not_mix_go_back_with_the_measure_and_pass_when_they_do(tmp_path: Path) -> None:
    shown, rows, prompts = ran(tmp_path, lambda prompt: (GOOD if is_again(prompt) else PLAIN)[item_in(prompt)])
    assert {(row["text"], row["rounds"]) for row in rows} == {(text, 1) for text in GOOD.values()}
    sent_back = [prompt for prompt in prompts if is_again(prompt)]
    assert len(sent_back) == 2
    assert all("A judge says: 0% of its words are English, 15% to 60% of the words should be English." in one
               for one in sent_back)  # fmt: skip
    assert (shown["tables"]["languages"][0]["rewritten"], of_judge(shown, "share")["judged"]) == (2, 4)


def test_what_a_judge_that_is_asked_says_goes_back_too(tmp_path: Path) -> None:
    def strict(prompt: str) -> str:
        if is_judged(prompt):
            return "2/5. Too formal." if "Morgen muss" in prompt else "4"
        return GOOD["rain"].replace("Gestern", "Oh, gestern") if is_again(prompt) else GOOD[item_in(prompt)]

    shown, rows, prompts = ran(tmp_path, strict, *JUDGED, "--control", "0")
    assert ([row["id"] for row in rows], reasons(shown)) == (["rain", "meeting"], {})
    assert [prompt for prompt in prompts if "A judge says: naturalness: Too formal." in prompt]
    scores = [(row["item"], row["round"], row["score"], row["passes"]) for row in shown["tables"]["judgements"]
              if row["judge"] == "naturalness"]  # fmt: skip
    assert scores == [("meeting", 0, 2.0, False), ("rain", 0, 4.0, True), ("meeting", 1, 4.0, True)]


def test_work_ends_after_the_rounds_that_were_asked_for(tmp_path: Path) -> None:
    """A model that writes something else each time, and never mixes."""
    shown, rows, prompts = ran(tmp_path, lambda prompt: f"{PLAIN[item_in(prompt)]} Ja{'a' * prompt.count('Ja')}.")
    assert (rows, reasons(shown), len(prompts)) == ([], {"share": 2}, 2 * 3)
    same, _, fewer = ran(tmp_path, lambda prompt: PLAIN[item_in(prompt)], "--rounds", "9", "--seed", "1")
    assert (reasons(same), len(fewer)) == ({"share": 2}, 2 * 2)  # nothing comes of asking again


@pytest.mark.parametrize(("says", "expected"), [
    (lambda prompt: "It is good." if is_judged(prompt) else speaker(prompt), {"unjudged naturalness": 2}),
    (lambda prompt: "From 1 to 5: 5" if is_judged(prompt) else speaker(prompt), {"unjudged naturalness": 2}),
    (lambda prompt: "9" if is_judged(prompt) else speaker(prompt), {"unjudged naturalness": 2}),
    (lambda prompt: "1" if is_judged(prompt) else speaker(prompt), {"naturalness": 2}),
    (lambda _: "", {"no_reply": 2}),
    (lambda _: FRENCH, {"share": 2}),
    (lambda _: "?", {"unjudged share": 2}),
    (lambda prompt: "5" if is_judged(prompt) else GOOD["rain"], {"duplicate": 1}),
])  # fmt: skip
def test_what_does_not_pass_is_counted_with_its_reason(
    tmp_path: Path, says: Callable[[str], str], expected: dict[str, int]
) -> None:
    shown, rows, _ = ran(tmp_path, says, *JUDGED)
    assert (reasons(shown), len(rows)) == (expected, 2 - sum(expected.values()))
    unjudged = [row["about"] for row in shown["flags"] if row["flag"] == "unjudged"]
    assert unjudged == [name.split()[1] for name in expected if name.startswith("unjudged")]


def test_a_judge_that_likes_everything_is_named(tmp_path: Path) -> None:
    """The null world of judges: 5 for all, whatever it reads."""
    shown, rows, _ = ran(tmp_path, lambda prompt: "5" if is_judged(prompt) else speaker(prompt), *JUDGED)
    assert (len(rows), of_judge(shown, "naturalness")["discrimination"]) == (2, 0.5)
    assert [(row["about"], row["flag"]) for row in shown["flags"]] == [("naturalness", "judge_blind")]


def test_topics_are_written_about_under_conditions_that_the_seed_draws(tmp_path: Path) -> None:
    rows = "nr,language,topic,tense\n" + "".join(f"{number},deu,rain,past\n" for number in range(8))
    drawn = {}
    for seed in ("0", "1"):
        _, _, prompts = ran(tmp_path, lambda _: GOOD["rain"], "--column", "id=nr", "--seed", seed, rows=rows)
        assert all("would say about rain" in prompt and "Tense: past." in prompt for prompt in prompts)
        drawn[seed] = [prompt.partition("Perspective: ")[2].split(".")[0] for prompt in prompts]
    assert {*drawn["0"], *drawn["1"]} == {"first person", "second person", "third person"}
    assert sorted(drawn["0"]) != sorted(drawn["1"])


@pytest.mark.parametrize(("rows", "options", "said"), [
    ("id,language\na,deu\n", [], "row 1 has neither text nor topic"),
    ("language,text\ndeu,Hallo\n", [], "has no column 'id'"),
    ("id,language,text\na,eng,Hello\n", [], "row 1 mixes 'eng' with itself"),
    ("id,language,text\na,ewe,Hello\n", [], "'ewe' cannot be identified"),
    ("id,language,text\na,deu,Ja\na,deu,Nein\n", [], "id 'a' stands twice for one pair of languages"),
    ("id,language,text\na,deu,Ja\n", ["--prompt", "Mix."], "prompt: has {source} 0 times; write it once"),
    ("id,language,text\na,deu,Ja\n", ["--least-share", "0.7"], "shares from 0.7 to 0.6 are none between 0 and 1"),
    ("id,language,text\na,deu,Ja\n", ["--column", "colour=x"], "unknown column 'colour'"),
    ("id,language,text\na,deu,Ja\n", ["--judge", "http://127.0.0.1:9/v1#m", "--criterion", "joy"],
     "'joy' is no criterion"),
])  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_is_asked(
    tmp_path: Path, rows: str, options: list[str], said: str
) -> None:
    (tmp_path / "texts.csv").write_text(rows)
    words = ["lab", "write-mixed", str(tmp_path / "texts.csv"), "--into", str(tmp_path / "no.jsonl")]
    told = ["--embedded", "eng", "--model", "http://127.0.0.1:9/v1#m"]
    answer = CliRunner().invoke(app, [*words, *told, *options])
    assert answer.exit_code != 0
    assert said in str(answer.exception)
    assert not (tmp_path / "no.jsonl").exists()


@pytest.mark.parametrize(("reply", "rating"), [
    ("4", (4.0, "")), ("Rating: 4/5", (4.0, "")), ("3.5 out of 5 - use more words", (3.5, "use more words")),
    ("**2**: Too stiff.", (2.0, "Too stiff")), ("4-5", (None, "")), ("0", (None, "")), ("four", (None, "")),
    ("", (None, "")), ("1 or 2", (None, "")), ("-3", (None, "")), ("the 4th", (None, "")), ("45", (None, "")),
])  # fmt: skip
def test_a_rating_is_one_number_from_1_to_5(reply: str, rating: tuple[float | None, str]) -> None:
    assert read_rating(reply) == rating


def test_a_transform_keeps_labels_of_what_passes_and_drops_the_rest_with_its_reason() -> None:
    items = [Item(item, tuple(cut_words(text)), "calm", text=text) for item, text in PLAIN.items()]

    def says(prompt: str) -> str:
        return PLAIN["rain"] if "regnet" in prompt else GOOD["meeting"]

    def behave(handler: servers.Handler, body: dict[str, Any]) -> None:
        handler.reply({"choices": [{"message": {"content": says(body["messages"][-1]["content"])}}]})

    with servers.serving(behave) as server:
        transform = read_transform({"name": "write-mixed", "model": f"{server.address}#m", "rounds": 1})
        made = transform.transform(items, "deu", "eng")
        asked = len(server.seen)
        assert transform.transform(items, "deu", "eng") == made
        assert (len(server.seen), transform.label) == (asked, "write-mixed(model=m,rounds=1)")
        with pytest.raises(BadValue, match=r'no language to switch to; name it, as into = "deu"'):
            transform.transform(items, "deu", "deu")
        with pytest.raises(BadValue, match="words that a model writes have no tags"):
            transform.transform([items[0]._replace(tags=("X",) * len(items[0].words))], "deu", "eng")
    assert [(one.id, one.text, one.label) for one in made.items] == [("meeting", GOOD["meeting"], "calm")]
    assert made.dropped == {"rain": "refused: share"}
    assert made.measures["rewritten"] == 0
    assert made.measures["cmi"] == pytest.approx(100 * made.measures["replaced"])
    with pytest.raises(BadValue, match="write-mixed has no model"):
        read_transform({"name": "write-mixed"})


WHO, WHAT = ("ann", "bob", "cid", "dan"), ("ice", "sun", "sea")


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A decoder that has read sentences of six words in one order."""
    pytest.importorskip("torch", reason="needs the extra lab")
    from isogloss.lab import ByteTransformer, pretrain

    texts = [f"now {who} voit the {what} bien" for who, what in product(WHO, WHAT)]
    folder = tmp_path_factory.mktemp("order")
    shape = ByteTransformer(layers=1, width=32, heads=2, context=48, steps=80, batch_size=8, learning_rate=1e-2)
    pretrain(texts, folder / "decoder", shape)
    return folder / "decoder"


def test_the_order_of_words_is_judged_by_likelihood_and_chance_passes_no_more_than_it_should(decoder: Path) -> None:
    """Of twelve texts in the order that was read all pass; in random orders the mean is a half."""
    judge = OrderJudge(open_respondent(str(decoder), RunSettings(normalise="sum")))
    texts = [f"now {who} voit the {what} bien" for who, what in product(WHO, WHAT)]

    def judged(some: list[str]) -> list[Any]:
        return judge.judge([Draft(str(number), "eng", "fra", text=text) for number, text in enumerate(some)])

    assert all(one.passes and one.score == 1 for one in judged(texts))
    random = judged([one for text in texts for one in shuffles(text, 7, 5)])
    assert np.mean([one.score for one in random]) == pytest.approx(0.5, abs=0.1)
    assert np.mean([one.passes for one in random]) <= 0.15
    assert judged(["now ann voit"])[0][:2] == (None, False)


def test_words_change_places_and_marks_and_spaces_stay() -> None:
    made = shuffles("Oh, wir gehen to the beach!", 0, 20)
    assert made == shuffles("Oh, wir gehen to the beach!", 0, 20)
    assert {one.index(",") > 0 and one[-1] for one in made} == {"!"}
    assert {tuple(sorted(one.replace(",", "").rstrip("!").split())) for one in made} == {
        ("Oh", "beach", "gehen", "the", "to", "wir")
    }
