"""What checkov finds; not among the tests that always run, because it is large: `make checkov`."""

import json
import subprocess
from pathlib import Path

import pytest

from app import ROOT
from tests.infrastructure.assembly import Assembly
from tests.security.reviewed_findings import Finding, counted, per_hundred

CHECKOV = ROOT / ".venv-checkov" / "bin" / "checkov"
MOST_FAILED = 10  # per hundred resources


def findings_in(assembly: Assembly, folder: Path) -> frozenset[Finding]:
    """Return what checkov finds, one per rule and resource; it sees no acknowledgement."""
    for stack, template in assembly.templates.items():
        (folder / f"{stack}.json").write_text(json.dumps(template))
    result = subprocess.run(
        [CHECKOV, "--directory", folder, "--framework", "cloudformation", "--output", "json",
         "--skip-download", "--compact"],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    report = json.loads(result.stdout)
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 0
    return frozenset(
        Finding(
            each["check_id"],
            assembly.find(Path(each["file_path"]).stem, each["resource"].rpartition(".")[2]),
        )
        for each in report["results"]["failed_checks"]
    )


@pytest.mark.slow
def test_checkov_has_few_findings_that_are_right(assembly: Assembly, tmp_path: Path) -> None:
    found = counted(assembly, findings_in(assembly, tmp_path))
    assert per_hundred(assembly, found) <= MOST_FAILED, sorted(map(str, found))
