"""Labels that were carried over: what became of them, in sentences, a table and a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from isogloss.questions.pictures import canvas_of
from isogloss.questions.scale import FRACTION
from isogloss.text import counted, sentence

if TYPE_CHECKING:
    import polars as pl

    from isogloss.texts import MarkedTranslations, Projection
    from isogloss.texts.projection.evidence import AlignmentEvidence
    from isogloss.texts.projection.files import Sentences

SHOWN = {"label": "label", "in the source": "in_source", "carried": "carried", "dropped": "dropped", "why": "reasons"}
WITH_GOLD = SHOWN | {"precision": "precision", "recall": "recall", "F1": "f1"}
ALL, MOST_DRAWN = "all", 15
"""The row of all labels together, and how many others are drawn."""
FEWEST_WHOLE = 0.5
"""Share of sentences whose markers have to come back."""
SHORTEST, MOST_UNTRANSLATED = 20, 0.05
"""Characters of a text whose language is identified; share of sentences that may be in the source's language."""


class Checked(NamedTuple):
    """What is said of a comparison with sentences that do not belong together.

    Attributes
    ----------
    holds, fails, nothing : str
        Where it is passed, where not, and where there is nothing to compare.
    """

    holds: str
    fails: str
    nothing: str


OF_LINKS = Checked("words are linked better", "words are linked no better", "no words are linked")
OF_SPANS = Checked("spans are more probable", "spans are no more probable", "no spans are found")


@dataclass(frozen=True)
class Carried:
    """Labels in the target.

    Attributes
    ----------
    source, target : Sentences
        Those that were aligned.
    projection : Projection
    evidence : AlignmentEvidence or None
        None for spans that went through the translator.
    faults : dict of str to int
        Sentences that were left out, by reason.
    gold : list of list of str or None
        The target's own labels.
    untranslated : int
        Sentences that are identified as still being in the source's language.
    checked : Checked
        What `evidence` is about.
    marked : MarkedTranslations or None
        Of spans that went through the translator.
    """

    source: Sentences
    target: Sentences
    projection: Projection
    evidence: AlignmentEvidence | None
    faults: dict[str, int]
    gold: list[list[str]] | None
    untranslated: int
    checked: Checked = OF_LINKS
    marked: MarkedTranslations | None = None

    @property
    def is_weak(self) -> bool:
        """Whether labels may be worth nothing."""
        if self.marked is not None:
            return self.marked.whole < FEWEST_WHOLE * self.marked.marked
        return self.evidence is not None and self.evidence.is_weak

    @property
    def is_untranslated(self) -> bool:
        """Whether more sentences are than may be by mistake."""
        return self.untranslated > MOST_UNTRANSLATED * len(self.target.texts)


def count_untranslated(texts: Sequence[str], origin: str, into: str) -> int:
    """How many texts are in the source's language, where both languages can be told apart; 0 without the extra."""
    from importlib.util import find_spec

    from isogloss.texts.identification import codes_of, identify

    if find_spec("py3langid") is None:
        return 0
    source, target = codes_of(origin), codes_of(into)
    if not source or not target or source & target:
        return 0
    long = [text for text in texts if len(text) >= SHORTEST]
    return sum(identified in source for identified in map(identify(long).get, long))


def count_faults(wrong: dict[int, str]) -> dict[str, int]:
    """How many sentences have each fault."""
    from collections import Counter

    return dict(Counter(wrong.values()).most_common())


