"""Side facts: what is known of every language before any score, and how near languages are in kin."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isogloss.forecasting.features import TYPICAL_DISTANCE, web_text
from isogloss.forecasting.grid import Array
from isogloss.languages import Language, distances, resolve, resources, written_without_spaces
from isogloss.languages.near_identical import relatives, stand_in
from isogloss.languages.varieties import variety_cache

SIDE_FACTS = (
    "constant", "web text", "no web text known", "written without spaces", "Latin script", "web text of kin",
    "unusual script",
)  # fmt: skip
"""Names of the columns of `side_facts`."""

WEB_CENTRE, WEB_SCALE = 2.5, 1.6
KIN_WEB_CENTRE, KIN_WEB_SCALE = 2.0, 1.5
LOSS_TO_KIN = 6.0
"""Powers of ten of web text that are lost on the way to an unrelated language."""
GENETIC_SHARE, SCRIPT_SHARE = 0.7, 0.3
KIN_REACH = 0.3


@variety_cache(1 << 14)
def shared_web_text(language: str) -> float:
    """log10 of the MiB of web text of a language or of its best documented near-identical relative; 0 if unknown."""
    return max(web_text(relative) for relative in relatives(language))


def scaled_web_text(languages: Sequence[str]) -> Array:
    """Web text of languages, centred and scaled, of shape (languages,)."""
    return (np.array([shared_web_text(language) for language in languages]) - WEB_CENTRE) / WEB_SCALE


def kinship(rows: Sequence[str], columns: Sequence[str]) -> Array:
    """How near languages are in descent and on the whole, 0 to 1: `exp(-(.6 d_genetic + .436 d_combined) / .3)`.

    Returns
    -------
    array of shape (rows, columns)
    """
    return _kinship(tuple(rows), tuple(columns))


@variety_cache(64)
def _kinship(rows: tuple[str, ...], columns: tuple[str, ...]) -> Array:
    distance = 0.6 * _distance("genetic", rows, columns)
    distance += 0.4 * 0.6 / TYPICAL_DISTANCE["combined"] * _distance("combined", rows, columns)
    return np.exp(-distance / KIN_REACH)


def sameness(rows: Sequence[str], columns: Sequence[str]) -> Array:
    """1 for a language and those near-identical to it, else 0, of shape (rows, columns)."""
    names = [np.array([stand_in(language) for language in languages]) for languages in (rows, columns)]
    return (names[0][:, None] == names[1]).astype(np.float64)


def side_facts(languages: Sequence[str]) -> Array:
    """The columns `SIDE_FACTS` of some languages, of shape (languages, 7)."""
    return _side_facts(tuple(languages))


@variety_cache(64)
def _side_facts(languages: tuple[str, ...]) -> Array:
    known = [resolve(language) for language in languages]
    web = np.array([shared_web_text(language) for language in languages])
    columns = (
        np.ones(len(languages)),
        (web - WEB_CENTRE) / WEB_SCALE,
        web == 0,
        [written_without_spaces(language) for language in known],
        [language.script == "Latn" for language in known],
        (_web_text_of_kin(known) - KIN_WEB_CENTRE) / KIN_WEB_SCALE,
        ["_" in language.id for language in known],
    )
    return np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1)


def _web_text_of_kin(languages: Sequence[Language]) -> Array:
    """The most that any other language's web text is worth: `max(w - 6 (.7 d_genetic + .3 other script), 0)`."""
    sizes = {resolve(code).id: web_text(code) for code in resources("cc100")}
    others, ids = [resolve(code) for code in sizes], [language.id for language in languages]
    other_script = np.array([[one.script != other.script for other in others] for one in languages])
    distance = GENETIC_SHARE * _distance("genetic", ids, list(sizes)) + SCRIPT_SHARE * other_script
    worth = np.array(list(sizes.values())) - LOSS_TO_KIN * distance
    worth[np.array(ids)[:, None] == np.array(list(sizes))] = 0.0
    return np.maximum(worth.max(axis=1), 0.0)


def _distance(kind: str, rows: Sequence[str], columns: Sequence[str]) -> Array:
    values = distances(rows, kind, others=columns).values
    return np.where(np.isnan(values), TYPICAL_DISTANCE[kind], values)
