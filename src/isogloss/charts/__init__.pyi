from .benchmark import conditions_plot, errors_plot
from .benchmark_page import write_report
from .canvas import Canvas
from .curve import curve_plot
from .explanation import contributions_plot, drivers_plot
from .files import save, to_html, to_svg
from .forecasts import draw_forecast, draw_forecast_map
from .language_map import map_of_languages
from .sources import next_plot, sources_plot
from .transfer import transfer_heatmap
from .trust import strata_plot, trust_picture

__all__ = [
    "Canvas",
    "conditions_plot",
    "contributions_plot",
    "curve_plot",
    "draw_forecast",
    "draw_forecast_map",
    "drivers_plot",
    "errors_plot",
    "map_of_languages",
    "next_plot",
    "save",
    "sources_plot",
    "strata_plot",
    "to_html",
    "to_svg",
    "transfer_heatmap",
    "trust_picture",
    "write_report",
]
