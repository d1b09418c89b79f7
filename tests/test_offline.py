"""The whole job with the network forbidden: the encoder's weights and the language model are on disk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import socket, sys

def forbidden(*arguments, **more):
    raise SystemExit(f"reached for the network: {arguments}")

for name in ("connect", "connect_ex"):
    setattr(socket.socket, name, forbidden)
socket.getaddrinfo = socket.gethostbyname = socket.create_connection = forbidden

import nlpkit
scored = nlpkit.score(nlpkit.read(sys.argv[1]))
print(len(scored), sum(map(bool, scored["links"])))
"""


@pytest.mark.slow
def test_scoring_reaches_for_no_network(demo_plan: Path, tmp_path: Path) -> None:
    # An empty cache and an empty home: nothing can have been fetched before.
    alone = os.environ | {
        "NLPKIT_CACHE": str(tmp_path / "cache"),
        "HOME": str(tmp_path),
        "HF_HOME": str(tmp_path / "hf"),
    }
    alone = {name: value for name, value in alone.items() if not name.endswith("_OFFLINE")}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(demo_plan)], capture_output=True, text=True, check=False, env=alone
    )
    assert done.returncode == 0, done.stderr
    rows, linked = map(int, done.stdout.split())
    assert rows == 30 and linked > 0
