from .budget.answer import plan_budget
from .budget.offers import Offer, forecast_offers
from .compare import compare_recipes
from .costs import Costs, read_costs
from .fairness import compare_fairness
from .kinds import plan_kinds
from .next import choose_next
from .objectives import read_weights
from .ranks import compare_ranks
from .source_sets import choose_sources, rank_mixes, rank_sets
from .sources import rank_sources, source_ranking

__all__ = [
    "Costs",
    "Offer",
    "choose_next",
    "choose_sources",
    "compare_fairness",
    "compare_ranks",
    "compare_recipes",
    "forecast_offers",
    "plan_budget",
    "plan_kinds",
    "rank_mixes",
    "rank_sets",
    "rank_sources",
    "read_costs",
    "read_weights",
    "source_ranking",
]
