"""The embedded cloud: an AWS emulator, what it lacks, and a supervisor for both."""

from local.cloud import LocalCloud
from local.errors import LocalCloudError

__all__ = ["LocalCloud", "LocalCloudError"]
