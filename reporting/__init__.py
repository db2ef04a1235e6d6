"""Self-contained HTML pages with pictures: no script, no font, no request to anywhere."""

from reporting.flow import Arrow, Flow, Side, Stage
from reporting.page import Figure, Page, Section, Table, Tile

__all__ = ["Arrow", "Figure", "Flow", "Page", "Section", "Side", "Stage", "Table", "Tile"]
