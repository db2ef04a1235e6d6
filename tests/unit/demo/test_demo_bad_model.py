"""Bad models are good ones but for their serving code, which does what the fault says."""

import io
import math
import tarfile
from types import SimpleNamespace
from typing import Any

import pytest

from demo.bad_model import ENTRY_POINT, Fault, spoil

SERVING = b'''"""What the container imports."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    scores: float


def model_fn(model_dir):
    return model_dir


def predict_fn(data, served):
    return Answer(scores=0.25)
'''
FILES = {"model.ubj": b"trees", ENTRY_POINT: SERVING, "code/ml/model.py": b"# as it was\n"}


def archive(files: dict[str, bytes], prefix: str = "") -> bytes:
    result = io.BytesIO()
    with tarfile.open(fileobj=result, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(prefix + name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return result.getvalue()


def content(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {each.name: file.read() for each in tar if (file := tar.extractfile(each))}


def serving_code(fault: Fault) -> Any:
    module: dict[str, Any] = {"__name__": "inference"}
    exec(content(spoil(archive(FILES), fault))[ENTRY_POINT], module)  # noqa: S102 - our own code
    return SimpleNamespace(**module)


@pytest.mark.parametrize("fault", list(Fault))
def test_only_the_serving_code_is_changed(fault: Fault) -> None:
    found = content(spoil(archive(FILES), fault))

    assert found.pop(ENTRY_POINT).startswith(SERVING)
    assert found == {name: data for name, data in FILES.items() if name != ENTRY_POINT}


def test_a_model_that_raises_loads_first() -> None:
    code = serving_code(Fault.RAISES)

    served = code.model_fn("folder")
    with pytest.raises(RuntimeError, match="bad on purpose"):
        code.predict_fn([], served)


def test_a_model_may_not_even_load() -> None:
    with pytest.raises(RuntimeError, match="bad on purpose"):
        serving_code(Fault.DOES_NOT_LOAD).model_fn("folder")


def test_a_model_may_answer_what_is_no_number() -> None:
    code = serving_code(Fault.NOT_A_NUMBER)

    assert math.isnan(code.predict_fn([], code.model_fn("folder")).scores)


def test_an_archive_may_name_its_files_from_its_own_folder() -> None:
    found = content(spoil(archive(FILES, prefix="./"), Fault.RAISES))

    assert found[f"./{ENTRY_POINT}"] != SERVING


def test_an_archive_without_serving_code_is_refused() -> None:
    with pytest.raises(ValueError, match=ENTRY_POINT):
        spoil(archive({"model.ubj": b"trees"}), Fault.RAISES)
