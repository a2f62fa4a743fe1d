"""What people call the columns of their tables."""

from __future__ import annotations

import re
from functools import lru_cache

from isogloss.evidence.facts import known_tasks
from isogloss.evidence.importers.headers import LONGEST, TASKS
from isogloss.languages.context import read_column
from isogloss.languages.names import fold
from isogloss.metrics.registry import QUALIFIERS, find_metric

HEADERS: dict[str, str] = {
    name: role
    for role, names in {
        "target": "language, languages, lang, langs, language name, lang name, language code, lang code, iso, "
        "iso code, "
        "iso 639, iso 639 1, iso 639 3, iso639 1, iso639 3, iso639, locale, target, target language, target lang, "
        "test language, test lang, langue, idioma, lengua, lingua, sprache, taal, язык, 语言, 語言, 言語, bahasa, dil, "
        "eval language, eval lang, language of test, lp, language pair, language pairs, lang pair, langpair, "
        "direction, translation direction",
        "model": "model, models, model name, model id, system, systems, checkpoint, llm, lm, encoder, engine, modell, "
        "modele, modelo, method, approach, submission",
        "task": "task, tasks, task name, dataset, data set, datasets, benchmark, corpus, test set, testset, aufgabe, "
        "tache, tarea, suite",
        "metric": "metric, metrics, metric name, measure",
        "recipe": "recipe",
        "score": "score, scores, value, values, result, results, performance, main score, punktzahl, wert, valeur",
        "train": "train, train languages, train language, training language, training languages, train lang, "
        "source language, src lang, trained on, finetuned on, fine tuned on, transfer language",
        "standard_error": "standard error, standard_error, stderr, std err, std error, se, score stderr, s e, sem",
        "items": "items, n items, n samples, num samples, n examples, num examples, number of examples, "
        "number of items, n test, test size, total count, support, samples, sample count",
        "shots": "shots, n shot, n shots, num shots, num fewshot, fewshot, few shot, k shot, shot",
        "seed": "seed, random seed, run seed, run, run id, trial, fold, replicate",
        "split": "split, subset split, eval split",
        "model_revision": "revision, model revision, commit",
    }.items()
    for name in map(fold, names.split(", "))
}
"""Folded header to the column of an observation."""

FIRST = frozenset({"source", "src", "from", "source language", "source lang", "src lang", "source code"})
SECOND = frozenset({"target", "tgt", "trg", "to", "target language", "target lang", "tgt lang", "target code"})
"""Folded headers of two languages, from and to."""

COUNTRIES = frozenset({"country", "countries", "country code", "nation", "region", "market", "territory"})
"""Folded headers of columns that name countries, not languages."""

ONLY_OF_PAIRS = frozenset({"src", "from", "src lang"})


