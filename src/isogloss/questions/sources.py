"""Which language should I train on?"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.errors import InputError
from isogloss.languages.groups import read_languages
from isogloss.progress import Progress
from isogloss.questions.about import AboutSettings, WithBackground, refuse_untrained
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import Languages, Level, Targets
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of, drawer
from isogloss.questions.scale import Scale

if TYPE_CHECKING:
    import polars as pl

    from isogloss.evidence import Evidence

SCORES = ("mean", "lower", "upper", "regret", "regret_upper")
RANKED = {"train on": "source_name", "forecast": "mean", "from": "lower", "to": "upper", "loss": "regret",
          "loss at most": "regret_upper"}  # fmt: skip
SETS = {"train on": "sources", "forecast": "mean", "from": "lower", "to": "upper"}
MIXES = SETS | {"trust": "trust"}
CLOSE = 0.01
"""Regret, as a fraction, that is no difference worth choosing by."""


class SourcesQuestion(WithBackground, AboutSettings):
    """Rank the languages to train on for a target; for several targets, choose the few that serve them all."""

    command: ClassVar[str] = "sources"
    positional: ClassVar[tuple[str, ...]] = ("evidence", "targets")

    targets: Targets = Field(default_factory=list)
    top: Annotated[int, Field(ge=1, description="How many rows to show.")] = 5
    together: Annotated[int, Field(ge=1, description="Rank sets of so many sources, too.")] = 1
    choose: Annotated[int | None, Field(ge=1, description="For several targets: how many sources to choose.")] = None
    candidates: Annotated[Languages, Field(description="Sources to choose from; by default all.")] = Field(
        default_factory=list
    )
    examples: Annotated[int | None, Field(ge=0, description="Only sources trained on so many examples.")] = None
    level: Level = 0.9

    def respond(self, evidence: Evidence, progress: Progress | None = None) -> Answer:
        """Rank sources for one target, or choose some for several."""
        refuse_untrained(
            evidence, "no source can be ranked",
            "first train on each of a few candidate languages alone, and measure that",
        )  # fmt: skip
        evidence, _, named, scale = self.one_setting(evidence)
        if not self.targets:
            raise InputError("no target language", where="targets", hint="give one, such as targets=Yoruba")
        targets = read_languages(self.targets, evidence.targets, languages=self.languages)
        names = Names(evidence, targets)
        if len(targets) > 1 or self.choose is not None:
            return self._chosen(evidence, named, list(targets), names, scale)
        target = next(iter(targets))
        question = {
            **named, "level": self.level, "languages": self.languages,
            "candidates": self._candidates(evidence),
        }  # fmt: skip
        if not _measured_alone(evidence, named):
            return self._mixes(evidence, target, question, names, scale)
        return self._ranked(evidence, target, question, names, scale)

    def _candidates(self, evidence: Evidence) -> list[str] | None:
        if not self.candidates:
            return None
        chosen = read_languages(self.candidates, evidence.sources, languages=self.languages, where="candidates")
        return list(chosen)

    def _ranked(self, evidence: Evidence, target: str, question: dict[str, Any], names: Names, scale: Scale) -> Answer:
        from isogloss.forecasting import Flag
        from isogloss.planning import rank_sets, source_ranking

        ranking = source_ranking(evidence, target, **question, examples=self.examples)
        table = scale.table(ranking.table, SCORES).with_columns(source_name=names.of("source"))
        tables = {
            "sources": Table(
                table,
                f"Sources for {names(target)}; loss: against the best source, whichever it is",
                RANKED,
                scale.digits,
                self.top,
            )
        }
        if self.together > 1:
            sets = _sets(scale.table(rank_sets(ranking, self.together), SCORES), names)
            tables["sets"] = Table(sets, f"{self.together} together", SETS, scale.digits, self.top)
        baselines = scale.table(ranking.baselines, SCORES).with_columns(source_name=names.of("source"))
        shown = {"rule": "baseline", "train on": "source_name", "forecast": "mean", "loss": "regret"}
        tables["baselines"] = Table(baselines, "What simpler rules choose", shown, scale.digits)
        unsupported = Flag.LEVEL_UNSUPPORTED in ranking.flags
        sentences = tuple(
            _verdict(ranking.table, names, scale, target, question["model"], level=self.level, unsupported=unsupported)
        )
        return Answer(
            self.command, sentences, tables, scale=scale, notes=ranking.notes, result=ranking,
            draw=drawer(ranking, sentences[0], scale, names.written),
        )  # fmt: skip

    def _mixes(self, evidence: Evidence, target: str, question: dict[str, Any], names: Names, scale: Scale) -> Answer:
        from isogloss.forecasting import Trust
        from isogloss.planning import rank_mixes

        sets = rank_mixes(evidence, target, size=self.together, **question, examples=self.examples)
        title = "Mixes, in equal parts" if self.together > 1 else "Single sources, forecast from mixes"
        best = _sets(sets, names)["sources"][0]
        first = f"For {names(target)}, train {question['model']} on {best}: forecast {scale.score(sets['mean'][0])}."
        if sets["trust"][0] == Trust.GUESS:
            first = f"A guess: {first[0].lower()}{first[1:]}"
        return Answer(
            self.command, (first, "No source was measured alone: these are forecasts from mixes."),
            {"sets": Table(_sets(scale.table(sets, SCORES), names), title, MIXES, scale.digits, self.top)},
            scale=scale, result=sets, draw=partial(_draw_sets, sets, target, first, scale, names),
        )  # fmt: skip

    def _chosen(
        self, evidence: Evidence, named: dict[str, Any], targets: list[str], names: Names, scale: Scale
    ) -> Answer:
        from isogloss.planning import choose_sources

        many = choose_sources(
            evidence,
            targets,
            self.choose or min(3, len(targets)),
            **named,
            examples=self.examples,
            languages=self.languages,
        )
        served = scale.table(many.table, SCORES).with_columns(names.of(one) for one in ("target", "source"))
        proof = "No other choice is better." if many.optimal else f"No choice has more than {scale.score(many.bound)}."
        listed = ", ".join(map(names, many.sources))
        verdict = f"Train {named['model']} on {listed}: {scale.score(many.value)} on average over the targets."
        return Answer(
            self.command, (verdict, proof),
            {"served": Table(served, "Which source serves which target", digits=scale.digits),
             "baselines": Table(scale.table(many.baselines, SCORES), "Other choices", digits=scale.digits)},
            scale=scale, result=many, draw=drawer(many, verdict, scale, names.written),
        )  # fmt: skip


def _draw_sets(sets: pl.DataFrame, target: str, verdict: str, scale: Scale, names: Names) -> Any:
    from isogloss.charts import draw_source_sets

    return draw_source_sets(sets, target=target, canvas=canvas_of(verdict, scale, names.written))


def _verdict(
    table: pl.DataFrame, names: Names, scale: Scale, target: str, model: str, *, level: float, unsupported: bool
) -> list[str]:
    import polars as pl

    best = table.row(0, named=True)
    close = table.filter(pl.col("regret") - best["regret"] < CLOSE)["source"].to_list()[1:4]
    chance, lost = f"{100 * level:g} %", best["regret_upper"]
    if lost <= 0:
        risk = "no source is better"
    else:
        most = "less than a point" if scale.bounded and lost < CLOSE else f"no more than {scale.width(lost)}"
        risk = f"it loses {most} against the best source"
    basis = "measured" if best["basis"] == "measured" else "forecast"
    words = [
        f"For {names(target)}, train {model} on {names(best['source'])}: {basis} {scale.score(best['mean'])}. "
        f"With {chance} probability {risk}."
    ]
    if unsupported:
        words.insert(0, "A guess: too little was measured for the level, so that every interval is the whole range.")
    if close and scale.bounded:
        words.append(f"Within a point of it: {', '.join(map(names, close))}.")
    return words


def _sets(table: pl.DataFrame, names: Names) -> pl.DataFrame:
    import polars as pl

    listed = [", ".join(names(part.strip()) for part in text.replace("+", ",").split(",")) for text in table["sources"]]
    return table.with_columns(pl.Series("sources", listed, dtype=pl.String))


def _measured_alone(evidence: Evidence, named: dict[str, Any]) -> bool:
    """Whether anything was trained on one language only."""
    from isogloss.forecasting.settings import find_setting
    from isogloss.planning.ranking.table import single_sources

    _, observations = find_setting(evidence, **named)
    return single_sources(observations).height > 0
