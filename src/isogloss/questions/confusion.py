"""Does a model reply in the language that was expected?"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.about_items import AboutItems, written_names
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import OptionalPath
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.scale import FRACTION
from isogloss.text import counted

if TYPE_CHECKING:
    import polars as pl

    from isogloss.behaviour import Confusion

RATES = {"LPR": "lpr", "from": "lpr_lower", "to": "lpr_upper", "WPR": "wpr", "LCPR": "lcpr", "lines": "line_accuracy",
         "entropy": "confusion_entropy", "replies": "replies"}  # fmt: skip
OF_LANGUAGES = {name: column for name, column in RATES.items() if name not in ("from", "to")}
WEAK = 0.95
"""Accuracy of identification below which pass rates say little."""
SHOWN, MOST_NAMED = 20, 6
FIELDS = ("language", "model", "task", "text")


class ConfusionQuestion(AboutItems):
    """Tell in which languages a model replies: pass rates (LPR, WPR, LCPR), entropy, wrong languages."""

    command: ClassVar[str] = "behaviour confusion"

    words: Annotated[
        OptionalPath,
        Field(
            description="English words, one a line, that count as confusion in other scripts; by default every word "
            "in small Latin letters of more than three."
        ),
    ] = None
    skip_empty: Annotated[bool, Field(description="Leave out empty replies, instead of counting them as wrong.")] = (
        False
    )

    def answer(self, progress: Progress | None = None) -> Answer:
        """Identify the language of every line."""
        from isogloss.behaviour import read_items, score_confusion

        items = self.chosen(read_items(self.items, columns=self.columns, languages=self.languages, roles=FIELDS))
        result = score_confusion(
            items, words=_words(self.words), skip_empty=self.skip_empty, level=self.level, seed=self.seed
        )
        names = Names(None, written_names(items) if "written" in items.columns else {})
        sentences = tuple(_sentences(result, names))
        return Answer(
            self.command, sentences, _tables(result, names, self.level), scale=FRACTION, flags=_flags(result),
            notes=_notes(self.skip_empty), result=result,
            draw=partial(_draw, result, canvas_of(sentences[0], FRACTION, names.written)),
        )  # fmt: skip


def _words(path: Path | None) -> frozenset[str] | None:
    from isogloss.files import read_input

    return None if path is None else frozenset(read_input(path).decode("utf-8", "replace").split())


def _tables(result: Confusion, names: Names, level: float) -> dict[str, Table]:
    import polars as pl

    from isogloss.behaviour.identification import accuracy_of, name_of

    several = result.models.height > 1
    about = {"model": "model"} if several else {}
    expected = result.languages["language"].unique().to_list()
    accuracies = {language: row["accuracy"] for language in expected if (row := accuracy_of(language))}
    languages = result.languages.with_columns(
        identified=pl.col("language").replace_strict(accuracies, default=None, return_dtype=pl.Float64),
        name=names.of("language"),
    ).sort("lpr", "language", maintain_order=True)
    wrong = _wrong_languages(result).with_columns(names.of("language").alias("name"))
    called = pl.col("identified").map_elements(name_of, return_dtype=pl.String)
    per = f"{100 * level:g} % intervals, replies drawn anew"
    return {
        "models": Table(result.models, f"Means over languages; {per}", about | RATES),
        "languages": Table(
            languages, "By language expected; identified: how often sentences of it are identified",
            about | {"language": "name"} | OF_LANGUAGES | {"identified": "identified"}, rows=SHOWN,
        ),
        "wrong": Table(
            wrong.with_columns(name_of=called), "Most lines in another language",
            about | {"expected": "name", "is": "name_of", "share of lines": "share"}, rows=SHOWN // 2,
        ),
    }  # fmt: skip


def _wrong_languages(result: Confusion) -> pl.DataFrame:
    """Lines in another language than expected, most first."""
    import polars as pl

    from isogloss.texts.identification import codes_of

    right = [row["identified"] in codes_of(row["language"]) for row in result.replies.iter_rows(named=True)]
    return result.replies.filter(~pl.Series(right, dtype=pl.Boolean)).sort(
        "share", descending=True, maintain_order=True
    )


def _sentences(result: Confusion, names: Names) -> list[str]:
    models = result.models.sort("lpr", descending=True, maintain_order=True)
    best = models.row(0, named=True)
    score = f"LPR {best['lpr']:.3f} ({best['lpr_lower']:.3f} to {best['lpr_upper']:.3f})"
    over = counted(best["languages"], "language")
    who = best["model"] or "The model"
    if models.height == 1:
        failed = f"{100 * (1 - best['lpr']):.0f} % of replies are not in the language expected"
        first = f"{who}: {failed}, on average over {over}; {score}."
    else:
        first = f"Best of {models.height} models: {who}, {score}, a mean over {over}."
    said = [first]
    worst = result.languages.drop_nulls("lpr").sort("lpr", "language", maintain_order=True).row(0, named=True)
    if worst["lpr"] < 1:
        model = f" with {worst['model']}" if models.height > 1 else ""
        said.append(
            f"Worst: {names(worst['language'])}{model}, where {100 * (1 - worst['lpr']):.0f} % of replies fail."
        )
    if empty := int(models["empty"].sum()):
        said.append(f"{counted(empty, 'reply')} {'is' if empty == 1 else 'are'} empty.")
    if result.unidentifiable:
        listed = ", ".join(names(one) for one in result.unidentifiable[:MOST_NAMED])
        more = ", ..." if len(result.unidentifiable) > MOST_NAMED else ""
        said.append(f"Not scored, because they cannot be identified: {listed}{more}.")
    return said


def _flags(result: Confusion) -> pl.DataFrame:
    """Languages of which a score says little."""
    import polars as pl

    from isogloss.behaviour.identification import accuracy_of, name_of

    expected = result.languages["language"].unique(maintain_order=True).to_list()
    weak = [row | {"about": one} for one in expected if (row := accuracy_of(one)) and row["accuracy"] < WEAK]
    rows = [
        {"about": row["about"], "flag": "identification_weak",
         "meaning": f"Only {100 * row['accuracy']:.0f} % of sentences are identified; "
         f"{100 * row['share']:.0f} % are called {name_of(row['mistaken_for'])}."}
        for row in weak
    ]  # fmt: skip
    rows += [
        {"about": language, "flag": "not_identifiable", "meaning": "The identifier does not know this language."}
        for language in result.unidentifiable
    ]
    return pl.DataFrame(rows, schema={"about": pl.String, "flag": pl.String, "meaning": pl.String})


def _notes(skip_empty: bool) -> tuple[str, ...]:
    return (
        "Lines of fewer than five words are not judged, nor replies without a longer line.",
        "Empty replies are left out." if skip_empty else "Empty replies count as wrong.",
        "WPR and LCPR exist for languages that are not written in Latin letters.",
        "A line of unknown language counts as wrong. No pass rate can be above what identification gets right.",
    )


def _draw(result: Confusion, canvas: Any) -> Any:
    """Languages expected by languages of lines, or models by languages."""
    from isogloss.charts import draw_confusion

    return draw_confusion(result.languages, _wrong_languages(result), canvas=canvas)
