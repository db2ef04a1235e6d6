"""A snapshot may be cut off at any AWS call, or run out of time: the next attempt goes on."""

import threading
from collections.abc import Callable

import pytest

from lambdas.shared.errors import TransientError
from lambdas.snapshot import copies
from tests.unit.lambdas.interference import Killed, StopAt, intercepted, unavailable
from tests.unit.lambdas.pipeline import ARTIFACTS, Pipeline, metadata, new_pipeline
from tests.unit.lambdas.world import FakeContext

MONTHS = ("2013-01", "2013-02", "2013-03")
WANTED = {"eta": "0.3"}


@pytest.fixture
def _one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Copy one object at a time, so that calls can be counted."""
    monkeypatch.setattr(copies, "COPIES_AT_A_TIME", 1)


def lake_with_a_champion() -> Pipeline:
    pipeline = new_pipeline()
    pipeline.curate_months(*MONTHS)
    pipeline.add_model(metadata(pipeline.prepare("champion")))
    for key in pipeline.artifacts("snapshots/") + pipeline.artifacts("code/"):
        pipeline.delete(f"s3://{ARTIFACTS}/{key}")
    return pipeline


@pytest.mark.slow
@pytest.mark.usefixtures("pipeline", "_one_by_one")
@pytest.mark.parametrize(
    ("error", "after"), [(unavailable, False), (lambda _: Killed(), True)], ids=["error", "kill"]
)
def test_an_attempt_that_is_cut_off_anywhere_is_completed_by_the_next(
    monkeypatch: pytest.MonkeyPatch, error: Callable[[str], BaseException], *, after: bool
) -> None:
    whole = lake_with_a_champion()
    wanted = whole.prepare("e1", hyperparameters=WANTED)
    everything = whole.artifacts()
    for number in range(1, 100):
        pipeline = lake_with_a_champion()
        stop = StopAt(number, error, after=after)
        with intercepted(stop, monkeypatch):
            try:
                pipeline.prepare("e1", hyperparameters=WANTED)
            except (Killed, TransientError):
                assert stop.was_reached
            else:
                assert not stop.was_reached
                return
        run = pipeline.prepare("e1", hyperparameters=WANTED)
        same = {"run_id", "manifest_sha256", "manifest_uri", "input_uri", "prefix_uri",
                "job_prefix", "parameters_uri"}  # fmt: skip
        # Versions of objects are new in every lake, and so are the names that follow from them.
        assert {name: value for name, value in run.items() if name not in same} == {
            name: value for name, value in wanted.items() if name not in same
        }
        assert run["attempt"] == 1
        assert len(pipeline.artifacts()) == len(everything)
        assert pipeline.prepare("e1", hyperparameters=WANTED) == run
    pytest.fail("the attempt never ended")


def test_an_attempt_without_time_stops_and_the_next_goes_on(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "COPIES_AT_A_TIME", 1)
    pipeline.curate_months(*MONTHS)
    done = 0
    # The first answer sets the reserve; a copy is begun for each further one that leaves more.
    for allowed in (1, 2):
        context = FakeContext(remaining_ms=[60_000, *[60_000] * allowed, 0])
        with pytest.raises(TransientError, match=f"unfinished: {4 - done - allowed} of 4 objects"):
            pipeline.prepare("e1", context)
        done += allowed
        assert len(pipeline.artifacts()) == done

    run = pipeline.prepare("e1")

    assert run["attempt"] == 1
    keys = pipeline.artifacts("snapshots/objects/")
    assert len(keys) == 4
    assert {pipeline.copies(key) for key in keys} == {1}


def test_a_version_that_vanishes_before_it_is_copied_is_taken_anew(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.curate_months(*MONTHS)
    (uri,) = pipeline.curate("flights", "2013-01", name="x").curated_uris
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    copying = threading.Lock()  # copies are made by several threads

    def expire(operation: str, call: Callable[[], object]) -> object:
        if operation != "CopyObject":
            return call()
        with copying:
            answer = pipeline.s3.list_object_versions(Bucket=bucket, Prefix=key)
            for each in answer.get("Versions", []):
                pipeline.s3.delete_object(Bucket=bucket, Key=key, VersionId=each["VersionId"])
        return call()

    with (
        intercepted(expire, monkeypatch),
        pytest.raises(TransientError, match=f"being-replaced: .* of {uri} was removed"),
    ):
        pipeline.prepare("e1")
