"""Plan what to do next: which source to train on, what to label, what to test, which recipe to pay for."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from isogloss.planning.amue import plan_kinds
    from isogloss.planning.budget.answer import plan_budget
    from isogloss.planning.compare import compare_recipes
    from isogloss.planning.costs import Costs, read_costs
    from isogloss.planning.fairness import compare_fairness
    from isogloss.planning.next import choose_next
    from isogloss.planning.objectives import read_weights
    from isogloss.planning.sources import rank_sources, source_ranking
    from isogloss.planning.sources_many import choose_sources
    from isogloss.planning.sources_sets import rank_mixes, rank_sets

__all__ = [
    "Costs",
    "choose_next",
    "choose_sources",
    "compare_fairness",
    "compare_recipes",
    "plan_budget",
    "plan_kinds",
    "rank_mixes",
    "rank_sets",
    "rank_sources",
    "read_costs",
    "read_weights",
    "source_ranking",
]

_LAZY = {
    "Costs": "costs",
    "choose_next": "next",
    "choose_sources": "sources_many",
    "compare_fairness": "fairness",
    "compare_recipes": "compare",
    "plan_budget": "budget.answer",
    "plan_kinds": "amue",
    "rank_mixes": "sources_sets",
    "rank_sets": "sources_sets",
    "rank_sources": "sources",
    "read_costs": "costs",
    "read_weights": "objectives",
    "source_ranking": "sources",
}


def __getattr__(name: str) -> Any:
    # Solvers and forecasters take longer to load than `--help` may take.
    if name in _LAZY:
        return getattr(importlib.import_module(f"isogloss.planning.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'isogloss.planning' has no attribute '{name}'")
