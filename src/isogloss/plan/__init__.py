"""Plan what to do next: which source to train on, what to label, what to test, which recipe to pay for."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from isogloss.plan.amue import plan_kinds
    from isogloss.plan.budget.answer import plan_budget
    from isogloss.plan.compare import compare_recipes
    from isogloss.plan.costs import Costs, read_costs
    from isogloss.plan.fairness import compare_fairness
    from isogloss.plan.objectives import read_weights

__all__ = [
    "Costs",
    "compare_fairness",
    "compare_recipes",
    "plan_budget",
    "plan_kinds",
    "read_costs",
    "read_weights",
]

_LAZY = {
    "Costs": "costs",
    "compare_fairness": "fairness",
    "compare_recipes": "compare",
    "plan_budget": "budget.answer",
    "plan_kinds": "amue",
    "read_costs": "costs",
    "read_weights": "objectives",
}


def __getattr__(name: str) -> Any:
    # Solvers and forecasters take longer to load than `--help` may take.
    if name in _LAZY:
        return getattr(importlib.import_module(f"isogloss.plan.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'isogloss.plan' has no attribute '{name}'")
