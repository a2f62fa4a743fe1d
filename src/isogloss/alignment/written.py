"""Languages as a corpus wrote them, from any way to name them."""

from __future__ import annotations

from collections.abc import Iterable

from isogloss.errors import BadValue
from isogloss.languages import resolve
from isogloss.languages.tags import tag_of_code


def find_written(name: str, written: Iterable[str], where: str) -> str | None:
    """The one that is meant: `eng_Latn` for `eng` or `English`; None if there is none.

    A name without a script finds the language in whichever script it is there.

    Raises
    ------
    UnknownLanguage
    BadValue
        If the language is there more than once, such as in two scripts.
    """
    if name in (written := list(written)):
        return name
    wanted, tag = resolve(name, where=where), tag_of_code(name)
    with_script = wanted.id != wanted.code or (tag is not None and tag.script != "")
    same = [
        one for one in written for own in (resolve(one),) if own.code == wanted.code
        and (own.id == wanted.id or not with_script)
    ]  # fmt: skip
    if len(same) > 1:
        raise BadValue(f"'{name}' can be {' or '.join(same)}", where=where, hint=f"write {where}={same[0]!r}")
    return same[0] if same else None
