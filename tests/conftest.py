"""What every test shares: no network, a vector cache of its own, the command, the demo plan."""

from __future__ import annotations

import io
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[1]
DEMO = PROJECT / "corpora" / "plans" / "northmoor-2024.txt"
_LOCAL = {"localhost", "127.0.0.1", "::1"}

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail any test that connects to, or looks up, another machine."""

    def guarded(real: Callable[..., Any]) -> Callable[..., Any]:
        def connect(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in _LOCAL:
                raise AssertionError(f"a test reached for the network: {address}")
            return real(self, address)

        return connect

    def lookup(host: Any, *rest: Any, **more: Any) -> Any:
        if host not in (None, *_LOCAL):
            raise AssertionError(f"a test looked up {host}")
        return real_lookup(host, *rest, **more)

    real_lookup = socket.getaddrinfo
    monkeypatch.setattr(socket.socket, "connect", guarded(socket.socket.connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))
    monkeypatch.setattr(socket, "getaddrinfo", lookup)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Vectors are cached for this test run only, so that it depends on no earlier one."""
    before = os.environ.get("NLPKIT_CACHE")
    os.environ["NLPKIT_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["NLPKIT_CACHE"]
    else:
        os.environ["NLPKIT_CACHE"] = before


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's top folder."""
    return PROJECT


@pytest.fixture(scope="session")
def demo_plan() -> Path:
    """The plan that ``nlpkit demo`` reads."""
    return DEMO


@pytest.fixture(scope="session")
def nlpkit_command() -> Path:
    """The installed command, beside the interpreter that runs the tests."""
    command = Path(sys.executable).parent / "nlpkit"
    assert command.exists(), f"{command} is missing: run 'make setup'"
    return command


@pytest.fixture
def run_process(nlpkit_command: Path, tmp_path: Path) -> Run:
    """Run the real command in an empty folder, in a process of its own."""

    def call(*arguments: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
        options: dict[str, Any] = {
            "capture_output": True,
            "encoding": "utf8",
            "cwd": tmp_path,
            "timeout": 300,
        }
        command = [str(nlpkit_command), *map(str, arguments)]
        return subprocess.run(command, check=False, **(options | more))

    return call


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """The same in this process, which saves a second of imports each time."""
    from nlpkit.cli import main

    monkeypatch.chdir(tmp_path)
    log = logging.getLogger("nlpkit")

    def call(*arguments: str | Path, input: str = "") -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["nlpkit", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(input.encode())))
        handlers, propagate = list(log.handlers), log.propagate
        try:
            main()
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
        finally:
            log.handlers, log.propagate = handlers, propagate
        sys.stdout.flush()
        said = capfdbinary.readouterr()
        return subprocess.CompletedProcess(sys.argv, status, said.out.decode(), said.err.decode())

    return call
