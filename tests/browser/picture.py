"""Pictures for the README: `python -m tests.browser.picture build/demo/report.html`."""

import sys
import tempfile
from pathlib import Path

from tests.browser import driver
from tests.browser.driver import Browser

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
WIDTH = 1120
"""In CSS pixels."""
RIM = 16
"""Below the last section, in CSS pixels; the next one begins further down."""
# The first heat map ends what the README tells of: the flow, quality by month, what has drifted.
_END = """
const last = document.querySelector("section:has(svg [style*='--heat-'])");
return last && last.getBoundingClientRect().bottom + scrollY;
"""


def main(page: Path, folder: Path = FOLDER) -> list[Path]:
    """Save a page down to its first heat map, in bright and in dark surroundings.

    Returns:
        The files.

    Raises:
        ValueError: there is no heat map.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pictures = []
    with tempfile.TemporaryDirectory() as scratch, driver.browser(Path(scratch)) as browser:
        browser.open(page.resolve().as_uri())
        browser.resize(WIDTH, _height(browser, page))
        for scheme in ("light", "dark"):
            browser.prefer(scheme)
            pictures.append(folder / f"report-{scheme}.png")
            browser.picture(pictures[-1])
    return pictures


def _height(browser: Browser, page: Path) -> int:
    browser.resize(WIDTH, WIDTH)
    end: float | None = browser.run(_END)
    if end is None:
        raise ValueError(f"{page} has no section with a heat map: is it the demo's report?")
    return round(end) + RIM


if __name__ == "__main__":
    sys.stdout.writelines(f"{path}\n" for path in main(Path(sys.argv[1])))
