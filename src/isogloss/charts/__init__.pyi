from .adaptations import draw_adaptations, draw_forgetting
from .alignment import draw_alignment
from .answers import draw_answers
from .benchmark import conditions_plot, errors_plot
from .benchmark_page import write_report
from .canvas import Canvas, look
from .clones import draw_clones
from .comparison import draw_comparison
from .confusion import draw_confusion
from .curve import draw_curve
from .evidence import draw_evidence
from .explanation import draw_contributions, draw_drivers
from .fairness import draw_fairness
from .files import describe, save, to_html, to_svg
from .forecasts import draw_forecast, draw_forecast_map
from .held_out import draw_benchmark, draw_trust
from .language_map import draw_languages
from .layer_curves import draw_layer_curves
from .matrix import Matrix, draw_matrix
from .neurons import draw_neuron_layers
from .next import draw_next
from .pair_regression import draw_pair_regressions
from .pitfalls import draw_pitfalls
from .plan import draw_kinds, draw_plan
from .probing import draw_probing
from .ranks import draw_ranks
from .recall import draw_recall, draw_recall_cells
from .results import draw_result
from .similarity import draw_distances, draw_nearest
from .sources import draw_chosen_sources, draw_source_sets, draw_sources
from .strata import strata_plot
from .tokens import draw_tokens
from .transfer import draw_transfer
from .wins import draw_wins

__all__ = [
    "Canvas",
    "Matrix",
    "conditions_plot",
    "describe",
    "draw_adaptations",
    "draw_alignment",
    "draw_answers",
    "draw_benchmark",
    "draw_chosen_sources",
    "draw_clones",
    "draw_comparison",
    "draw_confusion",
    "draw_contributions",
    "draw_curve",
    "draw_distances",
    "draw_drivers",
    "draw_evidence",
    "draw_fairness",
    "draw_forecast",
    "draw_forecast_map",
    "draw_forgetting",
    "draw_kinds",
    "draw_languages",
    "draw_layer_curves",
    "draw_matrix",
    "draw_nearest",
    "draw_neuron_layers",
    "draw_next",
    "draw_pair_regressions",
    "draw_pitfalls",
    "draw_plan",
    "draw_probing",
    "draw_ranks",
    "draw_recall",
    "draw_recall_cells",
    "draw_result",
    "draw_source_sets",
    "draw_sources",
    "draw_tokens",
    "draw_transfer",
    "draw_trust",
    "draw_wins",
    "errors_plot",
    "look",
    "save",
    "strata_plot",
    "to_html",
    "to_svg",
    "write_report",
]
