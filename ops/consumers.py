"""What takes messages from queues, each with a dead-letter queue, a parking queue and a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from schemas.names import Output, StackName


class Consumer(StrEnum):
    """Whose messages; its value is what people call its queue."""

    INGESTION = "ingestion"
    PREDICTIONS = "predictions"

    @property
    def outputs(self) -> "ConsumerOutputs":
        """Where its messages are."""
        return _OUTPUTS[self]

    @property
    def queues(self) -> Mapping[str, Output]:
        """Its queues, from the first to the last that a message may reach, by name."""
        of = "" if self is Consumer.INGESTION else f"{self} "
        return {
            self.value: self.outputs.queue,
            f"{of}dead-letter": self.outputs.dead_letter_queue,
            f"{of}parking": self.outputs.parking_queue,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsumerOutputs:
    """Outputs that tell where a consumer's messages are.

    Attributes:
        stack: Stack that has them.
        queue: Address of its queue.
        dead_letter_queue: Address of the queue of what died.
        parking_queue: Address of the queue of what could not be archived.
        dead_letter_table: Name of the table of what died.
    """

    stack: StackName
    queue: Output
    dead_letter_queue: Output
    parking_queue: Output
    dead_letter_table: Output


_OUTPUTS = {
    Consumer.INGESTION: ConsumerOutputs(
        stack=StackName.INGESTION,
        queue=Output.INGESTION_QUEUE_URL,
        dead_letter_queue=Output.DEAD_LETTER_QUEUE_URL,
        parking_queue=Output.PARKING_QUEUE_URL,
        dead_letter_table=Output.DEAD_LETTER_TABLE_NAME,
    ),
    Consumer.PREDICTIONS: ConsumerOutputs(
        stack=StackName.PREDICTION,
        queue=Output.PREDICTION_QUEUE_URL,
        dead_letter_queue=Output.PREDICTION_DEAD_LETTER_QUEUE_URL,
        parking_queue=Output.PREDICTION_PARKING_QUEUE_URL,
        dead_letter_table=Output.PREDICTION_DEAD_LETTER_TABLE_NAME,
    ),
}
