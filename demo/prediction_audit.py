"""Holds the log of predictions against what a client was given."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from demo.client import Call
from ops import explaining
from ops.deployment import Deployment
from ops.prediction_log import LoggedPrediction
from schemas.registry import version_of

_PROVENANCE = ("model_package_arn", "training_job_arn", "code_sha256", "manifest_uri")
_ABSENT = frozenset({"", "unknown"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Audit:
    """What the comparison has found.

    Attributes:
        given: Predictions that the client was given.
        logged: Predictions in the log.
        violations: Every kind of difference, with an example.
    """

    given: int
    logged: int
    violations: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Traced:
    """One prediction that was followed back to the raw files.

    Attributes:
        prediction_id: Its id.
        version: Version of the model that gave it.
        links: What was checked, in order, each with what was found.
        problems: What cannot be traced, or contradicts itself.
    """

    prediction_id: str
    version: int
    links: Sequence[tuple[str, str]]
    problems: Sequence[str]


def audit(calls: Iterable[Call], logged: Iterable[LoggedPrediction]) -> Audit:
    """Check that every prediction that was given lies in the log once, and says where it is from.

    Args:
        calls: Everything that was asked.
        logged: The whole log. It may hold more: what was logged and could not be delivered.
    """
    given = {name: each.model for each in calls for name in each.prediction_ids}
    seen: Counter[str] = Counter()
    faults: dict[str, list[str]] = {}
    for each in logged:
        seen[each.prediction_id] += 1
        for fault in _faults(each, given.get(each.prediction_id)):
            faults.setdefault(fault, []).append(each.prediction_id)
    faults["was given and is not in the log"] = [name for name in given if name not in seen]
    faults["is in the log more than once"] = [name for name, times in seen.items() if times > 1]
    return Audit(
        given=len(given),
        logged=seen.total(),
        violations=tuple(
            f"of {len(names):,} predictions, such as {names[0]}: it {fault}"
            for fault, names in faults.items()
            if names
        ),
    )


def _faults(logged: LoggedPrediction, given_by: str | None) -> Iterator[str]:
    if given_by is not None and logged.model_package_arn != given_by:
        yield "is logged as another model's than its answer said"
    if logged.flaw:
        yield f"is flawed ({logged.flaw})"
    for name in _PROVENANCE:
        if getattr(logged, name) in _ABSENT:
            yield f"is logged without {name}"


def trace(deployment: Deployment, calls: Iterable[Call]) -> list[Traced]:
    """Follow one prediction of each model that has answered back to the raw files, by version."""
    first: Mapping[str, str] = {
        each.model: each.prediction_ids[0] for each in calls if each.is_answered and each.model
    }
    return [_traced(deployment, first[arn], arn) for arn in sorted(first, key=version_of)]


def _traced(deployment: Deployment, prediction_id: str, arn: str) -> Traced:
    found = explaining.explain(deployment, prediction_id)
    links = found.lineage.links if found.lineage else ()
    return Traced(
        prediction_id=prediction_id,
        version=version_of(arn),
        links=[(each.name, f"{each.state.value}: {each.finding}") for each in links],
        problems=found.problems,
    )
