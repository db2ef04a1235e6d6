"""Messages on the ingestion queue that announce no file of this lake."""

import json
import random

from schemas.messages import ObjectVersion, s3_event


def refused_message(name: str, bucket: str, generator: random.Random) -> str:
    """Draw a message that must be dead-lettered.

    Args:
        name: Makes the message different from all others.
        bucket: The raw bucket.
        generator: Decides what is wrong with it.
    """
    version = ObjectVersion(
        bucket=bucket, key=f"landing/flights/{name}.csv", version_id="", etag="", size=1,
        sequencer="1",
    )  # fmt: skip
    event = s3_event(version)
    return generator.choice(
        [
            f"not JSON: {name}",
            json.dumps([name]),
            json.dumps({"no": "records", "name": name}),
            json.dumps({"Records": [{"eventName": "ObjectCreated:Put", "name": name}]}),
            json.dumps({"Records": [{"name": name}]}),
            event.replace(bucket, f"{bucket}-of-somebody-else"),
            event.replace('"sequencer":"1"', '"sequencer":"xyz"'),
            event.replace('"size":1', '"size":"many"'),
        ]
    )


def harmless_message(name: str, generator: random.Random) -> str:
    """Draw a message that asks for nothing."""
    return generator.choice(
        [
            json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": name}),
            json.dumps({"Records": [{"eventName": "ObjectRemoved:Delete", "name": name}]}),
            json.dumps({"Records": [], "name": name}),
        ]
    )
