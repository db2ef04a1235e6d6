"""Compares what roles may do with what was asked in their name."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from local.calls import Call
from tests.security.contexts import contexts_of
from tests.security.deployment import Deployment
from tests.security.needs import key_calls, service_calls
from tests.security.policies import Grant, refused, unused
from tests.security.reviewed_grants import Explained


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is wrong with the policies of a deployment, given what its functions did.

    Attributes:
        refused: Calls that AWS would refuse.
        unused: Grants that no call needs and nobody explained.
        unneeded_explanations: Of grants that do not exist, or are used.
    """

    refused: frozenset[Call]
    unused: frozenset[Grant]
    unneeded_explanations: frozenset[Explained]


def compare(
    deployment: Deployment, recorded: Iterable[Call], explained: Collection[Explained]
) -> Comparison:
    """Compare policies with recorded calls, and with those that AWS makes for a function.

    Args:
        deployment: Templates, and the names of what was deployed from them.
        recorded: Calls of its functions.
        explained: Reasons of grants that need no call.
    """
    calls = {*recorded, *service_calls(deployment)}
    calls |= set(key_calls(deployment, calls))
    context_of = contexts_of(deployment)
    idle = unused(deployment.grants, calls, context_of)
    reasons = {grant: _explanations(deployment, grant, explained) for grant in idle}
    needed = {each for found in reasons.values() for each in found}
    return Comparison(
        refused=refused(calls, deployment.grants, context_of),
        unused=frozenset(grant for grant, found in reasons.items() if not found),
        unneeded_explanations=frozenset(explained) - needed,
    )


def _explanations(
    deployment: Deployment, grant: Grant, explained: Iterable[Explained]
) -> list[Explained]:
    role, resource = (_logical_id(deployment, each) for each in (grant.role, grant.resource))
    return [
        each
        for each in explained
        if grant.action == each.action
        and role.startswith(each.role)
        and resource.startswith(each.resource)
    ]


def _logical_id(deployment: Deployment, name_or_arn: str) -> str:
    """Return the logical id of what is called so, or of what an ARN is about."""
    parts = re.split("[:/]", name_or_arn)
    return next(
        (
            each.logical_id
            for each in deployment.assembly.resources()
            if deployment.name(each) in parts
        ),
        "",
    )
