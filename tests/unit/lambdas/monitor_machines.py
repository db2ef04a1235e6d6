"""State machines that a function begins executions of."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.unit.lambdas.services import FakeExecutions, RefusedError


@dataclass
class FakeMachines(FakeExecutions):
    """State machines that can be started, as Step Functions starts them."""

    inputs: dict[str, Any] = field(default_factory=dict)

    def StartExecution(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        executions = request["stateMachineArn"].replace(":stateMachine:", ":execution:")
        arn, given = f"{executions}:{request['name']}", json.loads(request["input"])
        # The same request is granted again while its execution runs.
        if arn in self.inputs and (self.inputs[arn], self.statuses[arn]) != (given, "RUNNING"):
            raise RefusedError("ExecutionAlreadyExists")
        self.inputs[arn], self.statuses[arn] = given, "RUNNING"
        return {"executionArn": arn, "startDate": datetime(2026, 1, 1, tzinfo=UTC)}

    def ListExecutions(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        machine = request["stateMachineArn"]
        prefix = machine.replace(":stateMachine:", ":execution:") + ":"
        found = [
            {
                "executionArn": arn,
                "stateMachineArn": machine,
                "name": arn.removeprefix(prefix),
                "status": status,
                "startDate": datetime(2026, 1, 1, tzinfo=UTC),
            }
            for arn, status in self.statuses.items()
            if arn.startswith(prefix) and status == request["statusFilter"]
        ]
        return {"executions": found[: request["maxResults"]]}
