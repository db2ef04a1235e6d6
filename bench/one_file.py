"""`python -m bench.one_file ours|pandas|pyarrow FILE`: read one file; print time and memory."""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.measuring import cpu_seconds, peak_bytes

Job = Callable[[Path, Path], object]


def main() -> None:
    """Read the file, and print JSON: `cpu_seconds` of the reading, `peak_bytes` of the process."""
    name, source = sys.argv[1:]
    job: Job
    if name == "ours":
        from bench.ours import ingest as job  # noqa: PLC0415 - peers' imports cost memory
    else:
        from bench.peers import pandas_path, plain_pyarrow  # noqa: PLC0415 - the same

        job = {"pandas": pandas_path, "pyarrow": plain_pyarrow}[name]
    import pyarrow as pa  # noqa: PLC0415 - the same

    pa.set_cpu_count(1)
    with tempfile.TemporaryDirectory() as folder:
        seconds = cpu_seconds(lambda: job(Path(source), Path(folder)))
        print(json.dumps({"cpu_seconds": seconds, "peak_bytes": peak_bytes()}))  # noqa: T201


if __name__ == "__main__":
    main()