def reasons(counts: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {reason}" for reason, number in counts.items())


def gold_labels(source: Sentences, target: Sentences) -> list[list[str]] | None:
    """The target's own labels, where every word has one, not all are the mark for none, and they are of one kind."""
    from isogloss.texts.projection.spans import is_spans

    has_all = all(len(words) == len(labels) for words, labels in zip(target.words, target.labels, strict=True))
    filled = any(label != "_" for labels in target.labels for label in labels)
    alike = is_spans(source.labels) == is_spans(target.labels)
    return target.labels if has_all and filled and alike else None


def _units(labels: Sequence[Sequence[str | None]], are_spans: bool) -> set[tuple[int, int, int, str]]:
    """What is right or wrong: labelled words, or spans as a whole."""
    from isogloss.texts import read_spans

    if are_spans:
        several = [read_spans([label or "O" for label in one]) for one in labels]
        return {(number, span.first, span.last, span.label) for number, one in enumerate(several) for span in one}
    return {(number, place, place, label) for number, one in enumerate(labels)
            for place, label in enumerate(one) if label is not None}  # fmt: skip


def label_table(carried: Carried) -> pl.DataFrame:
    """One row per label: what became of it and, with gold, how often it is right."""
    import polars as pl

    from isogloss.texts.projection.spans import is_spans

    table = carried.projection.table
    if carried.gold is None:
        return table
    are_spans = is_spans(carried.source.labels)
    made, gold = _units(carried.projection.labels, are_spans), _units(carried.gold, are_spans)
    rows = []
    for label in [*table["label"], None]:
        of_label = [{one for one in some if label is None or one[3] == label} for some in (made, gold)]
        both = len(of_label[0] & of_label[1])
        precision, recall = (both / len(one) if one else None for one in of_label)
        rows.append((label, precision, recall, 2 * both / max(1, sum(map(len, of_label)))))
    scores = pl.DataFrame(rows, schema=["label", "precision", "recall", "f1"], orient="row")
    total = pl.DataFrame([{"label": None, "in_source": table["in_source"].sum(), "carried": table["carried"].sum(),
                           "dropped": table["dropped"].sum(), "reasons": ""}], schema=table.schema)  # fmt: skip
    joined = pl.concat([table, total]).join(scores, on="label", how="left", nulls_equal=True)
    return joined.with_columns(pl.col("label").fill_null(ALL))


def carried_sentences(carried: Carried, table: pl.DataFrame, source: str, target: str) -> Iterator[str]:
    """What was carried, what was not, and how much of it is right."""
    from isogloss.texts.projection.evidence import FEWEST

    projection = carried.projection
    own = projection.table
    total, kept = int(own["in_source"].sum()), int(own["carried"].sum())
    if carried.marked is not None:
        yield from _of_markers(carried.marked)
    elif carried.evidence is not None and carried.is_weak:
        alike = f"{carried.checked.fails} than in sentences that are no translations of each other"
        yield f"Do not use these labels: {alike if carried.evidence.own else carried.checked.nothing}."
    elif carried.evidence is not None and carried.evidence.other is None:
        yield f"Whether {carried.checked.holds} than by chance is not known: that takes {FEWEST} sentences."
    if carried.is_untranslated:
        yield f"{counted(carried.untranslated, 'sentence')} seem to be in {source} still, not in {target}."
    yield f"{kept / max(1, total):.0%} of {counted(total, 'label')} of {source} were carried over to {target}."
    dropped = {row["label"]: row["dropped"] for row in own.iter_rows(named=True) if row["dropped"]}
    if dropped:
        yield f"Dropped, most first: {', '.join(f'{label} {number:,}' for label, number in _most(dropped))}."
    if projection.unlabelled:
        words = sum(map(len, carried.target.words))
        yield (
            f"{sum(projection.unlabelled.values()):,} of {counted(words, 'word')} of {target} have no label: "
            f"{reasons(projection.unlabelled)}."
        )
    if carried.faults:
        yield f"{counted(sum(carried.faults.values()), 'sentence')} left out: {reasons(carried.faults)}."
    if carried.gold is not None:
        row = table.filter(label=ALL).row(0, named=True)
        if row["precision"] is not None and row["recall"] is not None:
            yield (
                f"Against the labels that {target} has already: {row['precision']:.1%} of those carried are right, and "
                f"{row['recall']:.1%} of its own are met."
            )


def _of_markers(marked: MarkedTranslations) -> Iterator[str]:
    """How many markers came back."""
    came = f"{marked.whole:,} of {counted(marked.marked, 'sentence')} with spans came back with their {marked.markers}"
    yield f"Do not use these labels: only {came}." if marked.whole < FEWEST_WHOLE * marked.marked else f"{came}."


def _most(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:5]


def carried_flags(carried: Carried) -> pl.DataFrame:
    """What makes the labels unsafe."""
    import polars as pl

    evidence, rows = carried.evidence, []
    if carried.marked is not None:
        if carried.is_weak:
            meaning = "Fewer than half of the sentences with spans came back with all their markers."
            rows.append({"about": "markers", "flag": "markers_lost", "meaning": meaning})
    elif evidence is not None and evidence.is_weak:
        meaning = sentence(f"{carried.checked.fails} than in sentences that do not belong together")
        rows.append({"about": "links", "flag": "no_alignment", "meaning": meaning})
    elif evidence is not None and evidence.other is None:
        meaning = "Too few sentences to compare them with sentences that do not belong together."
        rows.append({"about": "links", "flag": "few_sentences", "meaning": meaning})
    if carried.is_untranslated:
        meaning = "Sentences are identified as being in the language of the source."
        rows.append({"about": "translations", "flag": "untranslated", "meaning": meaning})
    return pl.DataFrame(rows, schema={"about": pl.String, "flag": pl.String, "meaning": pl.String})


def draw_carried(table: pl.DataFrame, verdict: str) -> Any:
    """What became of the most frequent labels, and how often they are right."""
    import polars as pl

    from isogloss.charts import Matrix, draw_matrix

    shown = pl.concat([table.filter(pl.col("label") != ALL).head(MOST_DRAWN), table.filter(label=ALL)])
    shares = {"carried": shown["carried"] / shown["in_source"]}
    if "f1" in shown.columns:
        shares |= {name: shown[name] for name in ("precision", "recall")}
        lines = ["Carried is a share of the source's labels; precision and recall are against the target's own labels."]
    else:
        shares |= {"dropped": shown["dropped"] / shown["in_source"]}
        lines = ["Shares of the source's labels."]
    return draw_matrix(
        Matrix([*shares], shown["label"].to_list(), [one.to_list() for one in shares.values()], "share by label"),
        lines=lines, canvas=canvas_of(verdict, FRACTION),
    )  # fmt: skip
