"""Search over training jobs and the registry: filters on members, joined by And or Or."""

from collections.abc import Callable, Mapping
from typing import Any

from local.sagemaker import listing
from local.sagemaker.errors import invalid, not_implemented
from local.sagemaker.kinds import MODEL_PACKAGE, MODEL_PACKAGE_GROUP, TRAINING_JOB
from local.sagemaker.records import Record
from local.sagemaker.world import Handlers, Request, World

_KINDS = {kind.name: kind for kind in (TRAINING_JOB, MODEL_PACKAGE, MODEL_PACKAGE_GROUP)}
_IGNORED = {"Resource", "SearchExpression", "CrossAccountFilterOption"}
_MAX_DEPTH = 20

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda found, wanted: found == wanted,
    "NotEquals": lambda found, wanted: found != wanted,
    "GreaterThan": lambda found, wanted: found > wanted,
    "GreaterThanOrEqualTo": lambda found, wanted: found >= wanted,
    "LessThan": lambda found, wanted: found < wanted,
    "LessThanOrEqualTo": lambda found, wanted: found <= wanted,
}


class Searching:
    """The operation Search."""

    def __init__(self, world: World) -> None:
        self._world = world

    def handlers(self) -> Handlers:
        """Return what answers each operation."""
        return {"Search": self.search}

    def search(self, request: Request) -> dict[str, Any]:
        """Return a page of what passes the search expression, the newest first."""
        kind = _KINDS.get(request["Resource"])
        if kind is None:
            raise not_implemented(f"searches for {request['Resource']}")
        expression = request.params.get("SearchExpression", {})
        found = [
            {**record, "Tags": record.get("Tags", [])}
            for record in self._world.records.all_of(kind)
            if passes(record, expression)
        ]
        page = listing.cut(
            kind,
            found,
            {name: value for name, value in request.params.items() if name not in _IGNORED},
            lambda record: member_of(record, request.params.get("SortBy", "CreationTime")) or "",
            request.params.get("SortOrder", "Descending") == "Descending",
        )
        results = {"Results": [{kind.name: record} for record in page.records]}
        return results | ({"NextToken": page.next_token} if page.next_token else {})


def passes(record: Record, expression: Mapping[str, Any], depth: int = 0) -> bool:
    """Return whether a record satisfies a search expression; an empty one is always satisfied.

    Raises:
        ApiError: the expression has parts that are not supported.
    """
    if expression.get("NestedFilters"):
        raise not_implemented("NestedFilters of searches")
    if depth > _MAX_DEPTH:
        raise invalid(f"The search expression is nested more than {_MAX_DEPTH} deep.")
    results = [_passes_filter(record, each) for each in expression.get("Filters", ())]
    results += [passes(record, each, depth + 1) for each in expression.get("SubExpressions", ())]
    join = any if expression.get("Operator") == "Or" else all
    return join(results) if results else True


def member_of(record: Record, name: str) -> Any:
    """Return the member that a dotted name leads to, or None.

    The rest of a name is tried as a key as it stands, because keys of maps may hold dots.
    `Tags.<key>` and `Metrics.<name>` look into the lists of that meaning.
    """
    head, dot, rest = name.partition(".")
    if dot and head == "Tags":
        return {tag["Key"]: tag["Value"] for tag in record.get("Tags", ())}.get(rest)
    if dot and head == "Metrics":
        final = record.get("FinalMetricDataList", ())
        return {each["MetricName"]: each["Value"] for each in final}.get(rest)
    if name in record or not dot:
        return record.get(name)
    inner = record.get(head)
    return member_of(inner, rest) if isinstance(inner, Mapping) else None


def _passes_filter(record: Record, each: Mapping[str, Any]) -> bool:
    operator: str = each.get("Operator", "Equals")
    wanted: str = each.get("Value", "")
    found = member_of(record, each["Name"])
    if operator in ("Exists", "NotExists"):
        return (found is not None) == (operator == "Exists")
    if found is None:
        return operator == "NotEquals"
    if operator == "Contains":
        return wanted in str(found)
    if operator == "In":
        return str(found) in wanted.split(",")
    if isinstance(found, int | float) and not isinstance(found, bool):
        try:
            return bool(_COMPARISONS[operator](found, float(wanted)))
        except ValueError:
            raise invalid(f"{each['Name']} is compared with {wanted!r}, no number.") from None
    return bool(_COMPARISONS[operator](str(found), wanted))
