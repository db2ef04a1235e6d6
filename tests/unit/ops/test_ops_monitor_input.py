"""What is wrong with a command's input by itself is said before the cloud is asked."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ops.app import app

RUNNER = CliRunner()

pytestmark = pytest.mark.usefixtures("no_cloud")


def run(*arguments: str) -> Result:
    return RUNNER.invoke(app, ["monitor", *arguments])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--since", "April"], "--since 'April' is no moment"),
        (["--since", "2014", "--until", "2013"], "--since '2014' is no moment"),
        (["--since", "2014-01-01", "--until", "2013-01-01"], "there is no time between"),
        (["--since", "2013-04-02", "--until", "2013-04-02"], "there is no time between"),
        (["--since", "2999-01-01"], "there is no time between --since 2999-01-01 and now"),
        (["--labels", "2013-13"], "--labels: a month is written YYYY-MM"),
    ],
)
def test_what_makes_no_sense_is_said_before_the_cloud_is_asked(
    arguments: list[str], message: str
) -> None:
    result = run("run", *arguments)

    assert result.exit_code == 1
    assert message in result.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        (b"\xff", "cannot be read"),
        (b'{"version": 0,}', "is no JSON: "),
        (b"[]", "is no JSON object"),
        (b'{"features": ["carrier"]}', "must be a list of objects with a name"),
    ],
)
def test_a_file_that_is_no_document_is_said_before_the_cloud_is_asked(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    file = tmp_path / "constraints.json"
    if content is not None:
        file.write_bytes(content)

    result = run("baseline", "edit", "--file", str(file))

    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())


@pytest.mark.parametrize("command", ["edit", "reset"])
def test_that_nobody_can_be_asked_is_said_before_the_cloud_is(command: str) -> None:
    assert "Give --yes, too" in run("baseline", command, "--json").stderr
