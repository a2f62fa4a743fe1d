from .document import Document, Grid, Items, Picture, Section
from .html import table_html, to_html
from .pdf import to_pdf

__all__ = ["Document", "Grid", "Items", "Picture", "Section", "table_html", "to_html", "to_pdf"]
