"""Listings: filters, order and pages, the same for every kind."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local.sagemaker.errors import invalid, not_implemented
from local.sagemaker.kinds import Kind
from local.sagemaker.records import Record

DEFAULT_PAGE = 10

_PAGING = {"NextToken", "MaxResults", "SortBy", "SortOrder"}
# Filter -> the member that it looks at, and whether the member passes.
_BOUNDS: dict[str, tuple[str, Callable[[float, float], bool]]] = {
    "CreationTimeAfter": ("CreationTime", lambda at, bound: at > bound),
    "CreationTimeBefore": ("CreationTime", lambda at, bound: at < bound),
    "LastModifiedTimeAfter": ("LastModifiedTime", lambda at, bound: at > bound),
    "LastModifiedTimeBefore": ("LastModifiedTime", lambda at, bound: at < bound),
}


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a listing, and the token with which it goes on ("" at its end)."""

    records: list[Record]
    next_token: str

    def answer(self, member: str) -> dict[str, Any]:
        """Return the page as an answer holds it."""
        token = {"NextToken": self.next_token} if self.next_token else {}
        return {member: self.records, **token}


def page_of(
    kind: Kind,
    records: Iterable[Record],
    params: Mapping[str, Any],
    *,
    descending: bool = False,
    sort_by: str = "CreationTime",
    handled: Iterable[str] = (),
) -> Page:
    """Return the page of `records` that a request asks for.

    Args:
        kind: What the records are of.
        records: All there are, unless the caller has filtered them.
        params: The request.
        descending: The order when the request names none.
        sort_by: What is ordered by when the request names nothing.
        handled: Filters that the caller has applied.

    Raises:
        ApiError: a filter is not supported, or the token is not one of ours.
    """
    unknown = set(params) - _PAGING - set(_BOUNDS) - {"NameContains", "StatusEquals"} - set(handled)
    if unknown:
        raise not_implemented(f"listings of {kind.name} by {', '.join(sorted(unknown))}")
    member = _member(kind, params.get("SortBy", sort_by))
    order = params.get("SortOrder", "Descending" if descending else "Ascending")
    found = [record for record in records if _passes(kind, record, params)]
    return cut(kind, found, params, lambda record: record.get(member), order == "Descending")


def cut(
    kind: Kind,
    records: Iterable[Record],
    params: Mapping[str, Any],
    key: Callable[[Record], Any],
    descending: bool,  # noqa: FBT001 -- the direction of `key`
) -> Page:
    """Order records by a key and return the page that a request asks for.

    A page goes on behind the last record of the one before, so that records which come and go
    meanwhile neither repeat nor hide others.
    """

    def place(record: Record) -> tuple[Any, str]:
        return key(record), record[kind.name_member]

    ordered = sorted(records, key=place, reverse=descending)
    if "NextToken" in params:
        last = _decode(params["NextToken"])
        behind: Callable[[Any], bool] = (
            (lambda where: where < last) if descending else (lambda where: where > last)
        )
        ordered = [record for record in ordered if behind(place(record))]
    size = params.get("MaxResults", DEFAULT_PAGE)
    page = ordered[:size]
    return Page(page, _encode(place(page[-1])) if len(ordered) > size else "")


def _member(kind: Kind, sort_by: str) -> str:
    return {"Name": kind.name_member, "Status": kind.status_member}.get(sort_by, sort_by)


def _passes(kind: Kind, record: Record, params: Mapping[str, Any]) -> bool:
    if params.get("NameContains", "") not in record[kind.name_member]:
        return False
    if params.get("StatusEquals") not in (None, record.get(kind.status_member)):
        return False
    return all(
        compare(record[member], params[name])
        for name, (member, compare) in _BOUNDS.items()
        if name in params
    )


def _encode(place: tuple[Any, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _decode(token: str) -> tuple[Any, str]:
    try:
        value, name = json.loads(base64.urlsafe_b64decode(token))
    except (binascii.Error, ValueError, TypeError):
        raise invalid("Invalid NextToken") from None
    return value, name
