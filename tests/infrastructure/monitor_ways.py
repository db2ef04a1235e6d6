"""Ways through the model monitor."""

from typing import Any

from tests.infrastructure.state_machines import Way

INPUT = {"trigger": "schedule"}
_SETTLED = {"subject": "Monitor run m failed", "message": "Why: the job ran out of memory."}


def monitor_results(environment: str) -> dict[str, Any]:
    """Return what every task answers when a run finds something to look at."""
    prefix = "s3://artifacts/monitoring/m/"
    return {
        "Plan": {
            "decision": "run",
            "reason": "",
            "monitoring_id": "m",
            "job_prefix": f"{environment}-monitor-1a2b3c4d",
            "image_uri": "1.dkr.ecr.x.amazonaws.com/sagemaker-xgboost:3.2-0",
            "code_prefix_uri": f"s3://artifacts/code/{'0' * 64}/",
            "input_uri": f"{prefix}data.manifest",
            "baseline_uri": f"{prefix}input/",
            "output_uri": f"{prefix}output/",
        },
        "Look": {},
        "Publish": {},
        "Explain": _SETTLED,
        "Announce": {},
    }


def monitor_ways(environment: str) -> tuple[Way, ...]:
    """Return the way that looks, the one without anything to look at, and those that fail."""
    results = monitor_results(environment)
    nothing = results | {"Plan": {"decision": "skip", "reason": "nothing serves"}}
    begun = ("Begin", "Plan", "IsDue")
    return (
        Way(INPUT, results, (*begun, "Look", "Publish", "Done")),
        Way(INPUT, nothing, (*begun, "NothingToDo")),
        Way(INPUT, _without(results, "Plan"), ("Begin", "Plan", "Explain", "Announce", "Failed")),
        Way(INPUT, _without(results, "Look"), (*begun, "Look", "Explain", "Announce", "Failed")),
        Way(
            INPUT,
            _without(results, "Publish"),
            (*begun, "Look", "Publish", "Explain", "Announce", "Failed"),
        ),
        Way(INPUT, _without(results, "Look", "Explain"), (*begun, "Look", "Explain", "NotSettled")),
    )


def _without(results: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: each for name, each in results.items() if name not in names}
