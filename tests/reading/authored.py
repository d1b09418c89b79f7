"""An authored plan, known in full, that the tests render in many layouts and with many kinds of damage."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """One action as its author wrote it."""

    number: str
    theme: str
    recommendation: str
    outcome: str
    owner: str
    due: str
    november: str
    march: str
    rag: str


PLAN = (
    Known(
        "1", "Preventing fires and other risks",
        "The service should evaluate its prevention campaigns so that it knows which of them lower risk.",
        "An evaluation is published for each campaign.",
        "Prevention", "March 2025",
        "Two campaigns were evaluated by the analyst in October. The method was agreed with Harrow College.",
        "Five of the nine campaigns now have an evaluation on the portal. The remaining four follow in May.",
        "GREEN",
    ),
    Known(
        "2", "Protecting the public through fire regulation",
        "The service should reduce the backlog of audits at sleeping-risk premises.",
        "No sleeping-risk premises waits longer than three years.",
        "Protection", "June 2025",
        "The backlog stood at 118 premises at the end of October. Overtime has been approved for two inspectors.",
        "The backlog has fallen to 74 premises. One inspector has left, and the vacancy is out to advert.",
        "AMBER",
    ),
    Known(
        "3", "Promoting the right values and culture",
        "The service should make sure that supervisors challenge banter that belittles colleagues.",
        "Staff say in the pulse survey that behaviour is challenged.",
        "People", "December 2024",
        "Workshops on challenge were held at six stations. The network of allies was consulted on their content.",
        "All wholetime watches have attended the workshop. The pulse survey of February showed 71% agreeing.",
        "GREEN",
    ),
    Known(
        "4", "Getting the right people with the right skills",
        "The service should record risk-critical training in one system.",
        "One system holds every record of breathing apparatus and driving.",
        "Training", "September 2025",
        "A supplier has been chosen for the recording system. Migration of driving records is being scoped.",
        "Migration is delayed because the supplier changed its data format. A new date has not been given.",
        "RED",
    ),
    Known(
        "5", "Ensuring fairness and promoting diversity",
        "The service should widen the field of applicants for on-call posts.",
        "Applications from women and from ethnic minorities rise.",
        "People", "April 2025",
        "Taster evenings are planned at four stations. Adverts were rewritten with the help of the networks.",
        "Taster evenings took place at four stations with 63 visitors. Nineteen applications came from women.",
        "GREEN",
    ),
    Known(
        "6", "Managing performance and developing leaders",
        "The service should offer coaching to new crew managers.",
        "Each new crew manager has a coach within six weeks.",
        "People", "July 2025",
        "A register of eleven coaches has been drawn up. Matching will start in the new year.",
        "Eight crew managers have been matched with a coach. Feedback is gathered after the third session.",
        "GREEN",
    ),
    Known(
        "7", "Responding to fires and other emergencies",
        "The service should debrief incidents of every size and share what is learned.",
        "Learning from debriefs is found in the training programme.",
        "Operations", "May 2025",
        "A short form for debriefs was tried at Millgate station. Crews asked for it on the tablets.",
        "The form is on every tablet, and 240 debriefs were returned by March. A bulletin shares the learning.",
        "GREEN",
    ),
    Known(
        "8", "Making best use of resources",
        "The service should know what its fleet costs per mile and replace vehicles by need.",
        "The replacement plan is based on whole-life cost.",
        "Fleet", "October 2025",
        "Telematics were fitted to the light fleet. Data are being cleaned for the first cost model.",
        "The cost model was presented to the Resources Committee. Vans are now replaced by mileage and repair.",
        "GREEN",
    ),
    Known(
        "9", "Understanding the risk of fire",
        "The service should keep site risk records within their review date.",
        "No record is overdue by more than a month.",
        "Operations", "January 2025",
        "Thirty records were overdue in October. Station managers receive a weekly list.",
        "Four records are overdue, all at sites that are closed. The weekly list continues.",
        "GREEN",
    ),
    Known(
        "10", "Making the service affordable",
        "The service should show how its reserves will be spent.",
        "The reserves strategy is approved by the authority.",
        "Finance", "February 2025",
        "The treasurer is drafting the strategy. Members asked for a workshop before they decide.",
        "Members approved the strategy on 12 February 2025. Spending is reported each quarter.",
        "BLUE",
    ),
    Known(
        "11", "Promoting the right values and culture",
        "The service should give staff a way to speak up without fear of reprisal.",
        "Staff know of the confidential line and trust it.",
        "People", "March 2025",
        "An external confidential line is being procured. Union representatives sit on the panel.",
        "The line opened on 3 February 2025 and has taken seven calls. Posters hang at every workplace.",
        "GREEN",
    ),
    Known(
        "12", "Ensuring fairness and promoting diversity",
        "The service should assess the effect of its policies on people with protected characteristics.",
        "Each policy has an equality impact assessment.",
        "People", "August 2025",
        "Policy owners were trained in September. The template was shortened at their request.",
        "Of 64 policies 51 have an assessment. The rest come to the board in June.",
        "AMBER",
    ),
)  # fmt: skip


def words(text: object) -> list[str]:
    return re.findall(r"[a-z0-9%]+", str(text or "").lower())


def token_f1(a: object, b: object) -> float:
    """Overlap of two texts as multisets of words: 1 for the same words."""
    left, right = Counter(words(a)), Counter(words(b))
    common = sum((left & right).values())
    total = sum(left.values()) + sum(right.values())
    return 2 * common / total if total else 1.0


HEADINGS = ("No", "Inspection theme", "Area for improvement", "Outcome required", "Lead", "By when",
            "Update November 2024", "Update March 2025", "RAG")  # fmt: skip


def row(known: Known) -> list[str]:
    """The action as cells under :data:`HEADINGS`."""
    return [known.number, known.theme, known.recommendation, known.outcome, known.owner, known.due,
            known.november, known.march, known.rag]  # fmt: skip


def line(cells: list[str] | tuple[str, ...]) -> str:
    return "\t".join(cells)


def cut(text: str, share: float) -> tuple[str, str]:
    """A text in two at a word boundary, as a page break leaves it."""
    parts = text.split()
    at = max(1, min(len(parts) - 1, round(len(parts) * share))) if len(parts) > 1 else 1
    return " ".join(parts[:at]), " ".join(parts[at:])
