import itertools
from functools import partial
from pathlib import Path

import pytest

from bench.assemblies import count_resources
from bench.files import quarantine
from bench.machine import describe_machine
from bench.measuring import in_turns, peak_bytes, run_python
from bench.results import Verdict
from bench.workshop import Workshop


def test_measures_are_taken_in_turns_and_the_median_counts() -> None:
    order: list[str] = []
    figures = {"ours": itertools.cycle([1.0, 9.0, 2.0]), "peer": itertools.cycle([4.0, 3.0, 5.0])}

    def measure(name: str) -> float:
        order.append(name)
        return next(figures[name])

    medians = in_turns({name: partial(measure, name) for name in figures}, 3)

    assert order == ["ours", "peer"] * 3
    assert medians == {"ours": 2.0, "peer": 4.0}


def test_the_least_may_count_instead() -> None:
    figures = itertools.cycle([3.0, 1.0, 2.0])
    assert in_turns({"ours": lambda: next(figures)}, 3, choose=min) == {"ours": 1.0}


def test_a_child_reports_its_result_and_its_own_memory() -> None:
    ballast = bytearray(200_000_000)
    ballast[::4096] = b"x" * len(ballast[::4096])

    child = run_python(
        ["-c", "from bench.measuring import peak_bytes; print(peak_bytes())"],
    )

    assert 1_000_000 < child.output < len(ballast) < peak_bytes()
    assert child.cpu_seconds > 0


def test_a_child_that_fails_says_why() -> None:
    with pytest.raises(RuntimeError, match="no such luck"):
        run_python(["-c", "raise SystemExit('no such luck')"])


def test_the_machine_is_described() -> None:
    assert "pyarrow 26" in describe_machine()


def test_resources_are_counted_over_all_templates(tmp_path: Path) -> None:
    (tmp_path / "a.template.json").write_text('{"Resources": {"A": {}, "B": {}}}')
    (tmp_path / "b.template.json").write_text('{"Outputs": {}}')
    (tmp_path / "manifest.json").write_text('{"Resources": {"C": {}}}')

    assert count_resources(tmp_path) == 2


@pytest.mark.slow
def test_every_injected_bad_row_is_found(tmp_path: Path) -> None:
    lines = list(quarantine(Workshop(tmp_path, lambda _: None)))

    assert [(line.figure, line.verdict) for line in lines] == [(100, Verdict.OK)] * 2
