"""More jobs than run at a time."""

from collections.abc import Callable

import pytest

from local.sagemaker import ApiError
from tests.cloud import eventually
from tests.unit.local_sagemaker.lab import Gate, Lab

# Joins the others in a folder, waits, and leaves; how many it met is in the log.
MEETS = """
    import os, pathlib, sys
    here = pathlib.Path(os.environ["HERE"])
    mine = here / os.environ["TRAINING_JOB_NAME"]
    mine.touch()
    print(len(list(here.iterdir())))
    open(os.environ["GATE"]).read()
    mine.unlink()
"""


@pytest.mark.slow
def test_twenty_jobs_run_a_few_at_a_time_and_all_complete(
    new_lab: Callable[..., Lab], gate: Gate
) -> None:
    lab = new_lab(concurrency=3)
    here = lab.folder / "here"
    here.mkdir()
    names = [f"job-{number}" for number in range(20)]
    for name in names:
        lab.train(name, MEETS, Environment={**gate.environment, "HERE": str(here)})
    eventually(lambda: len(list(here.iterdir())) == 3, "three run", seconds=60)

    states = [lab.training(name)["SecondaryStatus"] for name in names]
    assert states.count("Training") == 3
    assert states.count("Pending") == 17

    gate.open()
    assert {lab.trained(name)["TrainingJobStatus"] for name in names} == {"Completed"}
    assert max(int(line) for name in names for line in lab.log_of(name)) == 3


def test_jobs_start_in_the_order_in_which_they_came(new_lab: Callable[..., Lab]) -> None:
    lab = new_lab(concurrency=1)
    names = [f"job-{number}" for number in range(4)]
    for name in names:
        lab.train(name)

    starts = [lab.trained(name)["TrainingStartTime"] for name in names]

    assert starts == sorted(starts)


def test_a_full_queue_is_an_exhausted_quota(new_lab: Callable[..., Lab], gate: Gate) -> None:
    lab = new_lab(concurrency=1, queue_limit=2)
    script = f"import os; {gate.WAIT}"
    lab.train("first", script, Environment=gate.environment)
    lab.train("second")

    with pytest.raises(ApiError) as refused:
        lab.process("third")

    assert refused.value.code == "ResourceLimitExceeded"
    gate.open()
    lab.trained("second")
    eventually(lambda: is_admitted(lab, "third"), "there is room again")


def is_admitted(lab: Lab, name: str) -> bool:
    try:
        lab.process(name)
    except ApiError:
        return False
    return True


def test_a_name_in_use(lab: Lab) -> None:
    lab.train("t")
    lab.process("p")

    for create in (lab.train, lab.process):
        with pytest.raises(ApiError, match="must be unique within an AWS account") as refused:
            create("t" if create == lab.train else "p")
        assert refused.value.code == "ResourceInUse"
