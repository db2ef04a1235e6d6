"""Each fault as a real AWS client sees it, in front of a service that counts what it is asked."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
)
from urllib3.exceptions import HTTPError

from chaos.chance import generator_of
from chaos.faults import Call, Fault, FaultPlan, Rule
from chaos.proxy import FaultProxy

CONTENT = b"0123456789" * 1_000


class Service(ThreadingHTTPServer):
    """Answers every call, and remembers it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.calls: list[tuple[str, bytes]] = []


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Service

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.calls.append((self.command, body))
        content = {"GET": CONTENT, "PUT": b"", "POST": b"{}"}[self.command]
        self.send_response_only(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = answer  # noqa: N815 -- names of the base


@dataclass
class Bench:
    """A service behind a proxy."""

    service: Service
    proxy: FaultProxy
    kills: list[int] = field(default_factory=list)

    def client(self, service: str) -> Any:
        # The stubs want a literal here.
        make: Any = boto3.client
        return make(
            service,
            endpoint_url=self.proxy.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )

    def strike(self, fault: Fault, **options: Any) -> None:
        self.proxy.plan.add(Rule(fault=fault, **options))


@pytest.fixture
def bench() -> Iterator[Bench]:
    kills: list[int] = []
    service = Service()
    threading.Thread(target=service.serve_forever, args=(0.01,), daemon=True).start()
    plan = FaultPlan(generator_of("proxy"))
    with FaultProxy(service.server_address[1], plan, lambda: kills.append(1)) as proxy:
        yield Bench(service, proxy, kills)
    service.shutdown()
    service.server_close()


def get(bench: Bench) -> bytes:
    answer = bench.client("s3").get_object(Bucket="bucket", Key="key")
    content: bytes = answer["Body"].read()
    return content


def test_without_a_rule_calls_and_answers_pass_whole(bench: Bench) -> None:
    bench.client("s3").put_object(Bucket="bucket", Key="key", Body=CONTENT)

    assert get(bench) == CONTENT
    assert bench.service.calls == [("PUT", CONTENT), ("GET", b"")]


@pytest.mark.parametrize(
    ("service", "fault", "code"),
    [
        ("s3", Fault.ERROR, "InternalError"),
        ("s3", Fault.THROTTLE, "SlowDown"),
        ("dynamodb", Fault.ERROR, "InternalServerError"),
        ("dynamodb", Fault.THROTTLE, "ProvisionedThroughputExceededException"),
        ("sqs", Fault.ERROR, "InternalFailure"),
        ("sqs", Fault.THROTTLE, "RequestThrottled"),
    ],
)
def test_a_refusal_looks_like_the_services_own_and_does_nothing(
    bench: Bench, service: str, fault: Fault, code: str
) -> None:
    bench.strike(fault)
    client = bench.client(service)
    call = {"s3": "list_buckets", "dynamodb": "list_tables", "sqs": "list_queues"}[service]

    with pytest.raises(ClientError) as raised:
        getattr(client, call)()

    assert raised.value.response["Error"]["Code"] == code
    assert bench.service.calls == []


@pytest.mark.parametrize(
    ("fault", "is_done"),
    [
        (Fault.CUT, False),
        (Fault.LOSE_ANSWER, True),
        (Fault.KILL_BEFORE, False),
        (Fault.KILL_AFTER, True),
    ],
)
def test_a_lost_connection_leaves_open_whether_the_call_was_done(
    bench: Bench, fault: Fault, is_done: bool
) -> None:
    bench.strike(fault)

    with pytest.raises(ConnectionClosedError):
        get(bench)

    assert bool(bench.service.calls) == is_done
    assert bool(bench.kills) == fault.startswith("kill")


def test_an_answer_that_is_cut_never_looks_whole(bench: Bench) -> None:
    bench.strike(Fault.CUT_ANSWER)

    with pytest.raises((BotoCoreError, HTTPError)):
        get(bench)


def test_a_slow_answer_comes_in_the_end(bench: Bench) -> None:
    bench.strike(Fault.SLOW, delay_seconds=0.2)
    began = time.monotonic()

    assert get(bench) == CONTENT

    assert time.monotonic() - began >= 0.2


def test_a_rule_strikes_its_operations_only_and_as_often_as_it_says(bench: Bench) -> None:
    bench.strike(Fault.ERROR, calls=frozenset({"UpdateItem"}), strikes_left=1)
    table = bench.client("dynamodb")
    update = {"TableName": "t", "Key": {"k": {"S": "v"}}}

    table.get_item(**update)
    with pytest.raises(ClientError):
        table.update_item(**update)
    table.update_item(**update)

    assert bench.proxy.plan.struck == {(Fault.ERROR, "UpdateItem"): 1}
    assert [json.loads(body)["TableName"] for _, body in bench.service.calls] == ["t", "t"]


def test_a_share_of_the_calls_is_struck() -> None:
    plan = FaultPlan(generator_of("share"))
    plan.add(Rule(fault=Fault.ERROR, share=0.3))
    call = Call(service="s3", operation="GetObject")

    struck = [plan.decide(call) for _ in range(1_000)]

    assert 200 < sum(rule is not None for rule in struck) < 400


def test_a_rule_out_of_force_strikes_nothing(bench: Bench) -> None:
    rule = Rule(fault=Fault.CUT)
    bench.proxy.plan.add(rule)
    bench.proxy.plan.remove(rule)
    bench.strike(Fault.CUT)
    bench.proxy.plan.clear()

    assert get(bench) == CONTENT


def test_while_the_service_is_away_connections_end(bench: Bench) -> None:
    bench.service.shutdown()
    bench.service.server_close()

    with pytest.raises(ConnectionClosedError):
        get(bench)
