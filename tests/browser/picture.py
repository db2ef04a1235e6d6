"""Pictures for the README: `python -m tests.browser.picture build/demo/report.html`."""

import sys
import tempfile
from pathlib import Path

from tests.browser import driver

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
WIDTH, HEIGHT = 1120, 1400
"""In CSS pixels: what a reader sees of the page first."""


def main(page: Path, folder: Path = FOLDER) -> list[Path]:
    """Save the top of a page, in bright and in dark surroundings; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = []
    with tempfile.TemporaryDirectory() as scratch, driver.browser(Path(scratch)) as browser:
        browser.open(page.resolve().as_uri())
        browser.resize(WIDTH, HEIGHT)
        for scheme in ("light", "dark"):
            browser.prefer(scheme)
            pictures.append(folder / f"report-{scheme}.png")
            browser.picture(pictures[-1])
    return pictures


if __name__ == "__main__":
    sys.stdout.writelines(f"{path}\n" for path in main(Path(sys.argv[1])))
