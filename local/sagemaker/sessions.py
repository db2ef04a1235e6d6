"""Botocore without its owner: no variable and no file of whoever runs this is read."""

import os
import threading
from functools import cache
from typing import Any

import botocore.session

_lock = threading.Lock()


@cache
def shared() -> botocore.session.Session:
    """Return the session that knows nothing but botocore's own data.

    One for all, because what it has read of the data takes a fifth of a second to read again.
    """
    nothing = (None, None, os.devnull, None)
    return botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": nothing,
            "credentials_file": nothing,
        }
    )


def client(service: str, **options: Any) -> Any:
    """Return a client; options are those of botocore's `create_client`."""
    with _lock:  # sessions are not safe to use from several threads, clients are
        return shared().create_client(service, **options)
