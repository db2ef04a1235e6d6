import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import __main__ as command
from bench.measuring import ROOT
from bench.results import Bound, Line
from bench.workshop import Workshop

NAMES = tuple(command.BENCHMARKS)
PAGE = ROOT / "docs" / "benchmarks.md"


def benchmark(figure: float) -> object:
    def measure(workshop: Workshop) -> Iterator[Line]:
        assert workshop.folder.is_dir()
        workshop.say("measuring")
        yield Line(what="<speed>", ours="1 s", figure=figure, unit="×", must=Bound(2))

    return measure


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "BENCHMARKS", {"good": benchmark(1.5), "bad": benchmark(2.5)})
    monkeypatch.setattr(command, "REPORT", ROOT / "build" / "bench" / "test.html")


def test_the_page_says_what_to_know_of_every_benchmark() -> None:
    rows = {line.partition(" |")[0] for line in PAGE.read_text().splitlines()}
    assert {f"| `{each}`" for each in NAMES} <= rows


def test_a_broken_promise_is_the_exit_status() -> None:
    assert command.main(["good"]) == 0
    assert command.main(["good", "bad"]) == 1
    assert command.main([]) == 1


def test_what_was_measured_is_printed_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command.main(["bad", "--json", str(tmp_path / "new" / "bench.json")])

    assert "MISSED" in capsys.readouterr().out
    result = json.loads((tmp_path / "new" / "bench.json").read_text())
    assert [(line["what"], line["figure"], line["verdict"]) for line in result["lines"]] == [
        ("<speed>", 2.5, "MISSED")
    ]
    assert "cores" in result["machine"]
    assert "&lt;speed&gt;" in command.REPORT.read_text()


def test_an_unknown_name_is_told_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["speed"])

    assert "use some of: good, bad" in capsys.readouterr().err
