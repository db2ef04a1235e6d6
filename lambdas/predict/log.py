import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.predict.http import unavailable
from lambdas.shared.objects import Objects
from lambdas.shared.telemetry import logger
from schemas.predictions import SPILLED, PredictionRecord, spilled_key

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_RETRY_SECONDS = 5


class PredictionLog:
    """The queue that every answer is logged through before it is given.

    Args:
        sqs: Client.
        queue_url: The queue.
        spill: Returns where records go that are too large for the queue. It is asked when there is
            one: making a client for S3 takes a good part of a cold start.
        max_message_bytes: Largest record that is not.
    """

    def __init__(
        self,
        *,
        sqs: "SQSClient",
        queue_url: str,
        spill: Callable[[], Objects],
        max_message_bytes: int,
    ) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._spill = spill
        self._max_message_bytes = max_message_bytes

    def append(self, record: PredictionRecord) -> None:
        """Hand `record` over for good.

        Raises:
            RefusedError: 503; it was not taken, or nobody knows whether it was. Whoever asks again
                under the same id, and is answered alike, is logged once.
        """
        try:
            self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=self._message(record))
        except (BotoCoreError, ClientError) as error:
            logger.exception("answer not logged", request_key=record.key)
            raise unavailable(
                "not-logged",
                "the answer could not be logged, so it is not given; ask again later",
                _RETRY_SECONDS,
            ) from error

    def _message(self, record: PredictionRecord) -> str:
        text = record.to_text()
        if len(text.encode()) <= self._max_message_bytes:
            return text
        return json.dumps({SPILLED: self._spill().write(spilled_key(record), text)})
