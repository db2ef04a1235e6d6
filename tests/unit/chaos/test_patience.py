import json
from types import SimpleNamespace
from typing import Any

import pytest

from chaos.patience import longest_stay, seconds_of_receives
from schemas.names import Output


class Deployed(dict[Output, str]):
    """Outputs of stacks, and a connection to them."""

    connection: Any


def policy(receives: int | str) -> str:
    return json.dumps({"deadLetterTargetArn": "x", "maxReceiveCount": receives})


@pytest.mark.parametrize("receives", [5, "5"])
def test_a_message_may_lose_every_receive(receives: int | str) -> None:
    assert seconds_of_receives("75", policy(receives)) == 5 * 75


def test_a_message_may_lose_them_in_one_queue_after_the_other() -> None:
    attributes = {
        "ingestion": {"VisibilityTimeout": "75", "RedrivePolicy": policy(5)},
        "dead": {"VisibilityTimeout": "180", "RedrivePolicy": policy(4)},
    }

    def get_queue_attributes(**request: Any) -> dict[str, Any]:
        return {"Attributes": attributes[request["QueueUrl"]]}

    deployment: Any = Deployed(
        {
            Output.INGESTION_QUEUE_URL: "ingestion",
            Output.DEAD_LETTER_QUEUE_URL: "dead",
        }
    )
    sqs = SimpleNamespace(get_queue_attributes=get_queue_attributes)
    deployment.connection = SimpleNamespace(sqs=sqs)
    assert longest_stay(deployment) > 5 * 75 + 4 * 180
