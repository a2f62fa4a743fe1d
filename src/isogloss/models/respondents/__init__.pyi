from .base import Meter, Respondent, RunSettings
from .kept import ask
from .named import open_respondent

__all__ = ["Meter", "Respondent", "RunSettings", "ask", "open_respondent"]
