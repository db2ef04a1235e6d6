"""A deployment of an endpoint: a new fleet beside the old one, until it is safe, or undone."""

import logging
import time
from contextlib import suppress
from typing import Any

from local.sagemaker import fleets, summaries
from local.sagemaker.errors import ApiError, JobFailedError
from local.sagemaker.fleets import Fleet
from local.sagemaker.guardrails import Guardrails, Step
from local.sagemaker.jobs import MAX_REASON
from local.sagemaker.kinds import ENDPOINT, MODEL
from local.sagemaker.records import Record, now
from local.sagemaker.traffic import FLEET, Routes, Traffic
from local.sagemaker.world import World

logger = logging.getLogger(__name__)

# In the record of an endpoint whose last update was undone after it had begun to take effect.
ROLLED_BACK = "_RolledBack"
INTERNAL_ERROR = "InternalServerError: We encountered an internal error."
_POLL_SECONDS = 0.1


class RollbackError(Exception):
    """The update has to be undone; the message becomes the endpoint's FailureReason."""


class Deployment:
    """One creation or update, run in a thread of its own."""

    def __init__(
        self, world: World, routes: Routes, name: str, config: Record, guardrails: Guardrails
    ) -> None:
        """Describe it.

        Args:
            world: What all parts share.
            routes: Where the endpoint's requests are directed.
            name: Of the endpoint.
            config: The endpoint configuration, as it applies to this endpoint.
            guardrails: How the requests go over when an older fleet serves.
        """
        self._world = world
        self._routes = routes
        self._name = name
        self._config = config
        self._guardrails = guardrails
        self._began = now()

    def run(self) -> None:
        """Deploy it, and record how that ended; the old fleet serves until it went well."""
        traffic: Traffic | None = None
        fleet: Fleet | None = None
        # An old fleet that cannot be brought back needs nothing more than to be replaced.
        with suppress(JobFailedError):
            traffic = self._routes.find(self._name)
        try:
            if traffic is not None:
                self._watch_alarms()
                self._report("Creating")
            fleet = fleets.deploy(self._world, self._name, self._config)
            if traffic is not None:
                self._shift(traffic, fleet)
            self._take_over(traffic, fleet)
        except RollbackError as error:
            self._change(EndpointStatus="RollingBack")
            self._undo(traffic, fleet, str(error), **{ROLLED_BACK: True})
        except (ApiError, JobFailedError) as error:
            self._undo(traffic, fleet, getattr(error, "message", str(error)))
        except Exception:
            logger.exception("deployment of %s", self._name)
            self._undo(traffic, fleet, INTERNAL_ERROR)

    def _shift(self, traffic: Traffic, fleet: Fleet) -> None:
        """Let the new fleet take over step by step.

        Raises:
            RollbackError: an alarm, or too little time. Time that is waited on purpose counts as
                on AWS, however fast the clock is here; starting the fleet counts as it is.
        """
        left = self._guardrails.limit - (now() - self._began)
        for step in self._guardrails.steps:
            self._report("ActivatingTraffic", step)
            traffic.shift(fleet, step.share)
            if step.seconds:
                self._report("Baking", step)
            self._bake(max(0, min(step.seconds, left)))
            left -= step.seconds
            if left < 0:
                raise RollbackError(
                    "The deployment was rolled back: it was not done within "
                    f"MaximumExecutionTimeoutInSeconds ({self._guardrails.limit:g})."
                )

    def _bake(self, seconds: float) -> None:
        """Watch the alarms for a time, by the clock of AWS.

        Raises:
            RollbackError: one is in ALARM.
            JobFailedError: the service ends.
        """
        end = time.monotonic() + seconds / self._world.settings.time_scale
        while True:
            left = end - time.monotonic()
            self._watch_alarms()
            if left <= 0:
                return
            if self._world.closing.wait(min(_POLL_SECONDS, left)):
                raise JobFailedError(INTERNAL_ERROR)

    def _watch_alarms(self) -> None:
        """Look at the alarms, in the name of the role of the first variant's model.

        https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html

        Raises:
            ApiError: the role may not look.
            RollbackError: one is in ALARM.
        """
        if not self._guardrails.alarms:
            return
        variant = self._config["ProductionVariants"][0]
        role = self._world.records.get(MODEL, variant["ModelName"]).get("ExecutionRoleArn", "")
        if found := self._world.settings.in_alarm(role, self._guardrails.alarms):
            names = ", ".join(found)
            raise RollbackError(f"The deployment was rolled back: in state ALARM are {names}.")

    def _report(self, status: str, step: Step | None = None) -> None:
        pending = summaries.of_deployment(
            self._config, status, step, started=self._began, now=now()
        )
        record = self._world.records.update(
            ENDPOINT, self._name, {"PendingDeploymentSummary": pending}
        )
        self._world.telemetry.deployment_changed(record)

    def _take_over(self, traffic: Traffic | None, fleet: Fleet) -> None:
        if self._world.closing.is_set():
            fleet.retire()
            return
        old = None
        if traffic is None:
            self._routes.open(self._name, fleet)
        else:
            old = traffic.take_over(fleet)
        described = fleet.description
        members = {
            "EndpointStatus": "InService",
            "EndpointConfigName": self._config["EndpointConfigName"],
            "ProductionVariants": summaries.of_variants(described["Variants"]),
            "DataCaptureConfig": summaries.of_capture(fleet.capture),
            "PendingDeploymentSummary": None,
            FLEET: described,
        }
        self._world.change(ENDPOINT, self._name, members)
        if old is not None:
            old.retire()

    def _undo(
        self, traffic: Traffic | None, fleet: Fleet | None, reason: str, **members: Any
    ) -> None:
        """Leave everything as it was before, and record why."""
        if traffic is not None:
            traffic.restore()
        if fleet is not None:
            fleet.retire()
        self._change(
            EndpointStatus="Failed" if traffic is None else "InService",
            FailureReason=reason[:MAX_REASON],
            PendingDeploymentSummary=None,
            **members,
        )

    def _change(self, **members: Any) -> None:
        # What ends with the service is told by whoever goes on: see `recovery`.
        if not self._world.closing.is_set():
            self._world.change(ENDPOINT, self._name, members)
