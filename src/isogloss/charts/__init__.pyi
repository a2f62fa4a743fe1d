from .benchmark import conditions_plot, errors_plot
from .benchmark_page import write_report
from .canvas import Canvas
from .curve import draw_curve
from .explanation import draw_contributions, draw_drivers
from .files import describe, save, to_html, to_svg
from .forecasts import draw_forecast, draw_forecast_map
from .language_map import map_of_languages
from .next import draw_next
from .plan import draw_kinds, draw_plan
from .results import draw_result
from .sources import draw_chosen_sources, draw_source_sets, draw_sources
from .transfer import transfer_heatmap
from .trust import strata_plot, trust_picture

__all__ = [
    "Canvas",
    "conditions_plot",
    "describe",
    "draw_chosen_sources",
    "draw_contributions",
    "draw_curve",
    "draw_drivers",
    "draw_forecast",
    "draw_forecast_map",
    "draw_kinds",
    "draw_next",
    "draw_plan",
    "draw_result",
    "draw_source_sets",
    "draw_sources",
    "errors_plot",
    "map_of_languages",
    "save",
    "strata_plot",
    "to_html",
    "to_svg",
    "transfer_heatmap",
    "trust_picture",
    "write_report",
]
