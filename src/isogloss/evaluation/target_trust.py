"""How far forecasts of some languages can be trusted: measured languages withheld as unlike the rest as those are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from isogloss.errors import NotEnoughEvidence
from isogloss.evaluation.benchmark import run_benchmark
from isogloss.evaluation.public_shifts import PublicShift, public_shift
from isogloss.evaluation.split import protocols
from isogloss.evaluation.target_kinds import SIMULATIONS, Simulation, TargetKind, target_kinds
from isogloss.evaluation.trust import LEVELS, Trust, summarise
from isogloss.evidence import Evidence
from isogloss.forecasting.background.side_facts import shared_web_text
from isogloss.forecasting.cell_flags import SCARCER
from isogloss.progress import Progress

MOST_MIXES, MOST_MODELS, MOST_MODELS_ALONE = 12, 8, 4
"""Training mixes and models that are looked at, evenly spread; fewer where languages are withheld from each alone."""
MOST_SPLITS = 6
"""Scripts or families that are left out."""
FEWEST_WITHHELD = 3
"""Languages of which forecasts must have been withheld for a verdict."""


@dataclass(frozen=True)
class TargetTrust:
    """How far forecasts of some targets can be trusted.

    Attributes
    ----------
    kinds : dict of str to TargetKind
        Each target that was not measured with every model, and how it differs from the measured languages.
    kind : TargetKind
        The kind of most targets, which was simulated.
    measured : tuple of str
        Languages measured in the task.
    trust : Trust or None
        Of the simulation; None where too few languages were measured.
    reason : str
        Why there is no simulation; empty where there is one.
    public : PublicShift or None
        What public tables say where there is no simulation, or a milder one.
    models, mixes : tuple of int
        How many were looked at, and how many there are.
    milder : bool
        Whether the poor languages withheld have three times the web text of the targets and more.
    """

    kinds: Mapping[str, TargetKind]
    kind: TargetKind
    measured: tuple[str, ...]
    trust: Trust | None
    reason: str
    public: PublicShift | None
    models: tuple[int, int]
    mixes: tuple[int, int]
    milder: bool

    @property
    def simulation(self) -> Simulation:
        """How the kind is simulated."""
        return SIMULATIONS[self.kind]

    @property
    def of_kind(self) -> list[str]:
        """The targets of the kind that was simulated."""
        return [target for target, kind in self.kinds.items() if kind == self.kind]


def assess_targets(
    evidence: Evidence,
    targets: Sequence[str],
    *,
    task: str,
    model: str | None = None,
    metric: str | None = None,
    recipe: str | None = None,
    forecaster: str = "default",
    levels: Sequence[float] = LEVELS,
    seed: int = 0,
    progress: Progress | None = None,
) -> TargetTrust:
    """Assess how far forecasts of some languages can be trusted.

    Measured languages that differ from the others as most targets do are withheld and forecast: the poorest third, a
    script, a family, or any. Where too few languages were measured for that, public tables stand in.

    Parameters
    ----------
    evidence : Evidence
    targets : sequence of str
        Canonical ids.
    task : str
    model : str, optional
        The only one to ask about; by default all, or an even sample of them.
    metric, recipe : str, optional
        The only ones to use.
    forecaster : str, default "default"
    levels : sequence of float, default (0.5, 0.8, 0.9, 0.95)
    seed, progress
        As for `run_benchmark`.

    Raises
    ------
    NotEnoughEvidence
        If all targets were measured with every model.
    """
    evidence = evidence.filter(metric=metric, recipe=recipe)
    inside = evidence.filter(task=task).observations
    about = inside if model is None else inside.filter(pl.col("model") == model)
    counts = about.group_by("target").agg(pl.col("model").n_unique())
    everywhere = set(counts.filter(pl.col("model") == about["model"].n_unique())["target"])
    open_ones = [target for target in targets if target not in everywhere]
    if not open_ones:
        raise NotEnoughEvidence(
            "every one of them was measured, so that nothing is forecast",
            where="targets", hint="name languages that were not measured, or leave them out",
        )  # fmt: skip
    in_task = set(inside["target"])
    kinds = dict(zip(open_ones, target_kinds(open_ones, in_task, evidence.targets), strict=True))
    kind = Counter(sorted(kinds.values(), key=list(TargetKind).index)).most_common(1)[0][0]
    few, models, mixes = _sample(evidence, task, model, kind)
    trust, reason = _simulate(few, kind, task, model, forecaster, levels, seed, progress)
    of_kind = [target for target, its in kinds.items() if its == kind]
    milder = (
        trust is not None
        and kind == TargetKind.POORER
        and (_web_text(of_kind) < _web_text(trust.guesses["target"].unique().to_list()) - SCARCER)
    )
    public = None
    if trust is None or milder:
        shift = "hard" if kind == TargetKind.POORER else "random"
        public = public_shift(shift, len(in_task), prompted=bool(inside["shots"].is_not_null().any()))
    return TargetTrust(kinds, kind, tuple(sorted(in_task)), trust, reason, public, models, mixes, milder)


def _web_text(languages: Sequence[str]) -> float:
    """Mean logarithm of their web text."""
    return float(np.mean([shared_web_text(language) for language in languages]))


def _sample(
    evidence: Evidence, task: str, model: str | None, kind: TargetKind
) -> tuple[Evidence, tuple[int, int], tuple[int, int]]:
    """The evidence with few models and mixes of the task, so that an answer is quick; and how few of how many."""
    observations = evidence.observations
    inside = pl.col("task") == task
    chosen, sizes = {}, {}
    most_models = MOST_MODELS_ALONE if kind == TargetKind.OTHER_MODELS else MOST_MODELS
    for column, most in (("model", most_models), ("train", MOST_MIXES)):
        every = observations.filter(inside)[column].unique().sort().to_list()
        kept = {every[place] for place in np.linspace(0, len(every) - 1, min(most, len(every))).astype(int)}
        chosen[column] = kept | ({model} if column == "model" and model is not None else set())
        sizes[column] = (len(kept), len(every))
    some = pl.all_horizontal(pl.col(column).is_in(sorted(values)) for column, values in chosen.items())
    others = ~inside if kind == TargetKind.OTHER_TASKS else pl.lit(False)
    return evidence.with_observations(observations.filter((inside & some) | others)), sizes["model"], sizes["train"]


def _simulate(
    evidence: Evidence,
    kind: TargetKind,
    task: str,
    model: str | None,
    forecaster: str,
    levels: Sequence[float],
    seed: int,
    progress: Progress | None,
) -> tuple[Trust | None, str]:
    """Trust in forecasts of withheld languages of a kind, or why there is none."""
    protocol, folds, *_ = simulation = SIMULATIONS[kind]
    measured = len(set(evidence.filter(task=task).observations["target"]))
    options = simulation.options(measured)
    try:
        splits = len(list(protocols.get(protocol)(evidence, folds=folds, seed=seed, **options.get(protocol, {}))))
        benchmark = run_benchmark(
            evidence, task=task, model=model, protocols=[protocol], forecasters=[forecaster], levels=levels,
            every=1 if folds else -(-splits // MOST_SPLITS), folds=folds, seed=seed, options=options, progress=progress,
        )  # fmt: skip
        trust = summarise(benchmark, task, model or "")
    except NotEnoughEvidence as error:
        return None, error.reason
    withheld = trust.overall["groups"]
    if withheld < FEWEST_WITHHELD:
        return None, f"only {withheld} could be withheld"
    return trust, ""
