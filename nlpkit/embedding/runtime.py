"""OpenVINO, imported so that it stays small and quiet, and what of this machine its results depend on."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from functools import cache
from importlib import metadata
from pathlib import Path
from types import ModuleType

from nlpkit.errors import NlpkitError

__all__ = ["Unusable", "cores", "last_line", "machine", "openvino", "openvino_version"]

_CONVERTER = "openvino.tools.ovc"


class Unusable(NlpkitError):
    """The accelerated encoder does not work, or not rightly, on this machine."""


def openvino() -> ModuleType:
    """The module ``openvino``, without its model converter.

    The converter brings a module that reports use to its makers where the user has agreed to it;
    nlpkit converts nothing, and so does not load either (0.1 s less, too).

    Raises:
        ImportError: it is not installed, or cannot run here.
    """
    hide = "openvino" not in sys.modules and _CONVERTER not in sys.modules
    if hide:
        sys.modules[_CONVERTER] = None  # type: ignore[assignment]
    try:
        import openvino as module
    finally:
        if hide:
            del sys.modules[_CONVERTER]
    found: ModuleType = module
    return found


@cache
def openvino_version() -> str:
    """The installed version, found without importing it; "" where there is none."""
    try:
        return metadata.version("openvino")
    except metadata.PackageNotFoundError:
        return ""


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine() -> str:
    """The processor and its instruction sets, as a short hash."""
    told = [platform.system(), platform.machine(), platform.processor()]
    told.append(os.environ.get("ONEDNN_MAX_CPU_ISA", ""))
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf8", errors="replace").splitlines()
        told += sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))})
    except OSError:  # not Linux
        pass
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:12]


def last_line(error: BaseException) -> str:
    """What an error of OpenVINO comes down to: its last line, without the places in its source."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__).rstrip(".:")
