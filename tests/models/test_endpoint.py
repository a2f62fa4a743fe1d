"""Endpoints: a real server on this machine that serves a model, and servers that do wrong."""

from __future__ import annotations

import asyncio
import logging
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.lab.checkpoints import make_decoder
from tests.models import endpoint_server as servers

from isogloss.errors import BadValue, IsoglossError
from isogloss.models.inputs import Choice, Cloze
from isogloss.models.respondents import Meter, RunSettings, ask, open_respondent

pytest.importorskip("torch", reason="needs the extra lab")
pytest.importorskip("httpx", reason="needs the extra behaviour")

QUICK = RunSettings(timeout=5.0, tries=3, pause=0.01, max_new=5)
CHOICES = [Choice("The sky is ", ("blue", "green grass")), Cloze("A <mask> of tea", ("cup", "cat"))]
KEY = "sk-secret-123"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_decoder(tmp_path_factory.mktemp("served") / "bytes")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path))
    monkeypatch.delenv("ISOGLOSS_API_KEY", raising=False)


def settings(**changes: Any) -> RunSettings:
    return RunSettings(**{**QUICK.__dict__, **changes})


def reply_of(behaviour: servers.Behaviour, prompts: list[str], meter: Meter | None = None, **changes: Any) -> list[str]:
    with servers.serving(behaviour) as server:
        return ask(open_respondent(f"{server.address}#m", settings(**changes)), "write", prompts, meter=meter)


def test_a_served_model_gives_the_scores_that_it_gives_here(folder: Path) -> None:
    for by in ("sum", "tokens", "characters"):
        here = ask(open_respondent(str(folder), settings(normalise=by)), "score", CHOICES)
        with servers.serving(servers.serve_model(folder)) as server:
            served = open_respondent(f"{server.address}#bytes", settings(form="text", normalise=by))
            there = ask(served, "score", CHOICES)
        assert [len(one) for one in there] == [2, 2]
        for one, other in zip(here, there, strict=True):
            assert one == pytest.approx(other, abs=1e-4)


def test_a_served_model_writes_what_it_writes_here_as_a_chat_or_as_a_text(folder: Path) -> None:
    prompts = ["Once upon a time", "The capital of France is"]
    here = ask(open_respondent(str(folder), QUICK), "write", prompts)
    with servers.serving(servers.serve_model(folder)) as server:
        for form in ("chat", "text"):
            assert ask(open_respondent(f"{server.address}#bytes", settings(form=form)), "write", prompts) == here
    assert {path for path, _, _ in server.seen} == {"/v1/chat/completions", "/v1/completions"}
    assert {body["model"] for _, _, body in server.seen} == {"bytes"}
    assert {body["temperature"] for _, _, body in server.seen} == {0}


def test_what_was_answered_is_never_asked_again(folder: Path) -> None:
    meter = Meter(prices={"input": 2.0, "output": 10.0})
    with servers.serving(servers.serve_model(folder)) as server:
        one = open_respondent(f"{server.address}#bytes", QUICK)
        first = ask(one, "write", ["a", "b", "a"], meter=meter)
        assert first[0] == first[2]
        assert (len(server.seen), meter.requests, meter.kept) == (2, 2, 0)
        assert ask(one, "write", ["b", "a", "c"])[:2] == [first[1], first[0]]
        assert len(server.seen) == 3
    assert (meter.tokens_in, meter.tokens_out, meter.uncounted) == (2, 20, 0)
    assert meter.cost == pytest.approx((2 * 2 + 20 * 10) / 1e6)


def test_a_run_that_failed_goes_on_where_it_stopped() -> None:
    """The fifth prompt kills the endpoint; the four before it are not asked again."""
    alive = {"is": False}

    def fragile(handler: servers.Handler, body: dict[str, Any]) -> None:
        prompt = body["messages"][-1]["content"]
        if prompt == "4" and not alive["is"]:
            handler.reply({"error": "out of credit"}, 402)
        else:
            handler.reply({"choices": [{"message": {"content": f"re {prompt}"}}]})

    prompts = [str(number) for number in range(6)]
    with servers.serving(fragile) as server:
        one = open_respondent(f"{server.address}#m", settings(parallel=1))
        with pytest.raises(IsoglossError, match=r'answered 402: ."error": "out of credit".'):
            ask(one, "write", prompts)
        alive["is"] = True
        assert ask(one, "write", prompts) == [f"re {number}" for number in range(6)]
    sent = [body["messages"][-1]["content"] for _, _, body in server.seen]
    assert sent == ["0", "1", "2", "3", "4", "4", "5"]


