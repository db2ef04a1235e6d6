"""`ops monitor baseline`: what is in force, and how people change it without harm."""

import copy
import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from config import MODEL
from ops import thresholds
from ops.app import app
from schemas.releases import Serving
from tests.unit.ops.monitored import CONSTRAINTS, OVERRIDES_URI, Watched
from tests.unit.ops.serving import MODEL_2
from tests.unit.ops.trained import RUN_ID

RUNNER = CliRunner()
WIDER = {"monitoringConfigOverrides": {"distribution_constraints": {"psi_threshold": 0.4}}}
PATCH = {"features": {"carrier": WIDER}}


def run(*arguments: str, answer: str = "") -> Result:
    return RUNNER.invoke(app, ["monitor", "baseline", *arguments], input=answer)


def constraints() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(run("show", "--json").stdout)
    return document


def feature(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in document["features"] if each["name"] == name)
    return found


@pytest.fixture
def editor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Let an editor do to the document what a line of Python says."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "kept"))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.delenv("VISUAL", raising=False)
    (tmp_path / "kept").mkdir()

    def edits(line: str) -> None:
        program = tmp_path / "editor.py"
        program.write_text(
            "import json, pathlib, sys\n"
            "path = pathlib.Path(sys.argv[-1])\n"
            "document = json.loads(path.read_text())\n"
            f"{line}\n"
            "path.write_text(json.dumps(document))\n"
        )
        monkeypatch.setenv("EDITOR", shlex.join([sys.executable, str(program), "--wait"]))

    return edits


@pytest.fixture
def kept(tmp_path: Path) -> Callable[[], list[str]]:
    """Return the texts that an edit has left behind."""
    return lambda: [each.read_text() for each in (tmp_path / "kept").iterdir()]


WIDEN = f"document['features'][4].update({WIDER})"


def test_what_is_in_force_is_the_baselines_then_the_deployments_then_peoples(
    watched: Watched,
) -> None:
    watched.override(PATCH)

    people, document = run("show"), constraints()

    limits = MODEL.monitoring
    assert feature(document, "distance") == feature(dict(CONSTRAINTS), "distance")
    assert (
        feature(document, "carrier")["monitoringConfigOverrides"]
        == WIDER["monitoringConfigOverrides"]
    )
    assert document["monitoring_config"]["distribution_constraints"] == {
        "perform_comparison": "Enabled", "comparison_threshold": 0.1,
        "psi_threshold": limits.max_psi,
    }  # fmt: skip
    bounds = {
        kind: document[kind]["auc"]["threshold"]
        for kind in ("binary_classification_constraints", "champion_floor")
    }
    assert list(bounds.values()) == pytest.approx([0.7 - limits.max_auc_loss, limits.min_auc])
    rows = {line.split("│")[1].strip(): line for line in people.stdout.splitlines() if "│" in line}
    assert "not compared" in rows["year"]
    assert "0.2" in rows["distance"]
    assert "*" not in rows["distance"]
    assert "0.4" in rows["carrier"]
    assert "*" in rows["carrier"]
    assert "auc" in rows["the model"]
    changed = "features.carrier.monitoringConfigOverrides.distribution_constraints.psi_threshold"
    assert "nothing" in rows[changed]


def test_before_anybody_changes_something_that_is_said(watched: Watched) -> None:
    assert "People have changed nothing" in run("show").stdout
    assert "nothing to undo" in run("reset").stdout
    assert watched.overrides() is None


def test_an_edit_is_shown_confirmed_and_stored_as_what_differs(
    watched: Watched, editor: Callable[[str], None], kept: Callable[[], list[str]]
) -> None:
    editor(WIDEN)

    result = run("edit", answer="y\n")

    assert result.exit_code == 0, result.output
    assert "distribution_constraints.psi_threshold" in result.stdout
    assert watched.overrides() == PATCH
    assert kept() == []
    assert feature(constraints(), "carrier")["monitoringConfigOverrides"]


def test_a_second_edit_keeps_the_first(watched: Watched, editor: Callable[[str], None]) -> None:
    watched.override(PATCH)
    editor("document['champion_floor']['auc']['threshold'] = 0.5")

    result = run("edit", "--yes", "--json")

    assert watched.overrides() == {**PATCH, "champion_floor": {"auc": {"threshold": 0.5}}}
    assert json.loads(result.stdout)["changes"] == [
        {"where": "champion_floor.auc.threshold", "before": MODEL.monitoring.min_auc, "after": 0.5}
    ]


