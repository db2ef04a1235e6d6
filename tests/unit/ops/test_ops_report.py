"""`ops report`: the platform's page becomes a file."""

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner

from ops.app import app
from ops.commands import platform
from ops.deployment import Deployment
from reporting import Page

RUNNER = CliRunner()
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def _page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a page say which environment it is about; what else is on it is tested elsewhere."""
    module = ModuleType("ops.page")

    def build(deployment: Deployment) -> Page:
        return Page(title=deployment.environment.name, verdict="All is wéll.", is_good=True)

    module.__dict__["build"] = build
    monkeypatch.setitem(sys.modules, "ops.page", module)


@pytest.mark.usefixtures("lake")
def test_the_page_is_written_to_the_build_folder_or_where_somebody_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr(platform, "BUILD", tmp_path / "build")
    elsewhere = tmp_path / "new" / "page.html"

    by_default = RUNNER.invoke(app, ["report", "--json"])
    told = RUNNER.invoke(app, ["report", "--output", str(elsewhere), "--open"])

    page = tmp_path / "build" / "platform-local.html"
    assert json.loads(by_default.stdout) == {"page": str(page)}
    assert "All is wéll." in page.read_text(encoding="utf-8")
    assert elsewhere.read_text(encoding="utf-8") == page.read_text(encoding="utf-8")
    assert str(elsewhere) in told.stdout
    assert "No browser could be opened" in told.stderr
    assert opened == [elsewhere.as_uri()]


@pytest.mark.usefixtures("lake")
def test_nothing_deployed_is_said() -> None:
    result = RUNNER.invoke(app, ["report", "--env", "dev"])

    assert result.exit_code == 1
    assert "mlops-dev-data-lake is not deployed" in result.stderr


def test_no_other_command_waits_for_what_draws() -> None:
    script = "import sys, ops.app; sys.exit('matplotlib' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0
