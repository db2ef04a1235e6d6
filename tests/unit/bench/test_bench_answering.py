import json
from pathlib import Path

import pytest

from bench import answering
from bench.in_process import answer_in_process
from bench.results import Verdict
from bench.served import event_of
from bench.workshop import Trained, Workshop
from tests.unit.ml.samples import a_request
from tests.unit.ml.synthetic import write_snapshot

YEAR = tuple(f"2013-{month:02}" for month in range(1, 13))
ANSWER = {
    "predictions": [{"score": 0.25}, {"score": 0.5}],
    "model": {"package_arn": "arn:aws:sagemaker:::model-package/m/1", "sha256": "ab" * 32},
}


def test_layers_are_held_against_the_model_in_process() -> None:
    seconds = dict.fromkeys(answering.LAYERS, 0.030) | {"model": 0.010}

    lines = {line.what.partition(": ")[2]: line for line in answering.lines_of(500, seconds)}

    endpoint = lines["InvokeEndpoint"]
    assert (endpoint.ours, endpoint.peer) == ("30.0 ms", "16,667 flights/s")
    assert endpoint.figure == pytest.approx(3)
    assert lines[answering.LAYERS["model"]].figure == 1
    assert len(lines) == len(answering.LAYERS)


def test_the_predict_function_answers_in_process_what_the_model_says() -> None:
    body = "".join(f"{json.dumps(a_request(flight=number))}\n" for number in (1, 2))

    answer = answer_in_process(event_of(body.encode()), json.dumps(ANSWER).encode())

    assert answer["statusCode"] == 200
    scores = [each["score"] for each in json.loads(answer["body"])["predictions"]]
    assert scores == [0.25, 0.5]


def test_a_body_has_as_many_requests_as_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "asked" / "requests"
    folder.mkdir(parents=True)
    folder.joinpath("requests.jsonl").write_text('{"a": 1}\n{"a": 2}\n{"a": 3}\n')

    assert Trained(tmp_path).body(2) == b'{"a": 1}\n{"a": 2}\n'


@pytest.mark.slow
@pytest.mark.local_cloud
@pytest.mark.synth
def test_every_layer_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_snapshot(tmp_path / "snapshot", YEAR, flights_per_day=3)
    monkeypatch.setattr(answering, "REPETITIONS", 1)

    lines = list(answering.answering(Workshop(tmp_path, lambda _: None)))

    assert len(lines) == 2 * len(answering.LAYERS)
    assert all(line.figure > 0 and line.verdict is Verdict.REPORTED for line in lines)
