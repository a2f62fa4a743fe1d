"""Sentences and tables of a report, made from answers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isogloss.questions.advice import ADVICE
from isogloss.questions.content import Content, Table
from isogloss.questions.typed import command
from isogloss.text import counted, sentence

if TYPE_CHECKING:
    import polars as pl

    from isogloss.evidence import Evidence
    from isogloss.forecasting.settings import Setting
    from isogloss.questions.about import AboutEvidence
    from isogloss.questions.scale import Scale
    from isogloss.reporting import Grid

MOST_ROWS = 60
"""Languages in the table of the first page; of more, the highest and the lowest."""
WARNED = {"guess": "A guess", "shaky": "A shaky forecast"}
"""Words of trust about which the reader is warned, the gravest first."""


def is_measured() -> pl.Expr:
    """Whether a forecast repeats a score that was measured."""
    import polars as pl

    return pl.col("flags").list.contains("measured")


def finding(answer: Content, setting: Setting) -> tuple[str, list[str]]:
    """The title, which says how much is known, and the sentences below it.

    Parameters
    ----------
    answer : Content
        Of `forecast`, about one model.
    setting : Setting
    """
    import polars as pl

    table = answer.tables["forecasts"].frame
    forecasts = table.filter(~is_measured())
    known = table.height - forecasts.height
    words = dict(forecasts["trust"].value_counts().rows())
    parts = [f"{known} {'is' if known == 1 else 'are'} measured"] if known else []
    parts += [_counted_word(words[word], word) for word in ("solid", "fair", "shaky", "guess") if word in words]
    subject = table["language"][0] if table.height == 1 else counted(table.height, "language")
    title = f"{setting.model} in {subject}: {_joined(parts)}."
    sentences = [f"{what}: {ADVICE[word]}." for word, what in WARNED.items() if word in words][:1]
    if forecasts.height > 1:
        ordered = forecasts.sort("mean", "language")
        low, high = (_in_words(ordered.row(at, named=True), answer.scale) for at in (0, -1))
        sentences.append(f"Of what was not measured, lowest is {low}; highest is {high}.")
    elif forecasts.height == 1:
        sentences.append(f"{_in_words(forecasts.row(0, named=True), answer.scale)}.")
    best = table.filter(is_measured()).sort(pl.col("mean"), descending=True)
    if best.height:
        listed = [f"{row['language']} {answer.scale.rough_shown(row['mean'])}" for row in best.head(6).to_dicts()]
        sentences.append(f"Measured: {', '.join(listed)}{', ...' if best.height > len(listed) else ''}.")
    return title, sentences


def _counted_word(count: int, word: str) -> str:
    if word == "guess":
        return f"{count} {'forecast is a guess' if count == 1 else 'forecasts are guesses'}"
    return f"{count} {'forecast is' if count == 1 else 'forecasts are'} {word}"


def _joined(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _in_words(row: dict[str, Any], scale: Scale) -> str:
    return f"{row['language']}, probably {scale.rough_shown(row['lower'])} to {scale.rough_shown(row['upper'])}"


def main_grid(answer: Content) -> Grid:
    """The table of the first page: names, scores with intervals, and words of trust, highest first."""
    import polars as pl

    from isogloss.reporting import Grid

    table = answer.tables["forecasts"].frame.sort("mean", "language", descending=[True, False], nulls_last=True)
    level = table["level"][0] if table.height else 0.9
    left = max(table.height - MOST_ROWS, 0)
    ends = table if not left else pl.concat([table.head(MOST_ROWS // 2), table.tail(MOST_ROWS // 2)])
    rows = [_row(row, answer.scale) for row in ends.iter_rows(named=True)]
    if left:
        rows.insert(MOST_ROWS // 2, (f"... {left} more between", "", "", ""))
    note = "All of them stand in the appendix (--appendix)." if left else ""
    columns = ("language", "score", f"{100 * level:g} % interval", "trust")
    return Grid(columns, rows, (False, True, True, False), _scores_title(answer), note)


def _row(row: Mapping[str, Any], scale: Scale) -> tuple[str, str, str, str]:
    """Name, score, interval and trust: a measured score has no interval, a guess no number to act on."""
    measured = "measured" in row["flags"]
    score = "" if row["trust"] == "guess" and not measured else scale.rough_shown(row["mean"])
    interval = "" if measured else f"{scale.rough_shown(row['lower'])} to {scale.rough_shown(row['upper'])}"
    return row["language"], score, interval, "measured" if measured else row["trust"]


def _scores_title(answer: Content) -> str:
    """What the scores are and on which scale."""
    first = answer.tables["forecasts"].frame.row(0, named=True)
    unit = {"percent": "percent", "fraction": "fractions of 1"}.get(answer.scale.name, "as the metric counts")
    return f"{first['model']} on '{first['task']}', {unit}"


def unknown(answer: Content) -> Iterator[str]:
    """How many languages each warning is about, and what it means for one of them."""
    from isogloss.forecasting.flags import OUTSIDE_MEASURED
    from isogloss.forecasting.trust_word import AT_BEST

    if answer.flags is None:
        return
    total = answer.table["target"].n_unique()
    for (flag,), part in answer.flags.group_by("flag", maintain_order=True):
        if flag in AT_BEST or flag in OUTSIDE_MEASURED:
            first, count = part.row(0, named=True), part["target"].n_unique()
            about = first["language"] if count == 1 else f"{count} of {counted(total, 'language')}"
            example = f" (such as {first['language']})" if count > 1 and first["language"] in first["sentence"] else ""
            yield f"{about}{example}: {first['sentence']}."


def method(answer: Content, evidence: Evidence, level: float) -> list[str]:
    """How the numbers were made, in five lines."""
    from isogloss.forecasting.trust_word import WIDEST

    table = answer.tables["forecasts"].frame
    here = evidence.filter(task=table["task"][0], model=table["model"][0])
    widest = ", ".join(f"{word} up to {width:g}" for word, width in WIDEST.items())
    return [
        f"{table['model'][0]} was scored on the task '{table['task'][0]}' in {counted(len(here.targets), 'language')}; "
        f"all of the evidence is {counted(len(evidence), 'score')} in {counted(len(evidence.targets), 'language')}.",
        "A forecast learns from these scores, from public tables of other models' scores, and from public facts about "
        "languages: family, place, script and how much text there is online.",
        f"An interval should hold the truth {100 * level:g} times in 100. It is sized by hiding measured languages and "
        "forecasting them, and is wider for languages with less text online than any that was measured.",
        f"The word of trust has thresholds: the width of the 90 % interval, in points, is {widest}; a guess is wider. "
        "What makes a forecast weak can lower the word.",
        "The languages to test next are those after whose tests the others' intervals are narrowest.",
    ]  # fmt: skip


def data(question: AboutEvidence, evidence: Evidence, out: str) -> list[str]:
    """Which files were read and how, with which version, when, and the command that does it again."""
    files = [text for source in question.evidence for text in file_facts(source)]
    return [*files, *map(_noted, evidence.notes), made_with(), f"Command: {command(question, out)}"]


def _noted(note: str) -> str:
    """What was assumed in reading, without how an import says otherwise."""
    return sentence(note.partition("; to say otherwise")[0])


def file_facts(source: Any) -> Iterator[str]:
    """A file with its checksum, so that a reader can tell whether it is the same."""
    if not isinstance(source, str | Path):
        yield "A table in memory."
    elif Path(source).is_file():
        digest = hashlib.sha256(Path(source).read_bytes()).hexdigest()
        yield f"{Path(source).name} (SHA-256 {digest[:16]}...)."
    else:
        yield f"{source}."


def made_with() -> str:
    """The version, and the day."""
    from isogloss import __version__

    return f"isogloss {__version__}, {datetime.now(UTC):%d %B %Y}."


def origin() -> str:
    """The line at the foot of every page."""
    from isogloss import __version__

    return f"isogloss {__version__}, {datetime.now(UTC):%Y-%m-%d}"


def appendix(answers: Sequence[Content], evidence: Evidence) -> list[Any]:
    """All tables of the answers, whole, what each flag means, and what was measured."""
    parts: list[Any] = []
    for answer in answers:
        parts += [table.grid(whole=True) for table in answer.tables.values() if table.frame.height]
    flags = next((answer.flags for answer in answers if answer.flags is not None), None)
    if flags is not None and flags.height:
        shown = {"language": "language", "flag": "flag", "meaning": "sentence"}
        parts.append(Table(flags, "Flags of the forecasts", shown).grid())
    return [*parts, *_measured(answers[0], evidence)]


def _measured(answer: Content, evidence: Evidence) -> Iterator[Grid]:
    """The measured scores of the task, languages down and models across."""
    import polars as pl

    from isogloss.questions.names import Names

    names = Names(evidence)
    rows = evidence.filter(task=answer.tables["forecasts"].frame["task"][0]).observations
    for (metric,), part in rows.group_by("metric", maintain_order=True):
        wide = part.with_columns(language=names.of("target"), score=pl.col("score") * answer.scale.factor)
        wide = wide.pivot("model", index="language", values="score", aggregate_function="mean").sort("language")
        yield Table(wide, f"Measured scores ({metric})", digits=answer.scale.digits).grid()
