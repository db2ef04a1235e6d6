"""Seam: Lambda. Error names, reserved concurrency, metrics, embedded metrics, draining."""

import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from local.adapter import metrics, pinned, resources

NAMESPACE = "AWS/Lambda"

# What the emulator's worker prints when a handler raises. It takes the answer "error" as the end
# of the worker and forgets the exception's class. On Lambda the environment lives on, and the
# class is the error's name, which Step Functions' Retry and Catch match.
_FAILED = (
    '_real_stdout.write(json.dumps({"status": "error", "error": str(e), '
    '"trace": traceback.format_exc()}) + "\\n")'
)
_RAISED = (
    '_real_stdout.write(json.dumps({"status": "ok", "result": None, "raised": {"errorMessage": '
    'str(e), "errorType": type(e).__name__, "stackTrace": traceback.format_tb(e.__traceback__)},'
    ' "trace": traceback.format_exc()}) + "\\n")'
)
_WORKER_DIED = "Worker process died"

# The exception of the invocation that this thread runs, between worker and executor.
_invocation = threading.local()
_draining = threading.Event()


def install() -> None:
    """Put the seam in place."""
    pinned.wrap(
        lambda_runtime,
        "_PYTHON_WORKER_SCRIPT",
        lambda script: pinned.substitute(script, _FAILED, _RAISED),
    )
    pinned.wrap(lambda_runtime.Worker, "invoke", _remember_exception)
    pinned.wrap(lambda_runtime.Worker, "_discard_tmpdir", _discard_unless_draining)
    pinned.wrap(lambda_runtime.Worker, "_read_stderr", _publish_embedded_metrics)
    pinned.wrap(lambda_svc, "_execute_function_warm", _name_errors)
    pinned.wrap(lambda_svc, "_execute_function_dispatch", _measure)
    pinned.wrap(lambda_svc, "_acquire_execution_slot", _count_throttles)
    # The emulator measures calls of Invoke only; everything is measured above instead.
    pinned.wrap(lambda_svc, "_emit_lambda_metrics", lambda _: lambda *_, **__: None)
    pinned.wrap(lambda_svc, "_sqs_esm_concurrency", _poll_regardless_of_reservation)
    pinned.wrap(lambda_svc, "_poll_sqs", _poll_unless_draining)
    resources.after_change("AWS::Lambda::Function", _reserve_concurrency)


def drain(seconds: float) -> None:
    """Take no new batches, wait for running invocations, then end every worker."""
    _draining.set()
    deadline = time.monotonic() + seconds
    while lambda_runtime.workers_in_use() and time.monotonic() < deadline:
        time.sleep(0.02)
    lambda_runtime.reset()


def _remember_exception(invoke: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def wrapped(worker: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        answer = invoke(worker, *args, **kwargs)
        _invocation.raised = answer.get("raised")
        _invocation.trace = answer.get("trace", "")
        return answer

    return wrapped


def _name_errors(execute: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def wrapped(*args: Any, **kwargs: Any) -> dict[str, Any]:
        _invocation.raised = None
        result = execute(*args, **kwargs)
        if _invocation.raised:
            log = "\n".join(filter(None, [result.get("log"), _invocation.trace]))
            return {"body": _invocation.raised, "error": True, "log": log}
        body = result.get("body")
        if isinstance(body, dict) and body.get("errorMessage") == _WORKER_DIED:
            body["errorType"] = "Runtime.ExitError"
        return result

    return wrapped


def _publish_embedded_metrics(_: Callable[[Any], None]) -> Callable[[Any], None]:
    """Read a worker's log as before, and store the metrics in it as they come."""

    def read(worker: Any) -> None:
        for line in worker._proc.stderr:
            text = line.rstrip("\n")
            worker._stderr_queue.put(text)
            metrics.put_embedded(text)

    return read


def _measure(dispatch: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def wrapped(func: Any, config: Any, *args: Any) -> dict[str, Any]:
        all_running, running = lambda_svc.executions_in_flight()
        began = time.time()
        result = dispatch(func, config, *args)
        failed = bool(isinstance(result, dict) and result.get("error"))
        # Filed under its end, so that an alarm never judges a period whose invocations still run;
        # CloudWatch files it under its beginning and judges later.
        for name, value, unit in (
            ("Invocations", 1, "Count"),
            ("Errors", int(failed), "Count"),
            ("Throttles", 0, "Count"),
            ("Duration", (time.time() - began) * 1000, "Milliseconds"),
        ):
            _put(config, name, value, unit=unit)
        mine = running.get(lambda_svc._inflight_key(config), 1)
        _put(config, "ConcurrentExecutions", mine, of_account=all_running)
        return result

    return wrapped


def _count_throttles(acquire: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(func: Any, config: Any) -> Any:
        slot, limit = acquire(func, config)
        if slot is None:
            _put(config, "Throttles", 1)
        return slot, limit

    return wrapped


def _put(
    config: Any, name: str, value: float, *, unit: str = "Count", of_account: float | None = None
) -> None:
    """Store a value of a function, and of the account, which is the metric without dimensions."""
    metrics.put(NAMESPACE, name, value, unit, {"FunctionName": config["FunctionName"]})
    metrics.put(NAMESPACE, name, value if of_account is None else of_account, unit, {})


def _poll_regardless_of_reservation(limit: Callable[..., int]) -> Callable[..., int]:
    """Let a mapping poll beyond the function's reserved concurrency, as AWS does.

    The emulator stops there, which hides the mistake that costs messages on AWS: what is polled
    and then throttled counts as a receive.
    """

    def wrapped(esm: Any, _func: Any, _config: Any, queue: Any = None) -> int:
        return limit(esm, {}, {}, queue)

    return wrapped


def _poll_unless_draining(poll: Callable[[], bool]) -> Callable[[], bool]:
    return lambda: False if _draining.is_set() else poll()


def _discard_unless_draining(discard: Callable[[Any], None]) -> Callable[[Any], None]:
    """Leave the last folders to the supervisor: each holds thousands of a layer's files.

    It removes them all once this process has ended; here they would take the time to save state.
    """

    def wrapped(worker: Any) -> None:
        if not _draining.is_set():
            discard(worker)

    return wrapped


def _reserve_concurrency(name: str, properties: dict[str, Any]) -> None:
    reserved = properties.get("ReservedConcurrentExecutions")
    lambda_svc._functions[name]["concurrency"] = None if reserved is None else int(reserved)
