"""Self-contained HTML pages with pictures: no script, no font, no request to anywhere."""

from reporting.page import Figure, Page, Section, Table, Tile

__all__ = ["Figure", "Page", "Section", "Table", "Tile"]
