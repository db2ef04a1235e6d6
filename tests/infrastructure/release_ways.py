"""Ways through the release pipeline."""

from typing import Any

from lambdas.release.plan import Plan
from lambdas.release.stack import Stack
from schemas.names import StackName
from schemas.releases import Action, Guards, Parameter, ReleaseDecision, Serving
from tests.infrastructure.state_machines import Way

INPUT = {"action": "release", "model_package_arn": "arn:new"}
SEEN = ("Inspect", "IsStill")
SEEN_BACK = ("InspectPrevious", "IsPreviousStill")
TOLD = ("Settle", "Announce", "Sweep", "Done")
UPDATED = ("Update", "Wait", "Look", "IsUpdated")
RESTORED = ("Restore", "IsRestorable")
FAILED = ("SettleFailure", "AnnounceFailure", "Failed")
UNRECOVERED = ("SettleUnrecovered", "AnnounceFailure", "Failed")

Decision = ReleaseDecision


def release_results(environment: str) -> dict[str, Any]:
    """Return what every task answers when the stack is updated, in both directions."""
    settled = {"subject": "a", "message": "b"}
    return {
        "Plan": planned(environment, Decision.UPDATE),
        "Update": {"StackId": "arn"},
        "Look": [looked("UPDATE_COMPLETE")],
        "Inspect": [inspected(Decision.VERIFY)],
        "SmokeTest": {"asked": 20},
        "Restore": [restored(environment, Decision.UPDATE)],
        "UpdateBack": {"StackId": "arn"},
        "LookBack": [looked("UPDATE_COMPLETE")],
        "InspectPrevious": [inspected(Decision.VERIFY)],
        "Settle": settled,
        "SettleFailure": settled,
        "SettleUnrecovered": settled,
        "Announce": {"MessageId": "1"},
        "AnnounceFailure": {"MessageId": "1"},
        "Sweep": {"removed": []},
    }


def planned(environment: str, decision: ReleaseDecision) -> dict[str, Any]:
    """Return what the plan's step answers: the parameters are the release function's own."""
    name = StackName.INFERENCE.in_environment(environment)
    before = Serving(champion="arn:old")
    stack = Stack(
        name=name,
        status="UPDATE_COMPLETE",
        # One that a later version of the stack may have.
        parameters={**before.to_parameters(), "Added": "1"},
    )
    target = Serving(champion="arn:new")
    is_waiting = decision is Decision.WAIT
    return Plan(
        decision=decision,
        reason="",
        release_id="1",
        execution_arn="arn",
        stack_name=name,
        action=None if is_waiting else Action.RELEASE,
        target=target,
        previous=before,
        token="" if is_waiting else "release-1",
        parameters=[] if is_waiting else stack.parameters_for(target, Guards.ON),
    ).to_json()


def restored(environment: str, decision: ReleaseDecision) -> dict[str, Any]:
    plan = planned(environment, Decision.UPDATE)
    return {name: plan[name] for name in ("reason", "stack_name", "parameters")} | {
        "decision": decision,
        "token": "restore-1",
    }


def inspected(decision: ReleaseDecision) -> dict[str, Any]:
    return {"decision": decision, "endpoint_config_name": "config"}


def looked(status: str) -> dict[str, Any]:
    parameters = [{"ParameterKey": Parameter.CHAMPION_PACKAGE_ARN.value, "ParameterValue": "arn"}]
    return {"Stacks": [{"StackName": "s", "StackStatus": status, "Parameters": parameters}]}


def release_ways(environment: str) -> tuple[Way, ...]:
    """Return a way for each decision of each choice."""
    results = release_results(environment)

    def way(changes: dict[str, Any], *states: str, without: str = "") -> Way:
        known = {name: each for name, each in results.items() if name != without}
        return Way(INPUT, known | changes, ("Begin", "Plan", *states))

    def decided(decision: ReleaseDecision) -> dict[str, Any]:
        return {"Plan": planned(environment, decision)}

    def restoring(*decisions: ReleaseDecision) -> dict[str, Any]:
        return {"Restore": [restored(environment, each) for each in decisions]}

    looks = [
        looked(f"UPDATE_{each}")
        for each in ("IN_PROGRESS", "COMPLETE_CLEANUP_IN_PROGRESS", "COMPLETE")
    ]
    waits = [planned(environment, each) for each in (Decision.WAIT, Decision.UPDATE)]
    rolled_back = {"Look": [looked("UPDATE_ROLLBACK_COMPLETE")]}
    stuck = {"LookBack": [looked("UPDATE_ROLLBACK_FAILED")]}
    served = ("IsPlanned", *UPDATED, *SEEN, "SmokeTest")
    still = {
        name: [inspected(each) for each in (Decision.WAIT, Decision.VERIFY)]
        for name in ("Inspect", "InspectPrevious")
    }
    undone = ("IsPlanned", *UPDATED, *RESTORED)
    back = tuple(f"{each}Back" for each in UPDATED)
    return (
        way({}, *served, *TOLD),
        way(
            {"Plan": waits, "Look": looks},
            *("IsPlanned", "WaitForTurn", "Plan", "IsPlanned"),
            *UPDATED,
            *UPDATED[1:] * 2,
            *(*SEEN, "SmokeTest", *TOLD),
        ),
        way(
            still,
            *("IsPlanned", *UPDATED, *SEEN, "WaitToInspect", *SEEN, "SmokeTest", *TOLD),
        ),
        way(
            still | {"Inspect": [inspected(Decision.GIVE_UP)]} | restoring(Decision.VERIFY),
            *("IsPlanned", *UPDATED, *SEEN, *RESTORED),
            *(*SEEN_BACK, "WaitToInspectPrevious", *SEEN_BACK, *FAILED),
        ),
        way(
            rolled_back
            | restoring(Decision.VERIFY)
            | {"InspectPrevious": [inspected(Decision.GIVE_UP)]},
            *(*undone, *SEEN_BACK, *UNRECOVERED),
        ),
        way(decided(Decision.VERIFY), "IsPlanned", *SEEN, "SmokeTest", *TOLD),
        way(decided(Decision.SKIP), "IsPlanned", *TOLD),
        way(decided(Decision.GIVE_UP), "IsPlanned", *RESTORED, *back, *SEEN_BACK, *FAILED),
        way(restoring(Decision.SKIP), *RESTORED, *FAILED, without="Plan"),
        way(rolled_back | restoring(Decision.VERIFY), *undone, *SEEN_BACK, *FAILED),
        way(
            restoring(Decision.WAIT, Decision.UPDATE),
            *(*served, *RESTORED, "WaitToRestore", *RESTORED, *back, *SEEN_BACK, *FAILED),
            without="SmokeTest",
        ),
        way(rolled_back | restoring(Decision.GIVE_UP), *undone, *UNRECOVERED),
        way(rolled_back | stuck, *undone, *back, *UNRECOVERED),
    )