ASKING = """
import sys
from isogloss.models.respondents import RunSettings, ask, open_respondent
one = open_respondent(sys.argv[1], RunSettings(parallel=1))
print(*ask(one, "write", [str(number) for number in range(12)]), sep=",")
"""


def test_a_run_that_was_killed_asks_only_what_was_not_answered() -> None:
    """SIGKILL while the fifth prompt is under way: it is asked twice, and every other prompt once."""

    def slow(handler: servers.Handler, body: dict[str, Any]) -> None:
        time.sleep(0.05)
        handler.reply({"choices": [{"message": {"content": f"re {body['messages'][-1]['content']}"}}]})

    with servers.serving(slow) as server:
        command = [sys.executable, "-c", ASKING, f"{server.address}#m"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as killed:
            while len(server.seen) < 5:
                assert killed.poll() is None
                time.sleep(0.005)
            killed.send_signal(signal.SIGKILL)
        again = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    assert killed.returncode == -signal.SIGKILL
    assert again.stdout.strip().split(",") == [f"re {number}" for number in range(12)]
    sent = Counter(body["messages"][-1]["content"] for _, _, body in server.seen)
    assert set(sent) == {str(number) for number in range(12)}
    assert sum(sent.values()) <= 13
    assert max(sent.values()) <= 2


def test_passing_failures_are_tried_again_and_lasting_ones_are_not() -> None:
    states = iter([(429, {"Retry_After": "0"}), (503, {}), (200, {})])

    def busy(handler: servers.Handler, body: dict[str, Any]) -> None:
        code, headers = next(states)
        handler.reply({"choices": [{"message": {"content": "yes"}}]}, code, **headers)

    meter = Meter()
    assert reply_of(busy, ["a"], meter) == ["yes"]
    assert (meter.requests, meter.retries, meter.uncounted) == (3, 2, 1)
    with pytest.raises(IsoglossError, match=re.escape("answered 503: {}, 3 times")):
        reply_of(servers.say({}, 503), ["a"])
    meter = Meter()
    with pytest.raises(IsoglossError, match="answered 400"):
        reply_of(servers.say({"error": "too long"}, 400), ["a"], meter)
    assert meter.requests == 1


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        (servers.hang, "gave no whole reply within 0.2 seconds, 2 times; give it longer with timeout=..."),
        (servers.drip, "gave no whole reply within 0.2 seconds"),
        (servers.break_off, "cannot be reached"),
        (servers.say(b"<!DOCTYPE html><p>Hello", kind="text/html"), "replied with HTML, not JSON; is the address"),
        (servers.say(b"data: {}\n\n", kind="text/event-stream"), "replied with a stream of events, not JSON"),
        (servers.say(b""), "replied with nothing"),
        (servers.say(b'{"choices": ['), "replied with broken JSON"),
        (servers.say(b"[" * 100_000), "replied with broken JSON"),
        (servers.say({"output": "yes"}), r"replied without choices[0].message.content: there is no choices;"),
        (servers.say({"choices": []}), "there is no choices[0]"),
        (servers.say({"choices": [{"text": "a"}]}), "there is no choices[0].message"),
        (servers.say({"choices": [{"message": {"content": 3}}]}), "replied with int for choices[0].message.content"),
        (servers.say([]), "there is no choices"),
        (servers.say({}, 307, Location="http://127.0.0.1:1/"), "leads to another address (307)"),
        (servers.say({}, 401), "refused access (401); set ISOGLOSS_API_KEY"),
    ],
)  # fmt: skip
def test_an_endpoint_that_does_wrong_is_named_with_what_it_did(behaviour: servers.Behaviour, message: str) -> None:
    with pytest.raises(IsoglossError, match=re.escape(message)) as caught:
        reply_of(behaviour, ["a"], timeout=0.2 if behaviour in (servers.hang, servers.drip) else 5.0, tries=2)
    assert caught.value.where.startswith("endpoint http://127.0.0.1:")
    assert "\n" not in str(caught.value)


def test_a_reply_without_end_is_cut_by_its_size() -> None:
    with pytest.raises(IsoglossError, match="sent more than 4 MiB for one reply"):
        reply_of(servers.flood, ["a"], timeout=20.0)


def test_nobody_at_the_address() -> None:
    with pytest.raises(IsoglossError, match=r"cannot be reached .*, 3 times; is it running there"):
        ask(open_respondent("http://127.0.0.1:9/v1#m", QUICK), "write", ["a"])