_SHOTS = re.compile(r"(\d{1,4}|zero|one|two|three|four|five|few)[\s_-]*shots?", re.IGNORECASE)
_COUNTS = {"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}


def is_of_shots(label: str) -> bool:
    """Whether a label says how many examples a model was shown: `5-shot`, `few-shot`."""
    return _SHOTS.fullmatch(label.strip()) is not None


def number_of_shots(label: str) -> int | None:
    """How many that are; None where it does not say."""
    match = _SHOTS.fullmatch(label.strip())
    count = match[1].casefold() if match else ""
    return int(count) if count.isdecimal() else _COUNTS.get(count)


_DIRECTION = re.compile(r"(.+?)\s*(?:[-–→_>]|->|=>|\bto\b)\s*(.+)", re.IGNORECASE)
_ANY = frozenset({"x", "xx", "xxx", "any", "*"})
_ENGLISH_SIDE = {"from english": "eng-x", "out of english": "eng-x", "into english": "x-eng", "to english": "x-eng"}


def direction_in(label: str) -> str | None:
    """The pair that a label such as `en-xx`, `xx→en` or `into English` is about: `eng-x`, `x-eng`."""
    text = label.strip()
    if (of_english := _ENGLISH_SIDE.get(fold(text))) is not None:
        return of_english
    match = _DIRECTION.fullmatch(text) if len(text) <= LONGEST else None
    sides = [side.strip() for side in match.groups()] if match else []
    unnamed = [side.casefold() in _ANY for side in sides]
    if sum(unnamed) != 1:
        return None
    side = sides[unnamed.index(False)]
    read = read_column([side.casefold() if len(side) <= 3 else side]).languages.values()
    code = next((language.id for language in read), None)
    return code and (f"{code}-x" if unnamed[1] else f"x-{code}")


def is_split(label: str) -> bool:
    """Whether a label names a part of a test set: `dev`, `test`."""
    return label.strip().casefold() in _SPLITS


_SPLITS = frozenset({"train", "dev", "val", "valid", "validation", "test", "testset", "devtest"})

_WAY = re.compile(
    r"(zero|one|two|three|four|five|few|\d{1,4}|k|n)[\s_-]*shots?|translate[\s_-]*(train|test)|"
    r"fine[\s_-]*tun(e|ed|ing)|full[\s_-]*fine[\s_-]*tuning|linear[\s_-]*prob(e|ing)|in[\s_-]*context([\s_-]*learning)?|"
    r"icl|prompting|supervised|cot|chain[\s_-]*of[\s_-]*thought|lora|adapters?", re.IGNORECASE,
)  # fmt: skip


def is_way(label: str) -> bool:
    """Whether a label names a way to adapt or to ask a model, and no model: `translate-test`, `5-shot`."""
    return _WAY.fullmatch(label.strip()) is not None


def of_lower_scores(header: str) -> bool:
    """Whether a header speaks of something of which less is better, though it names no metric: `Error`."""
    return bool(_LOWER.intersection(fold(header).split()))


_LOWER = frozenset("error errors err loss losses mistakes edits penalty failures hallucinations toxicity".split())


def role_of(header: str) -> str | None:
    """The column of an observation that people mean by a header."""
    return HEADERS.get(fold(header))


def is_metric(name: str) -> bool:
    """Whether this is what a metric is called."""
    return find_metric(name).is_fraction is not None


def without_metric(label: str) -> tuple[str, str] | None:
    """What stands before the metric that a label ends in, and the metric: `Rook macro f1` is Rook, macro f1."""
    words = re.split(r"[\s_]+", label.strip())
    for start in range(len(words) - 1, 0, -1):
        name = " ".join(words[start:])
        if not is_metric(name):
            continue
        while start > 1 and find_metric(" ".join(words[start - 1 :])).name != find_metric(name).name:
            start -= 1
            name = " ".join(words[start:])
        before = " ".join(words[:start])
        whole = is_metric(before) or (find_metric(label).name != find_metric(name).name)
        return None if whole or (_specify(before) and not is_split(before)) else (before, name)
    return None


def _specify(words: str) -> bool:
    """Whether words before a metric say more of it, and name nothing of their own: `macro`, `top 5`."""
    return all(word.rstrip("0123456789") in QUALIFIERS | {"", "top"} for word in fold(words).split())


def is_task(name: str) -> bool:
    """Whether this is what a task is called."""
    return fold(name) in _tasks()


@lru_cache(maxsize=1)
def _tasks() -> frozenset[str]:
    return frozenset(map(fold, (*known_tasks()["task"], *TASKS)))


def metric_in(text: str) -> str | None:
    """The one metric that a text, such as a title, names by a whole word; None where it names none or several."""
    words = re.findall(r"[^\W_]+(?:[-+][^\W_]*\+*)*", text)
    found = {find_metric(word).name: word for word in words if word.casefold() not in _COMMON and is_metric(word)}
    return next(iter(found)) if len(found) == 1 else None


_COMMON = frozenset(
    "map score scores loss error top precision recall correlation hits pass em ap acc tau fraction".split()
)
"""Words that are metrics, and much else in a text."""
