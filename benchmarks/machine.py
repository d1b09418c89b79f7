"""The machine that a benchmark ran on, and the versions of what was measured."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
LIBRARIES = (
    *("openvino", "torch", "sentence-transformers", "transformers", "tokenizers", "spacy", "numpy", "pandas"),
    *("scipy", "scikit-learn"),
)
SETS = {
    "AVX2": ("avx2",),
    "AVX-512": ("avx512f",),
    "AVX-512 VNNI": ("avx512_vnni",),
    "AVX-512 BF16": ("avx512_bf16",),
    "AVX VNNI": ("avx_vnni",),
    "AMX": ("amx_tile",),
    "AMX BF16": ("amx_bf16",),
    "AMX INT8": ("amx_int8",),
    "NEON": ("asimd",),
    "SVE": ("sve",),
    "ARM BF16": ("bf16",),
}
"""What matters to products of matrices, by its name among the processor's flags."""


def machine() -> dict[str, object]:
    """Processor, cores, memory in GB, instruction sets, system, Python."""
    name, flags = processor()
    return {
        "processor": name,
        "cores": cores(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "sets": instruction_sets(flags),
        "lacks": [name for name in ("AMX",) if name not in instruction_sets(flags)],
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def processor() -> tuple[str, frozenset[str]]:
    """The processor's name and its flags, where the system tells them."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf8", errors="replace")
    except OSError:  # not Linux
        return platform.processor() or platform.machine(), frozenset()
    return read_cpuinfo(text)


def read_cpuinfo(text: str) -> tuple[str, frozenset[str]]:
    """The same, from what ``/proc/cpuinfo`` says."""
    facts: dict[str, str] = {}
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon:
            facts.setdefault(key.strip().lower(), value.strip())
    flags = facts.get("flags", "") or facts.get("features", "")
    return facts.get("model name", "") or platform.machine(), frozenset(flags.split())


def instruction_sets(flags: frozenset[str]) -> list[str]:
    """Those of :data:`SETS` that the flags name."""
    return [name for name, wanted in SETS.items() if flags.issuperset(wanted)]


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def load() -> float:
    """How many processes want a core, on average over the last minute."""
    return round(os.getloadavg()[0], 1)


def versions() -> dict[str, str]:
    """Versions of what is measured; "-" for what is not installed."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "-"
    return found


def revision() -> str:
    """The commit of the project, "+" where nlpkit differs from it; "" without git."""
    try:
        said = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=True
        ).stdout.strip()
        changed = subprocess.run(
            ["git", "status", "--porcelain", "--", "nlpkit", "models"],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
    return said + ("+" if changed else "")