def test_a_refusal_to_speak_is_an_empty_reply() -> None:
    assert reply_of(servers.say({"choices": [{"message": {"content": None}}]}), ["a"]) == [""]


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        ({"choices": [{"text": "a", "logprobs": None}]}, "replied without log-probabilities of the prompt"),
        ({"choices": [{"logprobs": {"text_offset": [0], "token_logprobs": []}}]}, "1 offsets for 0 tokens"),
        ({"choices": [{"logprobs": {"text_offset": [0], "token_logprobs": [None]}}]}, "that are no numbers"),
        ({"choices": [{"logprobs": {"text_offset": [], "token_logprobs": []}}]}, "without the tokens of the candidate"),
        ({"choices": [{"logprobs": {"text_offset": 3}}]}, "replied with int for choices[0].logprobs.text_offset"),
    ],
)
def test_completions_without_likelihoods_of_the_prompt(reply: Any, message: str) -> None:
    with (
        servers.serving(servers.say(reply)) as server,
        pytest.raises(IsoglossError, match=re.escape(message)),
    ):
        ask(open_respondent(f"{server.address}#m", settings(form="text")), "score", [Choice("A ", ("b", "c"))])


def test_a_chat_scores_no_candidates() -> None:
    with pytest.raises(BadValue, match="a chat gives no likelihoods; form='text' if the endpoint has completions"):
        ask(open_respondent("http://127.0.0.1:9/v1#m", QUICK), "score", CHOICES[:1])


def test_the_key_comes_from_the_environment_and_goes_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even where the endpoint sends it back in an error."""
    monkeypatch.setenv("ISOGLOSS_API_KEY", "of another")
    monkeypatch.setenv("ISOGLOSS_API_KEY_127_0_0_1", KEY)
    caplog.set_level(logging.DEBUG)

    def echo(handler: servers.Handler, body: dict[str, Any]) -> None:
        handler.reply({"error": f"bad {handler.headers['Authorization']}"}, 400)

    with servers.serving(servers.say({"choices": [{"message": {"content": "yes"}}]})) as server:
        one = open_respondent(f"{server.address}#m", QUICK)
        ask(one, "write", ["a"])
    assert server.seen[0][1]["Authorization"] == f"Bearer {KEY}"
    with pytest.raises(IsoglossError, match=r"bad Bearer \*\*\*") as caught:
        reply_of(echo, ["a"])
    everything = [repr(one), str(one.identity), str(caught.value), caplog.text, *map(str, tmp_path.rglob("*"))]
    assert not any(KEY in text for text in everything)
    assert not any(KEY.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http://user:secret@localhost/v1#m", "keys come from the environment, not in an address; set"),
        ("https://localhost/v1?key=secret#m", "keys come from the environment"),
        ("https://localhost:8000/v1/", "names no model; write it behind a #: https://localhost:8000/v1#MODEL"),
        ("http://localhost:x/v1#m", "is no address"),
        ("http://#m", "names no model"),
    ],
)
def test_addresses_that_cannot_be_used(address: str, message: str) -> None:
    with pytest.raises(BadValue, match=re.escape(message)) as caught:
        open_respondent(address)
    assert "secret" not in str(caught.value)


def test_a_key_is_not_sent_over_an_open_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOGLOSS_API_KEY", KEY)
    with pytest.raises(BadValue, match="would send the key unencrypted; use https"):
        open_respondent("http://example.org/v1#m")
    monkeypatch.setenv("ISOGLOSS_API_KEY", "two words")
    with pytest.raises(BadValue, match="ISOGLOSS_API_KEY: holds characters that no key has"):
        open_respondent("https://example.org/v1#m")


def test_a_loop_that_runs_already_is_no_hindrance(folder: Path) -> None:
    """As in a notebook."""

    async def inside() -> list[str]:
        return reply_of(servers.say({"choices": [{"message": {"content": "yes"}}]}), ["a"])

    assert asyncio.run(inside()) == ["yes"]


def test_no_more_requests_a_minute_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests wait for their turns, which are 60 / rate seconds apart."""
    waits: list[float] = []
    sleep = asyncio.sleep

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        await sleep(0)

    monkeypatch.setattr("isogloss.models.respondents.client.asyncio.sleep", wait)
    reply_of(servers.say({"choices": [{"message": {"content": "y"}}]}), ["a", "b", "c"], requests_per_minute=6)
    assert sorted(round(seconds, -1) for seconds in waits if seconds > 1) == [10, 20]
