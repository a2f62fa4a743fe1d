"""What people call the columns of their tables."""

from __future__ import annotations

import re
from functools import lru_cache

from isogloss.evidence.facts import known_tasks
from isogloss.evidence.importers.headers import TASKS
from isogloss.languages.names import fold
from isogloss.metrics.registry import find_metric

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
        "score": "score, scores, value, values, result, results, performance, main score, punktzahl, wert, valeur",
        "train": "train, train languages, train language, training language, training languages, train lang, "
        "source language, src lang, trained on, finetuned on, fine tuned on, transfer language",
        "standard_error": "standard error, standard_error, stderr, std err, std error, se, score stderr, s e, sem",
        "items": "items, n items, n samples, num samples, n examples, num examples, number of examples, "
        "number of items, n test, test size, total count, support, samples, sample count",
        "shots": "shots, n shot, n shots, num shots, num fewshot, fewshot, few shot, k shot, shot",
        "seed": "seed, random seed, run seed",
        "split": "split, subset split, eval split",
        "model_revision": "revision, model revision, commit",
    }.items()
    for name in map(fold, names.split(", "))
}
"""Folded header to the column of an observation."""

FIRST = frozenset({"source", "src", "from", "source language", "source lang", "src lang", "source code"})
SECOND = frozenset({"target", "tgt", "trg", "to", "target language", "target lang", "tgt lang", "target code"})
"""Folded headers of two languages, from and to."""

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


def role_of(header: str) -> str | None:
    """The column of an observation that people mean by a header."""
    return HEADERS.get(fold(header))


def is_metric(name: str) -> bool:
    """Whether this is what a metric is called."""
    return find_metric(name).is_fraction is not None


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
