"""Questions about sources from start to end: read evidence, rank, write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from isogloss.errors import InputError
from isogloss.evidence import Evidence, read_evidence
from isogloss.forecasting.queries import split_names
from isogloss.forecasting.settings import find_setting
from isogloss.planning.ranking.table import single_sources
from isogloss.planning.sources import source_ranking
from isogloss.planning.sources_many import choose_sources
from isogloss.planning.sources_sets import rank_mixes, rank_sets

SHOWN = ["source", "mean", "lower", "upper", "regret", "regret_upper", "basis"]


@dataclass(frozen=True)
class Answer:
    """What is shown, and what JSON holds of it.

    Attributes
    ----------
    tables : dict of str to polars.DataFrame
        By name.
    titles : dict of str to str
    lines : tuple of str
        Sentences under the tables.
    found : object
        What a picture is drawn of; None where there is none.
    """

    tables: dict[str, pl.DataFrame]
    titles: dict[str, str]
    lines: tuple[str, ...]
    found: Any = None

    def record(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {name: table.to_dicts() for name, table in self.tables.items()} | {"notes": list(self.lines)}


def answer_sources(
    evidence: Sequence[str],
    *,
    target: str,
    top: int = 5,
    together: int = 1,
    choose: int | None = None,
    candidates: str | None = None,
    languages: Mapping[str, str] | None = None,
    level: float = 0.9,
    **asked: Any,
) -> Answer:
    """Rank sources of one target, or sets of `together` of them; or `choose` sources for several targets.

    Parameters
    ----------
    target : str
        Languages, comma between.
    candidates : str, optional
        Sources to choose from, comma between.
    asked
        `task`, `model`, `metric`, `recipe` and `examples`, as in `isogloss.planning.rank_sources`.
    """
    targets = split_names(target)
    if not targets:
        raise InputError("no target language", where="target", hint="give one, such as yor")
    if len(targets) > 1 and choose is None:
        raise InputError(
            f"{len(targets)} targets", where="target", hint="give one, or choose=3 to serve all with three sources"
        )
    read = read_evidence(*evidence, languages=languages)
    if choose is not None:
        many = choose_sources(read, targets, choose, languages=languages, **asked)
        said = "no other choice is better" if many.optimal else f"no choice has more than {many.bound:.3f}"
        return Answer(
            {"served": many.table, "baselines": many.baselines},
            {"served": f"Best served by {', '.join(many.sources)}", "baselines": "Mean over the targets"},
            (f"mean {many.value:.3f}; {said}",),
        )  # fmt: skip
    named = None if candidates is None else split_names(candidates)
    question = {"candidates": named, "level": level, "languages": languages, **asked}
    if not _measured_alone(read, asked):
        found = rank_mixes(read, targets[0], size=together, **question)
        named_so = {"sets": "TrainingMixes, in equal parts" if together > 1 else "Single sources, from mixes"}
        return Answer({"sets": found.head(top)}, named_so, ("no source was measured alone: forecast from mixes",))
    ranking = source_ranking(read, targets[0], **question)
    tables, titles = {"sources": ranking.table.head(top)}, {"sources": f"Sources for {ranking.target}"}
    if together > 1:
        tables["sets"] = rank_sets(ranking, together).head(top)
        titles["sets"] = f"{together} together"
    tables["baselines"], titles["baselines"] = ranking.baselines, "What the baselines choose"
    return Answer(tables, titles, ranking.notes, ranking)


def _measured_alone(evidence: Evidence, asked: Mapping[str, Any]) -> bool:
    """Whether anything was trained on one language only."""
    which = {name: asked[name] for name in ("task", "model", "metric", "recipe")}
    _, observations = find_setting(evidence, **which)
    return single_sources(observations).height > 0
