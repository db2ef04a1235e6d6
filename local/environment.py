"""The environment variables that turn any AWS client into a client of the local cloud."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
DEFAULT_PORT = 4566
ACCOUNT = "000000000000"
REGION = "us-east-1"

# Everything that could send a client to the real AWS, or to somebody else's account.
_FOREIGN_PREFIXES = ("AWS_", "CDK_", "BOTO_", "PYTHON")
# What child processes need from the machine: where programs are, and how to reach the network.
_TLS_SETTINGS = ("NODE_USE_SYSTEM_CA", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE")


def endpoint_url(port: int) -> str:
    """Return the URL that every AWS client is pointed at.

    An address instead of a name makes S3 clients use path-style URLs, so no DNS is needed.
    """
    return f"http://{HOST}:{port}"


def client_environment(port: int) -> dict[str, str]:
    """Return the variables for clients: endpoint, dummy keys, region, CDK's account and region."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url(port),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "CDK_DEFAULT_ACCOUNT": ACCOUNT,
        "CDK_DEFAULT_REGION": REGION,
    }


def inherited_environment() -> dict[str, str]:
    """Return this process's variables without those that point at an account or an interpreter."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN_PREFIXES)
    }


def server_environment(port: int, state_dir: Path, time_scale: float) -> dict[str, str]:
    """Return the complete environment of the emulator's process.

    Lambda workers inherit it, so it carries nothing of the caller's but `PATH`, `HOME` and the
    language: a handler that works because of a variable in somebody's shell would not on AWS.

    Args:
        port: Port to listen on, 1-65535.
        state_dir: Folder of this emulator; temporary files and persisted state go below it.
        time_scale: Divisor of alarm periods, waits and schedules, see `docs/local-cloud.md`.
    """
    kept = ("PATH", "HOME", "LANG", "LC_ALL", *_TLS_SETTINGS)
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "GATEWAY_PORT": str(port),
        # The default is every interface of the machine.
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,
        # Else a second listener opens on every interface, port 8883.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "MINISTACK_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        # Else botocore in a handler looks for credentials on a link-local address.
        "AWS_EC2_METADATA_DISABLED": "true",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state_dir / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(state_dir / "s3"),
        # Worker folders leak; a private folder for them can be removed as a whole.
        "TMPDIR": str(state_dir / "tmp"),
        "TIME_SCALE": str(time_scale),
        # No Docker socket to look for, even where the machine has one.
        "DOCKER_HOST": "unix:///nonexistent",
    }
