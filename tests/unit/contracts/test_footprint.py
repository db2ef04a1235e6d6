"""What reading a file costs besides time: imports and memory."""

import subprocess
import sys

import pytest

MEGABYTE = 10**6
READ = """
import io, sys, tempfile
from pathlib import Path
from contracts.arrow import read_blocks
from contracts.files import FileFormat
from contracts.partitions import PartitionedWriter
from tests.unit.contracts.samples import GOOD, HEADER, SAMPLE, Endless

def run(source):
    with tempfile.TemporaryDirectory() as folder, PartitionedWriter(SAMPLE, Path(folder)) as writer:
        for block in read_blocks(source, SAMPLE, FileFormat.CSV):
            writer.write(block.accepted)

"""


def run_python(program: str, *, heavy: bool = True) -> str:
    prologue = READ if heavy else ""
    return subprocess.run(
        [sys.executable, "-c", prologue + program], check=True, capture_output=True, text=True
    ).stdout


def test_judging_rows_imports_nothing_outside_the_standard_library() -> None:
    program = """
import sys
before = set(sys.modules)
import contracts.rows
roots = {name.partition(".")[0] for name in set(sys.modules) - before}
print(sorted(roots - set(sys.stdlib_module_names)))
"""
    assert run_python(program, heavy=False).strip() == "['contracts', 'schemas']"


def test_reading_and_writing_a_file_with_bad_rows_never_imports_pandas() -> None:
    program = """
odd = GOOD.replace(b"1.5", b"+.5") + GOOD.replace(b"7", b"000000000000000000000007", 1)
bad = b"x\\n\\xff\\n" + GOOD.replace(b"7", b"5000", 1) + GOOD.replace(b"red", b"green")
run(io.BytesIO(HEADER + (GOOD + odd + bad) * 10))
print("pandas" in sys.modules)
"""
    assert run_python(program).strip() == "False"


@pytest.mark.slow
def test_memory_is_flat_from_10_to_500_megabytes() -> None:
    program = """
import resource
chunk = (GOOD * 99 + GOOD.replace(b"7", b"bad", 1)) * 50
run(Endless(HEADER, chunk, {size}))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    small, large = (
        int(run_python(program.format(size=size * MEGABYTE))) * 1024 for size in (10, 500)
    )
    assert large - small < 64 * MEGABYTE, f"{small:,} -> {large:,} bytes"
