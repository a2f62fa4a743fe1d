"""What endpoints reply, read with a name for everything that may be missing."""

from __future__ import annotations

import json
from typing import Any

from isogloss.errors import IsoglossError, first_line

Path = tuple[str | int, ...]
CONTENT: Path = ("choices", 0, "message", "content")
TEXT: Path = ("choices", 0, "text")
LIKELIHOODS: Path = ("choices", 0, "logprobs")


class EndpointError(IsoglossError):
    """An endpoint did not give what was asked of it."""


def read_json(content: bytes, kind: str, where: str) -> Any:
    """The JSON of a reply.

    Raises
    ------
    EndpointError
        If it is something else: HTML, a stream of events, nothing.
    """
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        begins = content.lstrip()[:64].lower()
        if not begins:
            raise EndpointError("replied with nothing", where=where) from None
        if begins.startswith((b"<!doctype html", b"<html")) or "html" in kind:
            hint = "is the address right? it often ends in /v1"
            raise EndpointError("replied with HTML, not JSON", where=where, hint=hint) from None
        if begins.startswith(b"data:") or "event-stream" in kind:
            raise EndpointError("replied with a stream of events, not JSON", where=where) from None
        raise EndpointError(f"replied with broken JSON ({first_line(error)})", where=where) from None


def read_chat(reply: Any, where: str) -> str:
    """The message of a chat; empty where the model refused to say anything."""
    content = _at(reply, CONTENT, where)
    if content is None:
        return ""
    return str(_of_type(content, str, CONTENT, where)).strip()


def read_completion(reply: Any, where: str) -> str:
    """The text of a completion."""
    return str(_of_type(_at(reply, TEXT, where), str, TEXT, where)).strip()


def read_likelihood(reply: Any, where: str, before: str, whole: str) -> tuple[float, int]:
    """Log-probability of what follows `before` in a prompt that was sent back, and its number of tokens."""
    if _at(reply, LIKELIHOODS, where) is None:
        hint = "it gives no likelihoods of prompts (echo): use its chat"
        raise EndpointError("replied without log-probabilities of the prompt", where=where, hint=hint)
    offsets, values = (
        _of_type(_at(reply, path := (*LIKELIHOODS, name), where), list, path, where)
        for name in ("text_offset", "token_logprobs")
    )
    if len(offsets) != len(values):
        raise EndpointError(f"replied with {len(offsets)} offsets for {len(values)} tokens", where=where)
    ends = [*offsets, len(whole)][1:]
    try:
        inside = [
            float(value) for start, end, value in zip(offsets, ends, values, strict=True)
            if end > len(before) and start < len(whole)
        ]  # fmt: skip
    except (TypeError, ValueError):
        raise EndpointError("replied with log-probabilities that are no numbers", where=where) from None
    if not inside:
        hint = "it gives no likelihoods of prompts (echo): use its chat"
        raise EndpointError("replied without the tokens of the candidate", where=where, hint=hint)
    return sum(inside), len(inside)


def read_usage(reply: Any) -> tuple[int, int] | None:
    """Tokens of the prompt and of the reply, where the endpoint says them."""
    usage = reply.get("usage") if isinstance(reply, dict) else None
    if not isinstance(usage, dict):
        return None
    counts = [usage.get(name, 0) for name in ("prompt_tokens", "completion_tokens")]
    if not all(isinstance(one, int) and one >= 0 for one in counts):
        return None
    return counts[0], counts[1]


def _at(reply: Any, path: Path, where: str) -> Any:
    """What stands at a path of a reply."""
    value = reply
    for depth, step in enumerate(path):
        if isinstance(step, int):
            is_there = isinstance(value, list) and len(value) > step
        else:
            is_there = isinstance(value, dict) and step in value
        if not is_there:
            reason = f"replied without {_written(path)}: there is no {_written(path[: depth + 1])}"
            raise EndpointError(reason, where=where, hint="it must speak as OpenAI's endpoints do")
        value = value[step]
    return value


def _of_type(value: Any, kind: type, path: Path, where: str) -> Any:
    if not isinstance(value, kind):
        reason = f"replied with {type(value).__name__} for {_written(path)}, not {kind.__name__}"
        raise EndpointError(reason, where=where, hint="it must speak as OpenAI's endpoints do")
    return value


def _written(path: Path) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
