from pathlib import Path
from typing import Any

import pytest

from bench import local_job
from bench.results import Verdict
from bench.workshop import Workshop


@pytest.mark.local_cloud
def test_a_job_takes_longer_than_its_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_job, "REPETITIONS", 1)

    (line,) = local_job.local_job(Workshop(tmp_path, lambda _: None))

    assert line.figure > 0
    assert line.verdict is Verdict.REPORTED
    assert (tmp_path / "copy" / "file").read_bytes() == local_job.CONTENT


class UnluckyClient:
    """SageMaker whose jobs fail when they are looked at for the second time."""

    def __init__(self) -> None:
        self._answers: list[dict[str, Any]] = [
            {"ProcessingJobStatus": "InProgress"},
            {"ProcessingJobStatus": "Failed", "FailureReason": "no such luck"},
        ]

    def create_processing_job(self, **request: Any) -> None:
        assert request["ProcessingJobName"] == "job"

    def describe_processing_job(self, **_: Any) -> dict[str, Any]:
        return self._answers.pop(0)


def test_a_job_that_fails_says_why() -> None:
    with pytest.raises(RuntimeError, match="no such luck"):
        local_job.run_job(UnluckyClient(), "job")
