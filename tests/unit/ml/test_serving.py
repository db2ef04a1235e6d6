"""A packed model answers through the local cloud's server, by its own code and as itself."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ml.model import model_sha256
from tests.unit.ml.samples import a_request, json_lines

SERVER = Path(__file__).resolve().parents[3] / "local" / "sagemaker" / "serving.py"
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/flight-delay/7"
DEADLINE_SECONDS = 120


@pytest.fixture(scope="module")
def url(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("container")
    port = folder / "port"
    with subprocess.Popen(
        [sys.executable, SERVER, "--program", "inference.py", "--code", model / "code",
         "--model", model, "--port-file", port],
        # Nothing of the repository can be imported: the model brings its code.
        cwd=folder,
        env={"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1", "MODEL_PACKAGE_ARN": ARN},
    ) as server:  # fmt: skip
        try:
            deadline = time.monotonic() + DEADLINE_SECONDS
            while not port.is_file():
                assert server.poll() is None, "the server has ended"
                assert time.monotonic() < deadline, "the server does not answer"
                time.sleep(0.02)
            yield f"http://127.0.0.1:{port.read_text()}/invocations"
        finally:
            server.terminate()


def invoke(url: str, body: str) -> Any:
    headers = {"Content-Type": "application/jsonlines", "Accept": "application/json"}
    request = urllib.request.Request(url, body.encode(), headers)  # noqa: S310 - http
    with urllib.request.urlopen(request, timeout=DEADLINE_SECONDS) as answer:  # noqa: S310
        return json.loads(answer.read())


def test_it_says_which_model_it_is(url: str, model: Path) -> None:
    answered = invoke(url, json_lines(a_request(), a_request(carrier="AA")))
    assert answered["model"] == {"package_arn": ARN, "sha256": model_sha256(model)}
    assert len(answered["predictions"]) == 2


def test_what_is_wrong_with_a_request_is_answered_too(url: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        invoke(url, json_lines(a_request(month=13)))
    with refused.value as answer:
        assert answer.code == 400
        assert json.loads(answer.read())["errors"][0]["column"] == "month"
