"""How languages that are asked about differ from the measured ones, and how such a difference is simulated."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np

from isogloss.evaluation.language_protocols import family_of, script_of
from isogloss.forecasting.background.side_facts import shared_web_text
from isogloss.forecasting.cell_flags import SCARCER
from isogloss.languages import resolve

EXCEPTIONS = 0.1
"""A language is poorer than the measured ones if it is poorer than all of them but this share."""


class TargetKind(StrEnum):
    """How a language differs from the measured ones, the gravest first."""

    POORER = "poorer"
    SCRIPT = "script"
    FAMILY = "family"
    OTHER_TASKS = "other_tasks"
    OTHER_MODELS = "other_models"
    ALIKE = "alike"


class Simulation(NamedTuple):
    """How a kind of target is simulated with measured languages.

    Attributes
    ----------
    protocol : str
    folds : int or None
        Of the protocol, where it has folds.
    languages : str
        Whose scores are withheld, in words.
    targets : str
        What the targets are, in words that follow a number.
    """

    protocol: str
    folds: int | None
    languages: str
    targets: str

    def options(self, measured: int) -> dict[str, dict[str, Any]]:
        """Further arguments of the protocol, with so many measured languages."""
        return {self.protocol: {"poorest": measured // POOREST}} if self.protocol == "low-resource" else {}


POOREST = 3
"""One in so many measured languages, the poorest ones, is withheld."""
SIMULATIONS = {
    TargetKind.POORER: Simulation(
        "low-resource",
        None,
        "languages as poor as yours",
        "with under a third of the web text of nine in ten measured languages",
    ),
    TargetKind.SCRIPT: Simulation(
        "script", None, "languages in a script that was not measured", "in a script that was not measured"
    ),
    TargetKind.FAMILY: Simulation(
        "family", None, "languages of a family that was not measured", "of a family that was not measured"
    ),
    TargetKind.OTHER_TASKS: Simulation(
        "language-in-task", 4, "languages measured on other tasks only", "measured on other tasks only"
    ),
    TargetKind.OTHER_MODELS: Simulation(
        "target-in-model", 5, "languages measured with other models only", "measured with other models only"
    ),
    TargetKind.ALIKE: Simulation("lolo", 8, "languages like yours", "like the measured ones"),
}


def target_kinds(targets: Sequence[str], in_task: Collection[str], in_evidence: Collection[str]) -> list[TargetKind]:
    """The kind of each target, none of which was measured with every model.

    Parameters
    ----------
    targets : sequence of str
    in_task : collection of str
        Languages measured in the task, with any model.
    in_evidence : collection of str
        Languages measured on any task.
    """
    known = [resolve(language) for language in in_task]
    scripts, families = {script_of(one) for one in known}, {family_of(one) for one in known}
    least = float(np.quantile([shared_web_text(one.id) for one in known], EXCEPTIONS)) - SCARCER

    def kind(target: str) -> TargetKind:
        language = resolve(target)
        for where, result in ((in_task, TargetKind.OTHER_MODELS), (in_evidence, TargetKind.OTHER_TASKS)):
            if target in where:
                return result
        if shared_web_text(target) < least:
            return TargetKind.POORER
        if script_of(language) not in scripts:
            return TargetKind.SCRIPT
        return TargetKind.FAMILY if family_of(language) not in families else TargetKind.ALIKE

    return [kind(target) for target in targets]
