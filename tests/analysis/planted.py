"""Authored updates of invented services, and passages planted in them with known edits."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

UPDATES: tuple[str, ...] = (
    "The hydrant inspection backlog stood at 412 in April and is now 37. Two technicians were moved from "
    "stores to clear the remaining rural routes. A dashboard shows each station its overdue hydrants every "
    "Monday. The water company has signed the new sharing protocol.",
    "Crews at Harrowmere and Stell Bridge have trialled the lighter breathing sets since February. Feedback "
    "forms from 61 wearers rate comfort higher than the old set. Procurement will compare whole life costs "
    "before the tender closes.",
    "A family liaison leaflet was printed in six languages after the coroner's remarks. Stocks are held on "
    "every appliance and reordered through the stores portal. The communications team tests recall with a "
    "short telephone survey.",
    "Dynamic mobilising went live on the third of March across all nine stations. Average call handling fell "
    "from 94 to 71 seconds in the first quarter. Control staff asked for clearer prompts when two appliances "
    "are equidistant. The supplier delivers that change in release four.",
    "Twelve supervisors completed the coaching diploma run with Tarn College. A second cohort of fifteen "
    "begins after the summer exams. Line managers report that difficult conversations now happen sooner.",
    "The estates review found damp in three drill towers and closed one. Temporary scaffolding at Castlewick "
    "lets ladder drills carry on. Tenders for the repair were opened last week and are being scored.",
    "We compared our smoke alarm visits with the list of homes flagged by the ambulance trust. Only 22% of "
    "flagged homes had been visited in two years. The prevention team now receives that list every Friday. "
    "Visits to flagged homes have risen to 140 a month.",
    "Payroll errors on overtime claims dropped by two thirds once the mobile form replaced paper. The audit "
    "committee closed its finding in June. Staff without smartphones can use a kiosk in the mess room.",
    "Wildfire vehicles were specified together with the neighbouring moorland brigades. Chassis delivery "
    "slipped by five months because of a parts shortage. Interim cover comes from two hired all terrain "
    "carriers based at Low Fell.",
    "An anonymous listening service run by an outside charity opened in January. It took 43 contacts in its "
    "first half year, most about rostering. Themes are read to the executive without names each quarter.",
    "The mentoring scheme pairs every new control operator with a volunteer from another watch. Eleven of "
    "fourteen pairs finished the year. Sickness among new operators halved compared with the intake before.",
    "Risk cards for the port were rewritten after the tanker exercise. Each berth now has a photograph, a "
    "foam plan and a named pilot contact. Crews open the cards on the tablet in the cab.",
    "Recruitment open evenings drew 318 visitors, a third of them women. Application help sessions were "
    "offered in two mosques and a community kitchen. Results of the written stage are expected from the "
    "assessment centre shortly.",
    "Fleet telematics shows that harsh braking is concentrated on four junctions. Driver trainers rode along "
    "with the crews concerned. Insurance claims for low speed knocks are down from 31 to 18.",
    "Our safeguarding referrals are now checked by a duty officer within one working day. A sample of forty "
    "referrals was reviewed by the county board in May. Thirty eight were judged timely and complete.",
    "The debrief library was rebuilt so that lessons can be searched by incident type. Watch managers must "
    "record that they have read each bulletin. Spot checks found nine stations up to date and one behind.",
    "Negotiations on the flexible duty contract resumed with the representative bodies. A joint paper on "
    "annualised hours goes to members in the autumn. Interest so far is strongest at the two day crewed "
    "stations.",
    "Fire safety auditors adopted a shared checklist for sheltered housing. Peer review of twenty audits "
    "showed fewer missed defects than the previous sample. One landlord has been served with an enforcement "
    "notice.",
    "Evacuation alert systems in the four tallest blocks were tested with residents present. Wardens "
    "reported that the sounders on upper floors were faint. The managing agent fitted louder units within "
    "three weeks.",
    "Boat crews requalified at the gorge in September under an external assessor. Two throw lines failed "
    "inspection and were withdrawn. The flood plan names standby pairs for the river stations.",
    "Records of hot fire training were scattered over spreadsheets, so a single register was built. It flags "
    "anyone within thirty days of lapsing. Compliance rose from 81 to 97 per cent.",
    "The ethics panel met twice and looked at anonymised promotion scores. It asked for interviewers to "
    "write down reasons beside each mark. The next board used the amended form.",
    "Cover at Brackwater is thin on weekday mornings because employers release fewer people. A local haulier "
    "has agreed to let two drivers respond. We are mapping businesses within four minutes of the bay.",
    "Business continuity was rehearsed with a simulated loss of the data centre. Paper mobilising worked for "
    "three hours before fatigue errors appeared. A relief rota for control has been written into the plan.",
    "Performance packs for district managers have been cut from forty pages to six. Each page answers one "
    "question and names who acts. The scrutiny board praised the change in its minutes.",
    "Schools in the east valley took part in the water safety month. Nearly nine hundred pupils signed the "
    "pledge. Swimming pool operators gave two hundred free lessons.",
    "Contaminated kit is bagged at the incident and collected by a contractor. Swab results from cabs show "
    "lower residue than last winter. The remaining fourteen stations receive bins when the order arrives.",
    "A legal review of data sharing with housing associations found the agreement out of date. New wording "
    "has gone to five associations for signature. Three have signed and two have raised questions about "
    "retention.",
    "Leadership forums moved from headquarters to stations on a rotating basis. Attendance went from 35 to "
    "120 people. Questions that can't be answered on the night are published with replies.",
    "The absence policy was simplified from eleven stages to four. Occupational physiotherapy is available "
    "within ten days. Long term absence has fallen for three quarters in a row.",
    "High rise premises were surveyed by operational crews using a common template. All 58 buildings have a "
    "plan in the secure box. Discrepancies are sent to the responsible person the same week.",
    "Budget holders now forecast monthly rather than quarterly. Variance at year end was under one per cent. "
    "Internal auditors rated the control environment as substantial.",
    "Volunteers from the cadet branches fitted 260 deaf alarms with partner charities. The equipment was "
    "funded by a bequest. Families were telephoned afterwards and all but four alarms were working.",
    "An options paper on replacing the command unit was considered by the board. Members preferred a leased "
    "vehicle shared with the neighbouring county. Specification workshops start once the lease terms are "
    "agreed.",
    "Interpreters can be reached by video from the incident ground at any hour. Crews used the service 27 "
    "times in the pilot. Officers say that it shortens the time to account for everybody.",
    "The promotion handbook was rewritten in plain language and tested on ten recent candidates. "
    "Unsuccessful candidates receive a call within five days. Appeals dropped from nine to two.",
)
"""One update per action; no sentence is shared between any two."""

PARAPHRASES: tuple[tuple[str, str], ...] = (
    (
        "The hydrant inspection backlog stood at 412 in April and is now 37.",
        "Fewer than forty water points still wait for a check, down from over four hundred in spring.",
    ),
    (
        "Average call handling fell from 94 to 71 seconds in the first quarter.",
        "Operators answered and dispatched some twenty three seconds quicker between January and March.",
    ),
    (
        "A second cohort of fifteen begins after the summer exams.",
        "Another fifteen people start the course when the college term has finished.",
    ),
    (
        "Chassis delivery slipped by five months because of a parts shortage.",
        "Since components were scarce, the base vehicles will come nearly half a year late.",
    ),
    (
        "Staff without smartphones can use a kiosk in the mess room.",
        "Anyone lacking a suitable phone may file claims at the shared terminal where meals are taken.",
    ),
    (
        "An anonymous listening service run by an outside charity opened in January.",
        "At the start of the year an independent body began to take confidential calls from employees.",
    ),
    (
        "Sickness among new operators halved compared with the intake before.",
        "Recent starters in the control room were off ill half as often as their predecessors.",
    ),
    (
        "Each berth now has a photograph, a foam plan and a named pilot contact.",
        "For every mooring, crews hold a picture, the arrangements for foam and whom to ring.",
    ),
    (
        "Thirty eight were judged timely and complete.",
        "Nearly all of them met the standard for speed and content.",
    ),
    (
        "Watch managers must record that they have read each bulletin.",
        "Confirmation of having seen the learning notes is required of team leaders.",
    ),
    (
        "One landlord has been served with an enforcement notice.",
        "Formal action was taken against the owner of a property.",
    ),
    (
        "Two throw lines failed inspection and were withdrawn.",
        "A pair of ropes didn't pass their examination, so nobody uses them any longer.",
    ),
    (
        "It flags anyone within thirty days of lapsing.",
        "People whose qualification ends in the coming month are highlighted.",
    ),
    (
        "A local haulier has agreed to let two drivers respond.",
        "Two lorry drivers may leave work for emergencies, their firm tells us.",
    ),
    (
        "The scrutiny board praised the change in its minutes.",
        "Those who oversee us wrote that they welcomed the shorter reports.",
    ),
    (
        "Swab results from cabs show lower residue than last winter.",
        "Samples wiped inside appliances are cleaner now when set against the cold months.",
    ),
    (
        "Three have signed and two have raised questions about retention.",
        "Most partners accepted the text; the others asked how long we keep the information.",
    ),
    (
        "Long term absence has fallen for three quarters in a row.",
        "For nine months, fewer and fewer colleagues have been away for extended periods.",
    ),
    (
        "Variance at year end was under one per cent.",
        "When the books closed, spending was within a hundredth of the plan.",
    ),
    (
        "Appeals dropped from nine to two.",
        "Far fewer people contested the outcome than in the round before.",
    ),
)
"""The same said twice, in other words."""

_OTHER_WORDS = (
    "lantern",
    "meadow",
    "quarterly",
    "brisk",
    "harbour",
    "anvil",
    "copper",
    "gentle",
    "orchard",
    "timber",
    "velvet",
    "saddle",
    "marble",
    "thistle",
    "beacon",
    "pebble",
    "cobalt",
    "drizzle",
    "summit",
    "parcel",
    "bramble",
    "lattice",
    "mellow",
    "quarry",
    "ripple",
)


@dataclass(frozen=True)
class Planted:
    """A passage of ``texts[source]`` (characters ``source_span``) standing edited in ``texts[host]``."""

    texts: tuple[str, ...]
    source: int
    host: int
    source_span: tuple[int, int]
    host_span: tuple[int, int]
    passage: str


def sentences(text: str) -> list[str]:
    return re.split(r"(?<=\.) ", text)


def edited(passage: str, rate: float, rng: random.Random) -> str:
    """The passage with ``rate`` of its words changed, left out or added, in equal parts by chance."""
    words = passage.split()
    chosen = set(rng.sample(range(len(words)), int(rate * len(words))))
    out: list[str] = []
    for n, word in enumerate(words):
        if n not in chosen:
            out.append(word)
            continue
        kind = rng.choice(("change", "drop", "add"))
        if kind == "change":
            out.append(rng.choice(_OTHER_WORDS) + ("." if word.endswith(".") else ""))
        elif kind == "add":
            out.extend((rng.choice(_OTHER_WORDS), word))
    return " ".join(out)


def plant(rng: random.Random, rate: float) -> Planted:
    """One or two sentences of one update (12 words at least), edited, put into another update."""
    texts = list(UPDATES)
    while True:
        source, host = rng.sample(range(len(texts)), 2)
        parts = sentences(texts[source])
        first = rng.randrange(len(parts))
        passage = " ".join(parts[first : first + rng.choice((1, 2))])
        if len(passage.split()) >= 12:
            break
    copy = edited(passage, rate, rng)
    before = sentences(texts[host])
    place = rng.randrange(len(before) + 1)
    head = " ".join(before[:place])
    start = len(head) + 1 if head else 0
    tail = " ".join(before[place:])
    texts[host] = " ".join(part for part in (head, copy, tail) if part)
    at = texts[source].index(passage)
    return Planted(tuple(texts), source, host, (at, at + len(passage)), (start, start + len(copy)), copy)
