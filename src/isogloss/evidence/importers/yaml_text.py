"""YAML from outside, read with bounded work: every scalar stays the text that it is, so that `no` is Norwegian."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from isogloss.errors import BadFile
from isogloss.evidence.bounds import check_json_size

DEEPEST = 40
NOTHING = ("", "~", "null", "Null", "NULL", ".nan", ".NaN")
"""Plain scalars that say that there is no value."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_yaml(text: bytes, where: str) -> Any:
    """The value in a YAML document: objects, lists and texts; None where there is none.

    Raises
    ------
    BadFile
        If it is no YAML, is nested too deeply, names a key twice, or refers to other parts of itself, by which a small
        file can stand for a large one.
    """
    check_json_size(len(text), where)
    try:
        events = iter(yaml.parse(text.decode("utf-8", "replace"), Loader=_LOADER))
        for event in events:
            if isinstance(event, yaml.NodeEvent):
                return _value(event, events, where, 0)
    except (yaml.YAMLError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise BadFile(f"is no readable YAML: {reason}", where=where, hint="check that it is whole") from None
    return None


def _value(event: yaml.NodeEvent, events: Iterator[Any], where: str, depth: int) -> Any:
    if depth > DEEPEST:
        raise BadFile("is nested too deeply", where=where, hint="check that it is a result file")
    if isinstance(event, yaml.ScalarEvent):
        return None if event.style is None and event.value in NOTHING else event.value
    if isinstance(event, yaml.SequenceStartEvent):
        return [_value(one, events, where, depth + 1) for one in _until(events, yaml.SequenceEndEvent)]
    if isinstance(event, yaml.MappingStartEvent):
        found: dict[str, Any] = {}
        for one in _until(events, yaml.MappingEndEvent):
            key = _value(one, events, where, depth + 1)
            value = _value(next(events), events, where, depth + 1)
            if not isinstance(key, str):
                raise BadFile("has a key that is no text", where=where, hint="check that it is a result file")
            if key in found:
                raise BadFile(f"the key '{key[:60]}' stands twice in one object", where=where, hint="keep one of them")
            found[key] = value
        return found
    raise BadFile("refers to other parts of itself", where=where, hint="write it without anchors (&) and aliases (*)")


def _until(events: Iterator[Any], end: type) -> Iterator[Any]:
    for event in events:
        if isinstance(event, end):
            return
        yield event
