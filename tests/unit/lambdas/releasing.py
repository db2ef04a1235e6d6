"""A release as the state machine carries it out, step by step."""

import json
from collections.abc import Callable
from typing import Any

from moto.moto_api._internal.models import moto_api_backend

from lambdas.release import handler as release_handler
from lambdas.release.settings import Settings as ReleaseSettings
from lambdas.shared.errors import PermanentError, TransientError
from lambdas.smoke_test.settings import Settings as SmokeTestSettings
from tests.unit.lambdas.endpoints import ENDPOINT, ENVIRONMENT
from tests.unit.lambdas.hosting import STACK
from tests.unit.lambdas.interference import Killed
from tests.unit.lambdas.pipeline import ARTIFACTS, RELEASES
from tests.unit.lambdas.release_requests import execution_arn
from tests.unit.lambdas.release_world import ReleaseWorld
from tests.unit.lambdas.services import GROUP, RefusedError
from tests.unit.lambdas.world import FakeContext

RELEASE_ENVIRONMENT = {
    "STACK_NAME": STACK,
    "ENDPOINT_NAME": ENDPOINT,
    "RELEASES_TABLE_NAME": RELEASES,
    "MODEL_PACKAGE_GROUP_NAME": GROUP,
    "ARTIFACTS_BUCKET_NAME": ARTIFACTS,
    "ENVIRONMENT": ENVIRONMENT,
}
_ATTEMPTS = 6
_MAX_WAITS = 5

SmokeTest = Callable[[dict[str, Any]], object]


def forget_release_settings() -> None:
    """Settings are cached per execution environment; each test is a new one."""
    for settings in (ReleaseSettings, SmokeTestSettings):
        settings.from_environ.cache_clear()


def new_releasing() -> "Releasing":
    """Forget every resource of AWS, and begin anew."""
    moto_api_backend.reset()
    return Releasing()


def refuse(_serving: dict[str, Any]) -> None:
    """A smoke test that finds the endpoint wrong."""
    raise PermanentError("smoke-test-failed", "record 3 gets 0.9 instead of 0.1")


class Releasing(ReleaseWorld):
    """Executions that release models.

    Attributes:
        smoke_test: Takes the place of the smoke test.
        while_waiting: Called, and used up, whenever an execution waits.
        announced: Subjects of what was announced.
    """

    def __init__(self) -> None:
        super().__init__()
        self.smoke_test: SmokeTest = lambda _serving: None
        self.while_waiting: list[Callable[[], object]] = []
        self.announced: list[str] = []

    def step(self, step: str, name: str, **payload: Any) -> dict[str, Any]:
        """Call the release function once."""
        event = {
            "step": step,
            "execution_arn": execution_arn(name),
            "execution_name": name,
            **payload,
        }
        result: dict[str, Any] = release_handler.lambda_handler(
            json.loads(json.dumps(event)),
            FakeContext(),  # type: ignore[arg-type]
        )
        # As Step Functions keeps it.
        return dict(json.loads(json.dumps(result)))

    def plan(self, document: Any, name: str = "e1") -> dict[str, Any]:
        """Begin an execution, and let it plan; return `$.release`."""
        self.begin(name)
        return self.step("plan", name, input=document)

    def run(self, document: Any, name: str = "e1") -> str:
        """Run an execution as the state machine does; return its status.

        Steps are tried again when they are cut off or say that it is of use.
        """
        self.begin(name)
        state: dict[str, Any] = {"input": document}
        settled = self._release(name, state)
        self.announced.append(settled["subject"])
        failed = settled["status"] in {"failed", "unrecovered"}
        if not failed:
            self._try("sweep", name, state)
        self.end(name, "FAILED" if failed else "SUCCEEDED")
        return str(settled["status"])

    def _release(self, name: str, state: dict[str, Any]) -> dict[str, Any]:
        if not (self._plan(name, state) and self._change(name, state, "release")):
            return self._restore(name, state)
        if state["release"]["decision"] == "skip":
            return self._settle("succeeded", name, state)
        if not self._inspect(name, state, "target"):
            return self._restore(name, state)
        try:
            self.smoke_test(state["release"]["target"])
        except PermanentError as error:
            state["error"] = caught(error)
            return self._restore(name, state)
        return self._settle("succeeded", name, state)

    def _inspect(self, name: str, state: dict[str, Any], expected: str) -> bool:
        for _ in range(_MAX_WAITS):
            payload = {"release": state["release"], "expected": expected}
            if not self._try("inspect", name, state, "inspected", **payload):
                return False
            if state["inspected"]["decision"] != "wait":
                return True
            self.while_waiting.pop(0)()
        raise AssertionError("the inspection waits for ever")

    def _plan(self, name: str, state: dict[str, Any]) -> bool:
        for _ in range(_MAX_WAITS):
            if not self._try("plan", name, state, "release", input=state["input"]):
                return False
            if state["release"]["decision"] != "wait":
                return True
            self.while_waiting.pop(0)()
        raise AssertionError("the release waits for ever")

    def _restore(self, name: str, state: dict[str, Any]) -> dict[str, Any]:
        for _ in range(_MAX_WAITS):
            if not self._try("restore", name, state, "restore", state=state):
                return self._settle("unrecovered", name, state)
            decision = state["restore"]["decision"]
            if decision != "wait":
                break
            self.while_waiting.pop(0)()
        if decision == "skip":
            return self._settle("failed", name, state)
        is_back = (
            decision != "give-up"
            and self._change(name, state, "restore")
            and self._inspect(name, state, "previous")
        )
        return self._settle("failed" if is_back else "unrecovered", name, state)

    def _change(self, _name: str, state: dict[str, Any], key: str) -> bool:
        """Update the stack if it was decided; return whether it ended well."""
        if state[key]["decision"] != "update":
            return True
        try:
            self.hosting.update(state[key]["parameters"], state[key]["token"])
        except RefusedError as error:
            state["error"] = {"Error": "CloudFormation.CloudFormationException",
                              "Cause": str(error)}  # fmt: skip
            return False
        state["stack"] = {"status": self.hosting.status}
        return self.hosting.status == "UPDATE_COMPLETE"

    def _settle(self, outcome: str, name: str, state: dict[str, Any]) -> dict[str, Any]:
        assert self._try("settle", name, state, "settled", outcome=outcome, state=state)
        settled: dict[str, Any] = state["settled"]
        assert len(settled["subject"]) < 100
        assert settled["subject"].isascii()
        return settled

    def _try(
        self, step: str, name: str, state: dict[str, Any], result: str = "", /, **payload: Any
    ) -> bool:
        """Call a function as a task with retriers does; return whether it ended well."""
        error: BaseException = AssertionError("never tried")
        for _ in range(_ATTEMPTS):
            try:
                answer = self.step(step, name, **payload)
            except (Killed, TransientError) as passing:
                error = passing
            except PermanentError as permanent:
                error = permanent
                break
            else:
                if result:
                    state[result] = answer
                return True
        state["error"] = caught(error)
        return False


def caught(error: BaseException) -> dict[str, str]:
    """What Step Functions gives to a catcher of a function's exception."""
    name = type(error).__name__
    return {"Error": name, "Cause": json.dumps({"errorMessage": str(error), "errorType": name})}
