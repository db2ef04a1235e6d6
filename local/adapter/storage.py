"""Seam: S3. Tags of a bucket in a template."""

from typing import Any

from ministack.services import s3

from local.adapter import pinned, resources


def install() -> None:
    """Put the seam in place."""
    pinned.require(s3, "_bucket_tags")
    resources.after_change("AWS::S3::Bucket", _tag)


def _tag(name: str, properties: dict[str, Any]) -> None:
    tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags") or ()}
    if tags:
        s3._bucket_tags[name] = tags
    else:
        s3._bucket_tags.pop(name, None)
