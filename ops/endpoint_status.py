"""Whether everybody agrees on what serves: the endpoint, its stack and the table of releases."""

from collections.abc import Iterator
from dataclasses import dataclass

from ops import endpoints, executions, releases
from ops.alarms import in_alarm
from ops.deployment import Deployment, describe_stack
from ops.endpoints import IN_SERVICE, MISSING, Endpoint
from ops.executions import UnknownExecutionError
from schemas.names import StackName
from schemas.registry import version_of
from schemas.releases import Current, Release, ReleaseStatus, Serving

LAST_RELEASES = 5
_FORGOTTEN = "forgotten"


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """The release that holds the endpoint.

    Attributes:
        release_id: Name of its execution.
        status: Step Functions' word for its execution; `forgotten` when it knows none.
    """

    release_id: str
    status: str

    @property
    def is_running(self) -> bool:
        """Whether it may change the endpoint; one that has ended left its claim behind."""
        return self.status == executions.RUNNING


@dataclass(frozen=True, kw_only=True, slots=True)
class EndpointStatus:
    """The endpoint, and what the others say of it.

    Attributes:
        endpoint: What really serves.
        wanted_config: Endpoint configuration that the stack holds; empty without one.
        stack_status: CloudFormation's word for the stack.
        parameters: What the stack's parameters say should serve.
        current: What the table of releases says serves, and who holds the endpoint.
        holder: The release that holds it; None when none does.
        disagreements: Where these contradict each other; empty when they agree. While a release
            runs they may.
        alarms: Names of the stack's alarms that are in ALARM.
        last_releases: The last releases, the latest last.
    """

    endpoint: Endpoint
    wanted_config: str
    stack_status: str
    parameters: Serving
    current: Current
    holder: Holder | None
    disagreements: tuple[str, ...]
    alarms: tuple[str, ...]
    last_releases: tuple[Release, ...]

    @property
    def is_changing(self) -> bool:
        """Whether a release is changing it."""
        return self.holder is not None and self.holder.is_running

    @property
    def is_well(self) -> bool:
        """Whether everybody agrees, or a release is changing it."""
        return not self.disagreements or self.is_changing

    @property
    def needs_rollback(self) -> bool:
        """Whether a rollback brings back the recorded champion, and not the one before it.

        It does when the stack says something else, and after a release that was not recovered.
        """
        ended = [each for each in self.last_releases if each.status is not ReleaseStatus.RUNNING]
        is_last = bool(ended) and ended[-1].status is ReleaseStatus.UNRECOVERED
        return is_last or self.parameters != self.current.serving


def look(deployment: Deployment) -> EndpointStatus:
    """Return the state of the endpoint."""
    while True:
        current = releases.current(deployment)
        found = _look(deployment, current)
        # What is read while a release begins or ends contradicts itself.
        if releases.current(deployment) == current:
            return found


def _look(deployment: Deployment, current: Current) -> EndpointStatus:
    endpoint = endpoints.describe(deployment)
    # Releases change its parameters while others look.
    stack = describe_stack(deployment.connection, deployment.stacks[StackName.INFERENCE].name)
    wanted = endpoints.wanted_config(deployment)
    parameters = Serving.from_parameters(stack.parameters)
    return EndpointStatus(
        endpoint=endpoint,
        wanted_config=wanted,
        stack_status=stack.status,
        parameters=parameters,
        current=current,
        holder=_holder(deployment, current.held_by) if current.held_by else None,
        disagreements=tuple(_disagreements(endpoint, wanted, parameters, current.serving)),
        alarms=tuple(in_alarm(deployment, stack)),
        last_releases=tuple(releases.read(deployment)[-LAST_RELEASES:]),
    )


def _holder(deployment: Deployment, execution_arn: str) -> Holder:
    try:
        status = executions.describe(deployment, execution_arn).status
    except UnknownExecutionError:
        status = _FORGOTTEN
    return Holder(release_id=execution_arn.rpartition(":")[2], status=status)


def look_if_any(deployment: Deployment) -> EndpointStatus | None:
    """Like `look`; None when the environment can release nothing."""
    needed = (StackName.MODEL_REGISTRY, StackName.INFERENCE)
    return look(deployment) if all(deployment.stacks[name].serves for name in needed) else None


def _disagreements(
    endpoint: Endpoint, wanted_config: str, parameters: Serving, recorded: Serving
) -> Iterator[str]:
    if recorded != parameters:
        yield (
            f"the table of releases says that {in_words(recorded)}, the stack's parameters that "
            f"{in_words(parameters)}"
        )
    if endpoint.status == MISSING:
        if parameters.champion:
            yield "the stack should have an endpoint, and there is none"
        return
    if endpoint.status != IN_SERVICE:
        yield f"the endpoint is {endpoint.status}"
    if endpoint.config != wanted_config:
        yield (
            f"the endpoint serves the configuration {endpoint.config or 'none'}, the stack holds "
            f"{wanted_config or 'none'}: an alarm has undone an update, or somebody changed it"
        )
    if endpoint.serving != parameters:
        yield (
            f"at the endpoint {in_words(endpoint.serving)}, the stack's parameters say that "
            f"{in_words(parameters)}"
        )


def in_words(serving: Serving) -> str:
    """Return what serves as part of a sentence, such as `model 3 serves`."""
    if not serving.champion:
        return "nothing serves"
    champion = f"model {version_of(serving.champion)} serves"
    if not serving.challenger:
        return champion
    return (
        f"{champion}, and model {version_of(serving.challenger)} gets "
        f"{serving.challenger_percent} % of the requests"
    )
