"""`make release-templates VERSION=1.2.3`: keep today's templates as what later ones must update."""

import argparse
import json
import re
import sys
import tempfile
from pathlib import Path

from app import build_app
from tests.infrastructure.assembly import read_templates
from tests.infrastructure.upgrades import RELEASED

# The one that keeps data, and the one that tests can deploy.
ENVIRONMENTS = ("prod", "local")


def main() -> int:
    """Write the templates; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", help="as in pyproject.toml, such as 1.2.3")
    version = parser.parse_args().version
    folder = RELEASED / version
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        parser.error(f"{version!r} is no version; use three numbers, such as VERSION=1.2.3")
    if folder.exists():
        parser.error(f"{version} was released already: what is deployed somewhere cannot change")
    folder.mkdir(parents=True)
    for environment in ENVIRONMENTS:
        with tempfile.TemporaryDirectory() as outdir:
            build_app(environment, outdir=outdir).synth()
            for stack, template in read_templates(Path(outdir)).items():
                text = json.dumps(template, indent=1, sort_keys=True)
                (folder / f"{stack}.template.json").write_text(f"{text}\n")
    sys.stdout.write(f"{folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
