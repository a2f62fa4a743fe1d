from .benchmark import conditions_plot, errors_plot
from .benchmark_page import write_report
from .curve import curve_plot
from .explanation import contributions_plot, drivers_plot
from .files import save
from .forecasts import forecast_map, forecast_picture, forecast_plot
from .language_map import map_of_languages
from .sources import next_plot, sources_plot
from .transfer import transfer_heatmap
from .trust import strata_plot, trust_picture

__all__ = [
    "conditions_plot",
    "contributions_plot",
    "curve_plot",
    "drivers_plot",
    "errors_plot",
    "forecast_map",
    "forecast_picture",
    "forecast_plot",
    "map_of_languages",
    "next_plot",
    "save",
    "sources_plot",
    "strata_plot",
    "transfer_heatmap",
    "trust_picture",
    "write_report",
]
