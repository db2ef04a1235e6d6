import os
import platform
from importlib.metadata import version
from pathlib import Path

_CPU_INFO = Path("/proc/cpuinfo")  # Linux


def describe_machine() -> str:
    """Return processor, cores, memory, system, Python and the engines' versions, in one line."""
    engines = ", ".join(f"{name} {version(name)}" for name in ("pyarrow", "pandas", "boto3"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"{platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, {engines}"
    )


def _processor() -> str:
    if _CPU_INFO.exists():
        for line in _CPU_INFO.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"
