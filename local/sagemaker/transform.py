"""Transform jobs: every object below a prefix is answered by a model."""

import threading
import uuid
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from local.sagemaker import model_files, transform_data
from local.sagemaker.containers import Container
from local.sagemaker.errors import ApiError, JobFailedError, JobStoppedError
from local.sagemaker.jobs import Ending, Job
from local.sagemaker.kinds import MODEL, TRANSFORM_JOB
from local.sagemaker.model_server import ModelServer, Response, RetiredError
from local.sagemaker.models import ServedModel, served_model
from local.sagemaker.records import Record, now
from local.sagemaker.storage import RoleStorage
from local.sagemaker.world import World

DEFAULT_PAYLOAD_MB = 6
_DEFAULT_ANSWER_SECONDS, _DEFAULT_RETRIES = 600, 3
_OK, _SERVER_ERROR = 200, 500
_SEE_LOGS = "See job logs for more information"
_ANY_TYPE = "*/*"


class TransformJob(Job):
    """One run of a transform job."""

    kind = TRANSFORM_JOB
    log_group = "/aws/sagemaker/TransformJobs"

    def __init__(self, world: World, record: Record) -> None:
        super().__init__(world, record)
        self._log_stream = f"{self.name}/i-{uuid.uuid4().hex[:17]}"
        self._input: Mapping[str, Any] = record["TransformInput"]
        self._output: Mapping[str, Any] = record["TransformOutput"]
        self._limit = record["MaxPayloadInMB"] << 20
        client = record.get("ModelClientConfig", {})
        self._answer_seconds = client.get("InvocationsTimeoutInSeconds", _DEFAULT_ANSWER_SECONDS)
        self._retries: int = client.get("InvocationsMaxRetries", _DEFAULT_RETRIES)
        self._role = ""
        self._starting = threading.Lock()
        self._server: ModelServer | None = None

    @property
    def storage(self) -> RoleStorage:
        """S3 as the model's role sees it; a transform job has none of its own."""
        return self._world.storage.of_role(self._role)

    def enter(self, stage: str) -> None:
        """Record the start; a transform job has no secondary statuses."""
        if stage == "Downloading":
            self._world.records.update(self.kind, self.name, {"TransformStartTime": now()})

    def execute(self, folder: Path) -> Ending:
        """Serve the model, and have it answer one object after the other."""
        self.enter("Downloading")
        served = self._served_model()
        self._role = served.role
        model_files.install(self._world, folder, served)
        objects = self._download(folder / "input")
        server = self._start(folder, served)
        try:
            for place, content in objects.items():
                self._transform(server, place, content)
        finally:
            server.kill()
        return Ending("Completed")

    def stop(self) -> None:
        """Stop with the object that is being transformed."""
        # The model may be loading, which the server's end waits for.
        threading.Thread(target=self.kill, daemon=True).start()

    def kill(self) -> None:
        """End the model's process."""
        self._stop_requested.set()
        with self._starting:
            if self._server is not None:
                self._server.kill()

    def final_members(self, ending: Ending) -> dict[str, Any]:  # noqa: ARG002
        """Return the end."""
        return {"TransformEndTime": now()}

    def _served_model(self) -> ServedModel:
        records = self._world.records
        try:
            return served_model(records, records.get(MODEL, self.request["ModelName"]))
        except ApiError as error:  # it is gone, or no longer approved
            raise JobFailedError(f"ClientError: {error.message}") from None

    def _download(self, folder: Path) -> dict[str, Path]:
        """Return where each input object is, by its place below the prefix."""
        folder.mkdir()
        source = self._input["DataSource"]["S3DataSource"]
        self.storage.download(source["S3DataType"], source["S3Uri"], folder, self.is_stopping)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path for path in files}

    def _start(self, folder: Path, served: ServedModel) -> ModelServer:
        container = Container(self._world.settings, folder, served.image, keep=True)
        variables = {**served.environment, **self._variables()}
        with self._starting:
            if self.is_stopping():
                raise JobStoppedError
            server = self._server = ModelServer(
                command=model_files.command(container, served.program),
                environment=container.environment(
                    variables, role=served.role, isolated=served.isolated
                ),
                folder=folder,
                on_lines=self.say,
                closing=self._world.closing,
                answer_seconds=self._answer_seconds,
            )
        try:
            server.start()
        except (JobFailedError, RetiredError):  # its log has the reason
            raise self._failed(f"AlgorithmError: {_SEE_LOGS}") from None
        return server

    def _variables(self) -> dict[str, str]:
        """Return what a container knows of the job.

        Source: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-batch-code.html
        """
        strategy = "SINGLE_RECORD" if self._is_single else "MULTI_RECORD"
        return {
            "SAGEMAKER_BATCH": "true",
            "SAGEMAKER_BATCH_STRATEGY": strategy,
            "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": str(self._concurrency),
            "SAGEMAKER_MAX_PAYLOAD_IN_MB": str(self.request["MaxPayloadInMB"]),
            **self.request.get("Environment", {}),
        }

    @property
    def _is_single(self) -> bool:
        return bool(self.request["BatchStrategy"] == "SingleRecord")

    @property
    def _concurrency(self) -> int:
        return self.request.get("MaxConcurrentTransforms") or 1

    def _transform(self, server: ModelServer, place: str, file: Path) -> None:
        answers = self._answers(server, place, file.read_bytes())
        result = transform_data.assembled(
            answers, by_lines=self._output.get("AssembleWith") == "Line"
        )
        uri = f"{self._output['S3OutputPath'].rstrip('/')}/{place}.out"
        self.storage.write(result, uri, self._output.get("KmsKeyId", ""))

    def _answers(self, server: ModelServer, place: str, content: bytes) -> Iterable[bytes]:
        if self._input.get("SplitType", "None") == "None":
            transform_data.refuse_too_long(content, self._limit)
            return [self._ask(server, place, content)]
        records = transform_data.lines_of(content)
        parts = transform_data.batches(records, single=self._is_single, limit=self._limit)
        joins = self.request.get("DataProcessing", {}).get("JoinSource") == "Input"

        def answer(batch: list[bytes]) -> bytes:
            body = self._ask(server, place, transform_data.request_of(batch))
            content_type = self._input.get("ContentType", "")
            return transform_data.joined(batch, body, content_type) if joins else body

        with ThreadPoolExecutor(self._concurrency, thread_name_prefix="transform") as threads:
            return list(threads.map(answer, parts))

    def _ask(self, server: ModelServer, place: str, body: bytes) -> bytes:
        """Return the model's answer; what fails by its own fault is asked again."""
        for retries_left in reversed(range(self._retries + 1)):
            if self.is_stopping():
                raise JobStoppedError
            try:
                response = self._invoke(server, body)
            except (OSError, JobFailedError, RetiredError) as error:
                culprit, message = "AlgorithmError", f"the model does not answer: {error}"
            else:
                if response.status == _OK:
                    return response.body
                is_clients = response.status < _SERVER_ERROR
                culprit = "ClientError" if is_clients else "AlgorithmError"
                message = f"{response.status}: {response.body.decode(errors='replace')}"
            if culprit == "ClientError" or not retries_left:
                break
        self._explain(place, f"{culprit}: {message}")
        raise self._failed(f"{culprit}: {_SEE_LOGS}")

    def _invoke(self, server: ModelServer, body: bytes) -> Response:
        content_type = self._input.get("ContentType", "")
        return server.invoke(body, content_type, self._output.get("Accept") or _ANY_TYPE)

    def _failed(self, reason: str) -> Exception:
        """Return what ends the job: a model that was stopped has not failed."""
        return JobStoppedError() if self.is_stopping() else JobFailedError(reason)

    def _explain(self, place: str, what: str) -> None:
        """Write into the log that AWS keeps beside the container's."""
        line = f"[sagemaker logs]: {place}: {what}"
        self._world.telemetry.printed(self.log_group, f"{self._log_stream}/data-log", [line])
