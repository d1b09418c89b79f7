"""nlpkit: reads fire and rescue action plans and judges their progress updates.

Doors, each loaded on first use::

    updates = nlpkit.read("plan.txt", service="Northmoor Fire and Rescue Service")
    scored = nlpkit.score(updates)
    links = nlpkit.link(updates, catalogue="spotlight")
    counterparts = nlpkit.link_actions(updates, updates_of_another_service)
    themes = nlpkit.themes(updates)
    table = nlpkit.compare(scored, catalogue="spotlight")
    nlpkit.report(scored, "report.html")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nlpkit.analysis.comparison import compare
    from nlpkit.intake import read
    from nlpkit.publishing import report
    from nlpkit.scoring import link, link_actions, score
    from nlpkit.theming import themes

__all__ = ["__version__", "compare", "link", "link_actions", "read", "report", "score", "themes"]

__version__ = "0.1.0"

_DOORS = {
    "compare": "nlpkit.analysis.comparison",
    "link": "nlpkit.scoring",
    "link_actions": "nlpkit.scoring",
    "read": "nlpkit.intake",
    "report": "nlpkit.publishing",
    "score": "nlpkit.scoring",
    "themes": "nlpkit.theming",
}


def __getattr__(name: str) -> Any:
    if name not in _DOORS:
        raise AttributeError(f"module 'nlpkit' has no attribute '{name}'")
    return getattr(import_module(_DOORS[name]), name)


def __dir__() -> list[str]:
    return __all__
