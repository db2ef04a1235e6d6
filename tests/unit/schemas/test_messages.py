import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.messages import (
    SEQUENCER_LENGTH,
    MalformedMessageError,
    ObjectVersion,
    message_key,
    normalize_sequencer,
    parse_s3_event,
    s3_event,
)

# What S3 sends (abridged from its guide): the key is URL-encoded, with + for a blank.
S3_MESSAGE = {
    "Records": [
        {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": "us-west-2",
            "eventTime": "1970-01-01T00:00:00.000Z",
            "eventName": "ObjectCreated:Put",
            "s3": {
                "s3SchemaVersion": "1.0",
                "bucket": {"name": "raw", "arn": "arn:aws:s3:::raw"},
                "object": {
                    "key": "landing/flights/a+b%2Bc%C3%A4.csv",
                    "size": 1024,
                    "eTag": "d41d8cd98f00b204e9800998ecf8427e",
                    "versionId": "096fKKXTRTtl3on89fVO.nfljtsv6qko",
                    "sequencer": "0055AED6DCD90281E5",
                },
            },
        }
    ]
}

versions = st.builds(
    ObjectVersion,
    bucket=st.text(min_size=1),
    key=st.text(min_size=1),
    version_id=st.text(),
    etag=st.text(),
    size=st.integers(min_value=0),
    sequencer=st.text("0123456789ABCDEF", min_size=1, max_size=20).map(normalize_sequencer),
    reprocess=st.booleans(),
)


def changed(**fields: object) -> str:
    message = json.loads(json.dumps(S3_MESSAGE))
    message["Records"][0]["s3"]["object"].update(fields)
    return json.dumps(message)


def test_notification_of_s3_is_read() -> None:
    (version,) = parse_s3_event(json.dumps(S3_MESSAGE))

    assert version == ObjectVersion(
        bucket="raw",
        key="landing/flights/a b+cä.csv",
        version_id="096fKKXTRTtl3on89fVO.nfljtsv6qko",
        etag="d41d8cd98f00b204e9800998ecf8427e",
        size=1024,
        sequencer="0055AED6DCD90281E5".ljust(SEQUENCER_LENGTH, "0"),
    )


@given(versions)
def test_what_is_written_is_what_is_read(version: ObjectVersion) -> None:
    assert parse_s3_event(s3_event(version)) == [version]


@given(versions)
def test_same_version_gives_the_same_message_and_key(version: ObjectVersion) -> None:
    assert message_key(s3_event(version)) == message_key(s3_event(version))


@given(st.text())
def test_no_text_crashes_the_parser(body: str) -> None:
    assert len(message_key(body)) == 64
    with suppress(MalformedMessageError):
        parse_s3_event(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.sampled_from(["key", "size", "sequencer", "eTag", "versionId"]), json_values)
def test_no_field_crashes_the_parser(field: str, value: object) -> None:
    try:
        (version,) = parse_s3_event(changed(**{field: value}))
    except MalformedMessageError:
        return
    assert len(version.sequencer) == SEQUENCER_LENGTH


def test_test_event_announces_nothing() -> None:
    assert parse_s3_event('{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"raw"}') == []


def test_removal_announces_nothing() -> None:
    message = json.loads(json.dumps(S3_MESSAGE))
    message["Records"][0]["eventName"] = "ObjectRemoved:Delete"

    assert parse_s3_event(json.dumps(message)) == []


@pytest.mark.parametrize(
    "body", ["", "null", "[]", "{}", '{"Records": 1}', '{"Records": [1]}', '{"Records": [{}]}']
)
def test_message_that_is_no_notification_is_refused(body: str) -> None:
    with pytest.raises(MalformedMessageError):
        parse_s3_event(body)


def test_deeply_nested_message_is_refused() -> None:
    with pytest.raises(MalformedMessageError):
        parse_s3_event("[" * 100_000)


@pytest.mark.parametrize("sequencer", ["", "xyz", "0" * (SEQUENCER_LENGTH + 1), None])
def test_sequencer_that_orders_nothing_is_refused(sequencer: object) -> None:
    with pytest.raises(MalformedMessageError):
        parse_s3_event(changed(sequencer=sequencer))


def test_key_that_is_no_text_is_refused() -> None:
    with pytest.raises(MalformedMessageError):
        parse_s3_event(changed(key="a%FF.csv"))


def test_sequencers_of_different_lengths_compare_as_s3_prescribes() -> None:
    assert normalize_sequencer("0055ae") < normalize_sequencer("0055AE01")
    assert normalize_sequencer("0055AE01") < normalize_sequencer("0055AF")
