"""Pages as their readers see them: on a desk and on a phone, in bright and in dark surroundings."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reporting import Page
from tests.browser import driver, picture
from tests.browser.driver import Browser
from tests.browser.pages import everything

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(driver.missing()), reason=driver.missing() or "there is a browser"),
]

DESK, PHONE = 1280, 360
"""Widths in CSS pixels; the other is that of a small phone."""
LEAST_CONTRAST = 4.5
"""Of text, by WCAG 2.2, 1.4.3."""
SCRIPTS = Path(__file__).with_name("seen.js").read_text(encoding="utf-8")

schemes = pytest.mark.parametrize("scheme", ["light", "dark"])
widths = pytest.mark.parametrize("width", [DESK, PHONE])


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return everything().write(tmp_path_factory.mktemp("page") / "page.html")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with driver.browser(tmp_path_factory.mktemp("browser")) as result:
        yield result


@pytest.fixture
def opened(browser: Browser, page: Path) -> Browser:
    browser.resize(DESK, 900)
    browser.prefer("light")
    for kind in ("browser", "performance"):
        browser.log(kind)
    browser.open(page.as_uri())
    return browser


def seen(browser: Browser, call: str) -> Any:
    """Call one of the functions of `seen.js` in the page."""
    return browser.run(f"{SCRIPTS}\nreturn {call}")


def test_everything_is_on_the_screen(opened: Browser) -> None:
    sections = seen(opened, "heights('section')")

    assert len(sections) == len(everything().sections)
    assert min(sections) > 80
    for kind in ("header h1", ".tile", ".stage", "figure svg", "thead", "summary", "nav a"):
        heights = seen(opened, f"heights({json.dumps(kind)})")
        assert heights, kind
        assert min(heights) > 10, kind


def test_nothing_is_complained_about_and_nothing_is_asked_of_anybody(
    opened: Browser, page: Path
) -> None:
    messages = [json.loads(each["message"])["message"] for each in opened.log("performance")]
    asked = [
        each["params"]["request"]["url"]
        for each in messages
        if each["method"] == "Network.requestWillBeSent"
    ]

    assert opened.log("browser") == []
    # Its icon is empty; without one the browser would ask for it.
    assert [each for each in asked if not each.startswith("data:")] == [page.as_uri()]


def test_a_complaint_would_be_noticed(opened: Browser) -> None:
    opened.run("console.error('something is wrong')")

    assert "something is wrong" in str(opened.log("browser"))


def test_names_from_data_run_nothing(opened: Browser) -> None:
    assert opened.run("return document.title") == everything().title
    assert opened.run("return document.scripts.length") == 0
    assert "<script>" in opened.run("return document.body.innerText")


@schemes
@widths
def test_the_page_does_not_scroll_sideways(opened: Browser, width: int, scheme: str) -> None:
    opened.resize(width, 800)
    opened.prefer(scheme)

    assert opened.run("return [innerWidth, document.documentElement.scrollWidth]") == [width, width]
    assert seen(opened, "beyond()") == []


def test_what_is_too_wide_for_a_phone_scrolls_by_itself(opened: Browser) -> None:
    # A word of 150 letters has no place on a desk either.
    assert seen(opened, "scrolling()") == 1

    opened.resize(PHONE, 800)

    assert seen(opened, "scrolling()") > 3
    # Stages lie above each other, and tiles two by two.
    assert seen(opened, "lefts('.stage').size") == 1
    assert seen(opened, "lefts('.tile').size") == 2


@schemes
@widths
def test_text_can_be_read(opened: Browser, width: int, scheme: str) -> None:
    opened.resize(width, 800)
    opened.prefer(scheme)

    found = seen(opened, "contrasts()")

    assert len(found) > 100
    assert [each for each in found if each["contrast"] < LEAST_CONTRAST] == []


@schemes
def test_text_in_pictures_can_be_read(opened: Browser, scheme: str) -> None:
    opened.prefer(scheme)

    found = seen(opened, "contrastsInPictures()")

    # Each has names on both axes, and a legend or figures.
    assert len(found) == len(seen(opened, "heights('figure svg')"))
    for each in found:
        assert len(each) > 5
        assert min(each) >= LEAST_CONTRAST


def test_dark_is_dark_and_light_is_light(opened: Browser) -> None:
    light = seen(opened, "luminance(ground(document.body))")
    opened.prefer("dark")
    dark = seen(opened, "luminance(ground(document.body))")

    assert light > 0.8
    assert dark < 0.02


def test_arrows_go_to_the_stages_that_they_name(opened: Browser) -> None:
    found = seen(opened, "targets()")

    ends = {label: (name, off) for label, name, off in found}
    assert {label: name for label, (name, _) in ends.items()} == {
        "unreadable": "Dead letters", "replay": "Raw files", "retrains": "Training",
        "rolls back": "Releases",
    }  # fmt: skip
    # From a wide stage to the middle of what lies above it.
    assert max(ends["retrains"][1], ends["rolls back"][1]) < 3


@pytest.mark.parametrize("width", [DESK, picture.WIDTH, 960])
def test_the_flow_is_not_crowded(opened: Browser, width: int) -> None:
    opened.resize(width, 900)

    assert seen(opened, "crowded()") == []
    assert seen(opened, "lefts('.stage').size") == 5


def test_the_pictures_for_the_readme_are_of_the_page(page: Path, tmp_path: Path) -> None:
    pictures = [path.read_bytes() for path in picture.main(page, tmp_path)]

    assert [each[:8] for each in pictures] == [b"\x89PNG\r\n\x1a\n"] * 2
    assert pictures[0] != pictures[1]


def test_the_pictures_end_between_what_has_drifted_and_the_next_section(
    opened: Browser, page: Path, tmp_path: Path
) -> None:
    sizes = [
        struct.unpack(">II", path.read_bytes()[16:24]) for path in picture.main(page, tmp_path)
    ]
    opened.resize(picture.WIDTH, 900)
    (drifted,) = (n for n, each in enumerate(everything().sections) if "drifts" in each.title)
    ends = seen(opened, "ends()")

    # The flow and the quality by month come first.
    assert drifted == 2
    for width, height in sizes:
        assert width == picture.WIDTH
        assert ends[drifted][1] < height < ends[drifted + 1][0]


def test_a_page_without_a_heat_map_is_not_the_demos(tmp_path: Path) -> None:
    page = Page(title="t", verdict="v", is_good=True).write(tmp_path / "page.html")

    with pytest.raises(ValueError, match="no section with a heat map"):
        picture.main(page, tmp_path)
