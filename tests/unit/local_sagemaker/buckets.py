"""An S3 that knows what the local SageMaker uses, and whose role asks."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

PAGE = 1000


class Buckets(ThreadingHTTPServer):
    """Objects of buckets over HTTP, on the loopback interface.

    Attributes:
        objects: Content by bucket and key.
        calls: Role, method and path of every request.
        denied: Roles that may do nothing.
        headers: Of the request that put each object.
        meeting: Point at which requests about objects wait for each other, when there is one.
        meets: Method of those requests.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.objects: dict[tuple[str, str], bytes] = {}
        self.calls: list[tuple[str, str, str]] = []
        self.denied: set[str] = set()
        self.meeting: threading.Barrier | None = None
        self.meets = "GET"
        self.headers: dict[tuple[str, str], dict[str, str]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def put(self, uri: str, content: str | bytes) -> str:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        self.objects[bucket, key] = content.encode() if isinstance(content, str) else content
        return uri

    def get(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return self.objects[bucket, key]

    def keys(self, uri: str) -> list[str]:
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        return sorted(
            key for found, key in self.objects if (found, True) == (bucket, key.startswith(prefix))
        )


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: Buckets

    def log_message(self, *_: object) -> None:
        pass

    def answer(self) -> None:
        parts = urlsplit(self.path)
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        role = self.headers.get("x-amz-security-token", "").removeprefix("role/")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.calls.append((role, self.command, f"{bucket}/{key}"))
        if self.server.meeting is not None and key and self.command == self.server.meets:
            self.server.meeting.wait(30)
        if role in self.server.denied:
            self.fail(403, "AccessDenied", "Access Denied")
        elif bucket not in {found for found, _ in self.server.objects}:
            self.fail(404, "NoSuchBucket", "The specified bucket does not exist")
        elif self.command == "PUT":
            self.server.objects[bucket, key] = body
            self.server.headers[bucket, key] = dict(self.headers)
            self.send(200, b"")
        elif not key:
            self.list(bucket, {name: values[0] for name, values in parse_qs(parts.query).items()})
        elif (bucket, key) not in self.server.objects:
            self.fail(404, "NoSuchKey", "The specified key does not exist.")
        else:
            self.send(200, self.server.objects[bucket, key])

    def list(self, bucket: str, query: dict[str, str]) -> None:
        after = query.get("continuation-token", "")
        keys = [
            key
            for key in self.server.keys(f"s3://{bucket}/{query.get('prefix', '')}")
            if key > after
        ]
        page, is_cut = keys[:PAGE], len(keys) > PAGE
        contents = "".join(f"<Contents><Key>{escape(quote(key))}</Key></Contents>" for key in page)
        token = f"<NextContinuationToken>{page[-1]}</NextContinuationToken>" if is_cut else ""
        self.send(
            200,
            f"<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>{str(is_cut).lower()}"
            f"</IsTruncated>{token}{contents}</ListBucketResult>".encode(),
        )

    def fail(self, status: int, code: str, message: str) -> None:
        self.send(
            status, f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
        )

    def send(self, status: int, body: bytes) -> None:
        self.send_response_only(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_HEAD = answer  # noqa: N815 -- names of the base
