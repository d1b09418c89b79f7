"""Update tables of any size, of which every part is like every other: for measuring how work grows.

Services of 20 actions over 4 periods, their words drawn as :mod:`made_updates` draws them, so that no text
stands twice but where a copy was planted. A larger table begins with the rows of a smaller one, but for copies.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path

from made_updates import _Chain, made_updates

ACTIONS, PERIODS = 20, 4
MONTHS = ("2023-03", "2023-09", "2024-03", "2024-09")
DECLARED = ("Complete", "On track", "Green", "Amber", "Red", "")


def made_rows(size: int, seed: int = 7) -> Iterator[dict[str, str]]:
    """``size`` rows of an update table, service by service."""
    texts, _ = made_updates(size, seed)
    rng = random.Random(seed + 1)
    chain = _Chain(rng)
    plan: list[tuple[str, str, str, str]] = []
    for n, text in enumerate(texts):
        service, place = divmod(n, ACTIONS * PERIODS)
        action, period = divmod(place, PERIODS)
        if not place:
            plan = [
                (
                    " ".join(chain.sentences(22)),
                    " ".join(chain.sentences(12)),
                    " ".join(chain.sentences(15)),
                    f"{rng.randrange(2023, 2026)}-{rng.randrange(1, 13):02d}-28",
                )
                for _ in range(ACTIONS)
            ]
        asked, outcome, planned, due = plan[action]
        yield {
            "row_id": f"{service}/{action + 1}/{MONTHS[period]}",
            "service": f"Service {service} Fire and Rescue Service",
            "source": f"plan-{service}.docx",
            "action_id": str(action + 1),
            "recommendation": asked,
            "required_outcome": outcome,
            "planned_action": planned,
            "due_date": due,
            "as_of": MONTHS[period],
            "update": text,
            "declared": rng.choice(DECLARED),
        }


def write(path: Path, size: int, seed: int = 7) -> None:
    """A table as JSON Lines."""
    with path.open("w", encoding="utf8") as file:
        file.writelines(json.dumps(row) + "\n" for row in made_rows(size, seed))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write a made update table.")
    parser.add_argument("size", type=int)
    parser.add_argument("path", type=Path)
    asked = parser.parse_args()
    write(asked.path, asked.size)
