"""Documents that another version of the code may have written."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any


def known(of: type, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a document that a dataclass has fields for; there may be others."""
    return {each.name: document[each.name] for each in fields(of) if each.name in document}
