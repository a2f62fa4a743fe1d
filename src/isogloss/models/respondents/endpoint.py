"""Respondents behind an address: any endpoint that speaks as OpenAI's do."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from isogloss.errors import BadValue
from isogloss.extras import need
from isogloss.models.inputs import SLOT, Choice, Cloze
from isogloss.models.respondents.base import Form, Keep, Meter, Respondent, RunSettings
from isogloss.models.respondents.client import Request, send_all
from isogloss.models.respondents.replies import read_chat, read_completion, read_likelihood

KEY = "ISOGLOSS_API_KEY"
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def is_address(name: str) -> bool:
    """Whether a name is the address of an endpoint."""
    return name.startswith(("http://", "https://"))


@dataclass(frozen=True)
class Endpoint(Respondent):
    """An endpoint with `/chat/completions`, or `/completions`.

    Parameters
    ----------
    address : str
        Without `/chat/completions`.
    name : str
        Of the model.
    settings : RunSettings

    Notes
    -----
    A chat gives replies alone. Completions give likelihoods, too, where the endpoint sends back the prompt with the
    log-probability of each of its tokens (`echo`), as vLLM does.
    """

    address: str
    name: str
    settings: RunSettings
    key: str = field(default="", repr=False)

    @classmethod
    def read(cls, name: str, settings: RunSettings) -> Endpoint:
        """From an address with the model's name behind a `#`.

        Raises
        ------
        BadValue
            If it lacks the model, holds a secret, or would send a key over an open line.
        """
        need("httpx", extra="behaviour")
        try:
            parts = urlsplit(name)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise BadValue("is no address", where="endpoint", hint="write http://HOST:PORT/v1#MODEL") from None
        plain = f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path}".rstrip("/")
        if parts.username or parts.password or parts.query:
            hint = f"set {KEY} instead"
            raise BadValue("keys come from the environment, not in an address", where=f"endpoint {plain}", hint=hint)
        if not host or not parts.fragment:
            raise BadValue("names no model", where=f"endpoint {plain}", hint=f"write it behind a #: {plain}#MODEL")
        key = os.environ.get(f"{KEY}_{re.sub(r'[^A-Z0-9]', '_', host.upper())}") or os.environ.get(KEY, "")
        if key and parts.scheme == "http" and host not in LOOPBACK:
            raise BadValue("would send the key unencrypted", where=f"endpoint {plain}", hint="use https")
        if not re.fullmatch(r"[!-~]*", key := key.strip()):
            raise BadValue("holds characters that no key has", where=KEY, hint="set it again")
        return cls(plain, parts.fragment, settings, key)

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine."""
        return urlsplit(self.address).hostname in LOOPBACK

    @property
    def form(self) -> Form:  # type: ignore[override]  # others have it as a field
        """A chat, where nothing else is said."""
        return self.settings.form or "chat"

    @property
    def has_likelihoods(self) -> bool:  # type: ignore[override]  # others have it as a field
        """Whether candidates can be scored: not by chats."""
        return self.form == "text"

    @property
    def identity(self) -> Mapping[str, Any]:
        one = self.settings
        return {"endpoint": self.address, "model": self.name, "form": self.form, "system": one.system,
                "normalise": one.normalise, "max_new": one.max_new, "stop": one.stop}  # fmt: skip

    def score(self, batches: Sequence[Sequence[Choice]], keep: Keep, meter: Meter) -> None:
        """Score every candidate by the log-probabilities that come back with the prompt."""
        if not self.has_likelihoods:
            hint = "form='text' if the endpoint has completions; else list the choices in the prompt"
            raise BadValue("a chat gives no likelihoods", where=f"endpoint {self.address}", hint=hint)
        prompts = [one for (one,) in batches]
        scores: list[dict[int, float]] = [{} for _ in prompts]
        requests, places = [], []
        for number, prompt in enumerate(prompts):
            for place, (before, after) in enumerate(_texts(prompt)):
                body = self._body(prompt=before + after, max_tokens=1, echo=True, logprobs=1)
                requests.append(Request("completions", body, self._likelihood(before, after)))
                places.append((number, place))

        def take(index: int, value: float) -> None:
            number, place = places[index]
            scores[number][place] = value
            if len(scores[number]) == len(prompts[number].choices):
                keep(number, [[scores[number][one] for one in range(len(scores[number]))]])

        send_all(self, requests, take, meter)

    def write(self, batches: Sequence[Sequence[str]], keep: Keep, meter: Meter) -> None:
        """Ask for replies, several at a time."""
        requests = [self._request(prompt) for (prompt,) in batches]
        send_all(self, requests, lambda place, reply: keep(place, [reply]), meter)

    def _request(self, prompt: str) -> Request:
        stop = list(self.settings.stop)
        if self.form == "text":
            body = self._body(prompt=prompt.rstrip(" "), max_tokens=self.settings.max_new, stop=stop)
            return Request("completions", body, read_completion)
        system = [{"role": "system", "content": self.settings.system}] if self.settings.system else []
        messages = [*system, {"role": "user", "content": prompt}]
        return Request("chat/completions", self._body(messages=messages, max_tokens=self.settings.max_new), read_chat)

    def _body(self, **values: Any) -> dict[str, Any]:
        return {"model": self.name, "temperature": 0, **values}

    def _likelihood(self, before: str, after: str) -> Any:
        def read(reply: Any, where: str) -> float:
            total, tokens = read_likelihood(reply, where, before, before + after)
            units = {"sum": 1, "tokens": tokens, "characters": max(1, len(after.strip()))}
            return total / units[self.settings.normalise]

        return read


def _texts(one: Choice) -> list[tuple[str, str]]:
    """What stands before each candidate, and the candidate with what stands after it."""
    before, after = one.premise, ""
    if isinstance(one, Cloze):
        before, _, after = one.premise.partition(SLOT)
    prompt = before.rstrip(" ")
    return [(prompt, before[len(prompt) :] + choice + after) for choice in one.choices]
