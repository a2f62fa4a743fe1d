"""A real HTTP server on this machine: one that serves a model, and some that do wrong."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Behaviour = Callable[["Handler", dict[str, Any]], None]


class Handler(BaseHTTPRequestHandler):
    """Does what its server is told to."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert isinstance(self.server, Server)
        with self.server.lock:
            self.server.seen.append((self.path, dict(self.headers), body))
        try:
            self.server.behaviour(self, body)
        except OSError:  # whoever asked has gone
            self.close_connection = True

    def reply(self, value: Any, code: int = 200, kind: str = "application/json", **headers: str) -> None:
        content = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(code)
        for name, one in {"Content-Type": kind, "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), one)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Keeps all that it has `seen`."""

    daemon_threads = True

    def __init__(self, behaviour: Behaviour):
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviour, self.lock = behaviour, threading.Lock()
        self.seen: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.address = f"http://127.0.0.1:{self.server_port}/v1"


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[Server]:
    """A server on a thread of its own."""
    server = Server(behaviour)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def serve_model(folder: Path) -> Behaviour:
    """Chat and completions of a byte model, with likelihoods of the prompt where they are asked for."""
    from isogloss.models import generate, load_decoder

    decoder, lock = load_decoder(folder), threading.Lock()

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        with lock:
            if handler.path == "/v1/chat/completions":
                prompt = body["messages"][-1]["content"]
                text = generate(decoder, [prompt], max_new=body["max_tokens"], max_length=512)[0]
                choice: dict[str, Any] = {"message": {"role": "assistant", "content": text}}
            elif body.get("echo"):
                prompt = body["prompt"]
                choice = {"text": prompt, "logprobs": _likelihoods(decoder, prompt)}
            else:
                prompt = body["prompt"]
                choice = {"text": generate(decoder, [prompt], max_new=body["max_tokens"], max_length=512)[0]}
        usage = {"prompt_tokens": len(prompt), "completion_tokens": len(choice.get("text", "ten chars."))}
        handler.reply({"choices": [choice], "usage": usage})

    return behave


def _likelihoods(decoder: Any, prompt: str) -> dict[str, Any]:
    """Of the tokens of a prompt, which are its bytes, and of one that follows."""
    import torch

    ids = torch.tensor([decoder.lead + decoder.tokenizer(prompt, add_special_tokens=False)["input_ids"]])
    with torch.inference_mode():
        shares = torch.log_softmax(decoder.model(input_ids=ids).logits[0].float(), -1)
    led = len(decoder.lead)
    values = [None if not led and not place else float(shares[led + place - 1, ids[0, led + place]])
              for place in range(len(prompt))]  # fmt: skip
    return {"text_offset": [*range(len(prompt) + 1)], "token_logprobs": [*values, float(shares[-1].max())]}


def hang(handler: Handler, body: dict[str, Any]) -> None:
    """Never answer."""
    time.sleep(30)


def drip(handler: Handler, body: dict[str, Any]) -> None:
    """Send a byte now and then, so that no single wait is long."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(3000):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.01)


def flood(handler: Handler, body: dict[str, Any]) -> None:
    """Stream for ever."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.send_header("Connection", "close")
    handler.end_headers()
    while True:
        handler.wfile.write(b"data: {}\n\n" * 10_000)


def break_off(handler: Handler, body: dict[str, Any]) -> None:
    """Close in the middle of a reply."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')
    handler.close_connection = True


def say(value: Any, code: int = 200, kind: str = "application/json", **headers: str) -> Behaviour:
    """Always reply the same."""
    return lambda handler, _: handler.reply(value, code, kind, **headers)
