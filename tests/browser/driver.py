"""A small client of chromedriver: a headless Chromium as its reader sees it.

https://www.w3.org/TR/webdriver2/, and two of Chromium's own additions: its log, and its DevTools.
"""

import base64
import json
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
DRIVER = "chromedriver"
# Tests run as root in containers, which have no sandbox and little shared memory.
SWITCHES = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
            "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--hide-scrollbars")  # fmt: skip
_LISTENING = re.compile(r"started successfully on port (\d+)")
_SECONDS = 60


def missing() -> str:
    """Return what this machine lacks to run a browser; empty when it lacks nothing."""
    if not any(shutil.which(name) for name in BROWSERS):
        return f"there is no Chromium: none of {', '.join(BROWSERS)} is on the PATH"
    return "" if shutil.which(DRIVER) else f"there is no {DRIVER} on the PATH"


@dataclass(frozen=True, slots=True)
class Browser:
    """One session with one window; `session` is its address."""

    session: str

    def open(self, address: str) -> None:
        """Load a page, and wait until it is complete."""
        self._post("url", {"url": address})

    def run(self, script: str, *arguments: object) -> Any:
        """Run a function's body in the page; return what it returns."""
        return self._post("execute/sync", {"script": script, "args": list(arguments)})

    def command(self, name: str, **parameters: Any) -> Any:
        """Send a command of the DevTools protocol."""
        return self._post("goog/cdp/execute", {"cmd": name, "params": parameters})

    def resize(self, width: int, height: int) -> None:
        """Show the page on a screen of this size, in CSS pixels."""
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height,
                     deviceScaleFactor=1, mobile=False)  # fmt: skip

    def prefer(self, scheme: str) -> None:
        """Let the reader prefer `light` or `dark`."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.command("Emulation.setEmulatedMedia", features=[feature])

    def log(self, kind: str) -> list[dict[str, Any]]:
        """Return what was logged since the last call: `browser` or `performance`."""
        found: list[dict[str, Any]] = self._post("se/log", {"type": kind})
        return found

    def picture(self, path: Path) -> None:
        """Save what is on the screen as a PNG file."""
        found = self.command("Page.captureScreenshot")
        path.write_bytes(base64.b64decode(found["data"]))

    def _post(self, command: str, body: dict[str, Any]) -> Any:
        return _ask(f"{self.session}/{command}", body)


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Start a browser whose files are in `folder`; end it."""
    log = folder / "chromedriver.log"
    with log.open("wb") as output:
        # Port 0: it takes a free one and says which.
        server = subprocess.Popen([_path(DRIVER), "--port=0"], stdout=output, stderr=output)
    try:
        address = f"http://127.0.0.1:{_port(server, log)}"
        switches = [*SWITCHES, f"--user-data-dir={folder / 'profile'}"]
        options = {"args": switches, "binary": _path(*BROWSERS)}
        wanted = {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        answer = _ask(f"{address}/session", {"capabilities": {"alwaysMatch": wanted}})
        session = f"{address}/session/{answer['sessionId']}"
        try:
            yield Browser(session)
        finally:
            _ask(session, None, method="DELETE")
    finally:
        server.terminate()
        server.wait(timeout=_SECONDS)


def _path(*names: str) -> str:
    """Return where the first of some programs is that this machine has."""
    return next(found for name in names if (found := shutil.which(name)))


def _port(server: "subprocess.Popen[bytes]", log: Path) -> str:
    """Return where chromedriver listens, once it does."""
    while server.poll() is None:
        time.sleep(0.05)
        if found := _LISTENING.search(log.read_text()):
            return found[1]
    raise RuntimeError(f"chromedriver ended: {log.read_text()}")


def _ask(address: str, body: dict[str, Any] | None, method: str = "POST") -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, method=method)  # noqa: S310 - it is ours
    # Chromedriver is on this machine, whatever proxy the environment names.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=_SECONDS) as answer:
        return json.load(answer)["value"]