def test_what_people_changed_survives_another_model(
    watched: Watched, editor: Callable[[str], None]
) -> None:
    editor(WIDEN)
    assert run("edit", "--yes").exit_code == 0
    watched.platform.training.register(RUN_ID, auc=0.8)
    watched.baseline()
    watched.platform.serve(Serving(champion=MODEL_2))

    document = constraints()

    assert feature(document, "carrier")["monitoringConfigOverrides"]
    quality = document["binary_classification_constraints"]["auc"]["threshold"]
    assert quality == pytest.approx(0.8 - MODEL.monitoring.max_auc_loss)


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_what_is_not_confirmed_is_not_stored_and_not_lost(
    watched: Watched, editor: Callable[[str], None], kept: Callable[[], list[str]], answer: str
) -> None:
    editor(WIDEN)

    result = run("edit", answer=answer)

    assert result.exit_code == 1
    assert watched.overrides() is None
    (text,) = kept()
    assert "0.4" in text
    assert "--file " in result.stderr


def test_nothing_changed_is_nothing_stored(
    watched: Watched, editor: Callable[[str], None], kept: Callable[[], list[str]]
) -> None:
    editor("pass")

    result = run("edit")

    assert result.exit_code == 0, result.output
    assert "Nothing was changed" in result.stdout
    assert watched.overrides() is None
    assert kept() == []


def test_an_edit_from_a_file_needs_no_editor(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("EDITOR", raising=False)
    document = copy.deepcopy(constraints())
    feature(document, "carrier").update(WIDER)
    file = tmp_path / "constraints.json"
    file.write_text(json.dumps(document))

    assert run("edit", "--file", str(file), "--yes").exit_code == 0
    assert watched.overrides() == PATCH


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("", "no editor is set"),
        ("/no/such/editor", "cannot be started"),
        (f"{sys.executable} -c 'raise SystemExit(3)'", "ended with status 3"),
    ],
)
@pytest.mark.usefixtures("editor")
def test_an_editor_that_fails_changes_nothing(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, kept: Callable[[], list[str]],
    command: str, message: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("EDITOR", command)

    result = run("edit")

    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())
    assert watched.overrides() is None
    assert kept() == []


def test_what_makes_no_sense_is_refused_and_kept(
    watched: Watched, editor: Callable[[str], None], kept: Callable[[], list[str]]
) -> None:
    editor("document['features'][4]['completeness'] = 2")

    result = run("edit", "--yes")

    assert result.exit_code == 1
    assert "features.carrier.completeness must be a number from 0 to 1" in result.stderr
    assert watched.overrides() is None
    assert len(kept()) == 1


@pytest.mark.parametrize("first", [None, PATCH])
def test_two_edits_at_a_time_do_not_undo_each_other(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, editor: Callable[[str], None],
    first: dict[str, Any] | None,
) -> None:  # fmt: skip
    if first:
        watched.override(first)
    editor("document['champion_floor']['auc']['threshold'] = 0.5")
    other = {"champion_floor": {"auc": {"threshold": 0.6}}}
    edited = thresholds.edited

    def somebody_is_quicker(*arguments: Any) -> Any:
        watched.override(other)
        return edited(*arguments)

    monkeypatch.setattr(thresholds, "edited", somebody_is_quicker)

    result = run("edit", "--yes")

    assert result.exit_code == 1
    assert "somebody else has changed" in result.stderr
    assert watched.overrides() == other


def test_with_json_nobody_is_asked(watched: Watched, editor: Callable[[str], None]) -> None:
    watched.override(PATCH)
    editor("pass")

    for command in ("edit", "reset"):
        result = run(command, "--json", answer="y\n")
        assert result.exit_code == 1
        assert "Give --yes, too" in result.stderr
    assert watched.overrides() == PATCH


def test_a_reset_undoes_everything_even_what_cannot_be_read(watched: Watched) -> None:
    watched.put(OVERRIDES_URI, "{broken")

    assert "Undo it: `python -m ops monitor baseline reset`" in run("show").stderr
    assert run("reset", answer="n\n").exit_code == 1
    assert run("reset", "--json", "--yes").exit_code == 0
    assert watched.overrides() == {}
    assert "People have changed nothing" in run("show").stdout


def test_without_a_champion_there_are_no_thresholds(watched: Watched) -> None:
    watched.platform.record(Serving())

    for command in ("show", "edit"):
        result = run(command)
        assert result.exit_code == 1
        assert "nothing serves yet" in result.stderr


def test_a_baseline_that_is_gone_and_a_patch_that_does_not_fit_are_said(watched: Watched) -> None:
    watched.override({"features": {"altitude": {"completeness": 0.5}}})
    assert "what people have changed does not fit model 1" in run("show").stderr

    watched.baseline({**CONSTRAINTS, "features": CONSTRAINTS["features"][3:]})
    assert "config/model.py do not fit model 1" in run("show").stderr

    watched.platform.training.delete(
        f"s3://artifacts-bucket/runs/{RUN_ID}/baseline/constraints.json"
    )
    assert "the baseline of model 1 is gone" in run("show").stderr
