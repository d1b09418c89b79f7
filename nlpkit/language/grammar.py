"""Predicates of a sentence, read from tagged words: what is said to have been, be or become.

Verb groups ("has now been rolled out", "will be", "are being developed") get a stage from their form,
which the head verb may change ("was postponed", "has begun", "is planned"). A fragment without a
finite verb is read by its participle ("6 officers recruited", "policy being finalised"), an infinitive
("report to be published"), a gerund ("working with partners") or a bare verb ("Develop a policy").
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from nlpkit.language.annotations import Stage
from nlpkit.language.cues import inflections
from nlpkit.language.tagging import Token
from nlpkit.resources import lexicon

__all__ = [
    "BE",
    "BE_PAST",
    "COORDINATORS",
    "SUBORDINATORS",
    "Predicate",
    "finite_predicates",
    "fragment_predicates",
    "opening_predicate",
    "verbs",
]


@dataclass(slots=True)
class Predicate:
    """What is said, by words ``first`` to ``last`` (both included; positions in the tagged words).

    ``silent`` predicates say nothing of work themselves ("shows that …", a bare "is") and hand over to
    what follows; ``subordinate`` ones stand in a subordinate clause; ``weak`` ones may not be verbs at
    all ("Build phase …") and give way to any other. ``cue_start`` and ``cue_end`` are
    character offsets of the words that gave the stage, where these are more than the group.
    """

    first: int
    last: int
    head: str
    stage: Stage
    finite: bool = True
    future: bool = False
    negated: bool = False
    silent: bool = False
    subordinate: bool = False
    simple_past: bool = False
    begins: bool = False
    weak: bool = False
    cue_start: int = -1
    cue_end: int = -1

    def becomes(self, stage: Stage, *, future: bool = False) -> None:
        """Give the predicate this stage."""
        self.stage, self.future, self.silent = stage, future, False

    def falls_silent(self) -> None:
        """Let the predicate hand over to what follows."""
        self.stage, self.silent = Stage.NONE, True

    def tells_nothing(self) -> None:
        """Let the predicate stand, but say nothing of work."""
        self.stage, self.future, self.silent = Stage.NONE, False, False


@cache
def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


BE = _set("be am is are was were been being 's ’s 're ’re 'm")
BE_PAST = _set("was were")
SUBORDINATORS = _set(
    "if because although though while whilst whereas when whenever once until till unless whether that which"
    " who whom whose where how what why since before after as so"
)
COORDINATORS = _set("and or but however ; nor yet with")
_HAVE = _set("has have had 've ’ve")
_WILL = _set("will shall 'll ’ll wo")
_MODALS = _WILL | _set("would may might could can ca should must ought")
_DO = _set("do does did")
_NOT = _set("not n't n’t never cannot")
_AUXILIARIES = (BE | _HAVE | _MODALS | _DO) - {"been", "being", "be"}
_ADVERBS = _set("both all each yet also now not n't n’t never only then either to")
_PREPOSITIONS_TOO = _set("since before after until as so that till")
_ASKING = _set("how what where when whether why")
_BARE_ADVERBS = _set("currently now still also actively presently")
_DETERMINERS = _set("the a an our all this these any each their its how whether what existing where both")
_PARTICLES = _set("out up off over back")
_MONTH_NAMES = _set(
    "january february march april may june july august september october november december spring summer"
    " autumn winter jan feb mar apr jun jul aug sep sept oct nov dec"
)
_NOUN_BEFORE_FOR = _set("looking waiting planning preparing searching advertising recruiting applying caring")
_FINISHED = _set("completed finished finalised finalized concluded closed")
_ROUTINELY = _set("regularly routinely daily weekly monthly quarterly annually")
_STATES = _set("ongoing outstanding forthcoming missing upcoming pending willing")
_SUBJECT_TAGS = ("NN", "PRP", "CD")


@cache
def verbs(name: str) -> frozenset[str]:
    """Every form of the verbs that the lexicon lists under a name."""
    return frozenset(form for entry in lexicon("cues")["verbs"][name] for form in inflections(entry))


@cache
def _bases(name: str) -> frozenset[str]:
    return frozenset(entry.partition(":")[0] for entry in lexicon("cues")["verbs"][name])


@cache
def _listed(name: str) -> frozenset[str]:
    return frozenset(lexicon("cues")["words"][name])


# --- finite verb groups ---------------------------------------------------------------------------


def finite_predicates(words: list[Token]) -> list[Predicate]:
    """The finite verb groups of a sentence, in order, subordinate ones marked."""
    groups: list[Predicate] = []
    position = 0
    while position < len(words):
        group = _group_at(words, position)
        if group is None:
            position += 1
        else:
            groups.append(group)
            position = group.last + 1
    groups = _without_reduced_relatives(words, groups)
    _mark_subordinate(words, groups)
    _silence_the_untrue(words, groups)
    return groups


def _silence_the_untrue(words: list[Token], groups: list[Predicate]) -> None:
    """ "It is not true that the work has stopped" doesn't tell of a stop."""
    for left, right in pairwise(groups):
        between = [word.lower for word in words[left.first : right.first]]
        if "that" not in between or left.head not in BE:
            continue
        said = set(between[: between.index("that")])
        if said & _set("untrue incorrect inaccurate wrong") or (
            left.negated and said & _set("true correct accurate right case")
        ):
            right.tells_nothing()


def _is_auxiliary(words: list[Token], i: int) -> bool:
    word = words[i]
    if word.lower in {"'s", "’s"}:
        return word.tag.startswith("VB")
    if word.lower in {"may", "will", "might"}:
        return word.tag == "MD" or (word.text.islower() and word.tag not in {"NNP", "NN"})
    if word.lower in _HAVE | _DO and i and (word.tag == "VB" and words[i - 1].tag == "TO"):
        return False
    return word.lower in _AUXILIARIES or word.lower == "cannot"


def _group_at(words: list[Token], i: int) -> Predicate | None:
    """The finite verb group that starts at a word."""
    word = words[i]
    if not _is_auxiliary(words, i):
        if _is_mistagged_present(words, i):
            return Predicate(i, i, word.lower, Stage.IN_PLACE)
        if word.tag in {"VBD", "VBZ", "VBP"} and word.text.isalpha() and not _stands_as_noun(words, i):
            return _simple(words, i)
        return None
    chain, negated, head = [i], word.lower == "cannot", i
    for j in range(i + 1, len(words)):
        token, before = words[j], words[j - 1]
        if token.lower == "since" and words[i].lower in _HAVE:
            continue
        if token.lower in _NOT:
            negated = True
        elif token.lower in {"be", "been", "being"} or (
            token.lower in {"have", "had"} and words[head].lower in _MODALS
        ):
            chain.append(j)
            head = j
        elif token.tag in {"VB", "VBN", "VBG", "VBD"} and token.lower not in _STATES:
            if token.tag == "VBD" and words[head].lower not in _HAVE | BE:
                break
            if token.tag == "VB" and words[head].lower not in _MODALS | _DO and j - 1 not in chain:
                break
            chain.append(j)
            break
        elif (
            token.lower == "to"
            and words[head].lower in BE | _HAVE
            and words[j + 1 : j + 2]
            and words[j + 1].tag == "VB"
            and before.tag != "RP"
            and before.lower not in _PARTICLES
        ):
            chain.append(j)
        elif not (token.tag in {"RB", "RBR", "RP"} or token.lower in _ADVERBS or token.lower.endswith("ly")):
            break
    return _classified(words, chain, negated)


def _is_mistagged_present(words: list[Token], i: int) -> bool:
    """ "Crews complete a visit": between a plural and an article stands a verb, whatever its tag."""
    if not 0 < i < len(words) - 1 or words[i].lower not in _bases("bare"):
        return False
    framed = words[i - 1].tag in {"NNS", "NNPS"} and words[i + 1].tag in {"DT", "PRP$"}
    return framed and words[i].tag in {"JJ", "NN", "VB"}


def _stands_as_noun(words: list[Token], i: int) -> bool:
    """A word tagged as a verb that stands where only a noun or an adjective can."""
    word = words[i]
    before = words[i - 1] if i else None
    after = words[i + 1] if i + 1 < len(words) else None
    if before is not None and word.text[0].isupper():
        return True  # part of a title
    if word.tag == "VBD":
        # "the revised policy", "a trained officer"
        return bool(before and after) and _adorns(before, after)
    if word.tag == "VBZ":
        beyond = next((token for token in words[i + 1 : i + 3] if token.tag != "RB"), None)
        if beyond is not None and beyond.tag == "VBN":
            return True  # "Performance reports reviewed by …"
    if before is None:
        # an imperative is often tagged as a present, a plural noun as the third person
        return word.tag == "VBP" or after is None or after.tag not in {"DT", "IN", "RB", "PRP$", "TO"}
    if before.tag in {"DT", "PRP$", "JJ", "IN", "CD"} and before.lower not in _set(
        "that all which both these those"
    ):
        return True
    takes_object = after is not None and after.tag in {"DT", "IN", "PRP$", "TO", "RB"}
    takes_object |= word.lower in _bases("bare") and word.lower not in _listed("verbs_and_nouns")
    takes_object |= word.lower in verbs("opinion")
    return word.tag == "VBP" and before.tag in {"NN", "NNP"} and not takes_object


def _adorns(before: Token | None, after: Token | None) -> bool:
    return bool(
        before and after and before.tag in {"DT", "PRP$", "JJ"} and after.tag.startswith(("NN", "JJ"))
    )


def _by_head(group: Predicate) -> bool:
    """Whether the head verb itself tells how far the work is; if so, the stage is set."""
    head = group.head
    if head in verbs("stop"):
        group.becomes(Stage.STOPPED)
    elif head in verbs("slow"):
        group.becomes(Stage.UNDER_WAY)
    elif head in verbs("refuse"):
        group.becomes(Stage.DECLINED)
    elif head in verbs("begin"):
        group.becomes(Stage.UNDER_WAY)
        group.begins = True
    elif head in verbs("plan"):
        group.becomes(Stage.PLANNED, future=True)
    elif head in _set("hoped intended envisaged aimed wished"):
        group.becomes(Stage.INTENDED, future=True)
    else:
        return False
    return True


def _simple(words: list[Token], i: int) -> Predicate:
    """A present or past form without auxiliary."""
    word, past = words[i].lower, words[i].tag == "VBD"
    group = Predicate(i, i, word, Stage.DONE if past else Stage.IN_PLACE, simple_past=past)
    following = [token.lower for token in words[i + 1 : i + 4]]
    if not past and word in verbs("begin"):
        group.becomes(Stage.PLANNED, future=True)  # "the course starts in May"
        return group
    if _by_head(group):
        return group
    if word == "live":
        return group  # "the form, live 1 July": an adjective, whatever its tag
    if not past and _is_scheduled(words, i):
        group.becomes(Stage.PLANNED, future=True)  # "the campaign opens in January", "goes live 1 July"
        return group
    if past and _is_routine(words, i):
        group.becomes(Stage.IN_PLACE)
        return group
    if word in _set("remain remains remained") and _denied_subject(words, i):
        if _denied_subject(words, i) == "nothing":
            group.stage = Stage.DONE  # "nothing remains to be done"
        else:
            group.tells_nothing()  # "no risks remain"
    elif word in _set(
        "continue continues continued remain remains remained progresses progressed await awaits awaited"
    ):
        group.stage = Stage.UNDER_WAY
    elif word in verbs("intend"):
        if not past or following[:1] == ["to"]:
            group.becomes(Stage.INTENDED, future=True)
        elif word in _set("wanted sought"):
            group.tells_nothing()
    elif word in verbs("report") and ("that" in following or not past):
        group.falls_silent()
    elif word in verbs("need") or word in verbs("opinion"):
        group.tells_nothing()
    return group


def _is_scheduled(words: list[Token], i: int) -> bool:
    """Whether a present form leads to a date; without "in" or "on" only a day and its month do."""
    k = i + 1
    if words[i].lower in _set("works reports plans visits reviews tests"):
        return False  # "at the old cement works in January"
    if words[i].lower in {"go", "goes"} and words[k : k + 1] and words[k].lower == "live":
        k += 1
    if k < len(words) and words[k].lower in _set("in on from"):
        return _names_date(words, k + 1)
    return any(token.lower in _MONTH_NAMES for token in words[k + 1 : k + 2]) and words[k].tag == "CD"


def _names_date(words: list[Token], i: int) -> bool:
    return i < len(words) and (words[i].lower in _MONTH_NAMES or words[i].tag == "CD")


def _is_routine(words: list[Token], i: int) -> bool:
    """ "Inbox monitored daily", "reported to the board every quarter": it happens time and again."""
    if i and words[i - 1].lower in _ROUTINELY:
        return True
    for k in range(i + 1, min(i + 6, len(words))):
        if words[k].lower in {",", ";", "and", "but"}:
            return False
        if words[k].lower in _ROUTINELY - {"regularly"}:
            return words[k].tag == "RB" or k + 1 == len(words) or not words[k + 1].tag.startswith("NN")
        if words[k].lower in {"every", "each"} and words[k + 1 : k + 2]:
            return words[k + 1].lower in _set("day week month quarter year shift tour fortnight")
    return False


def _classified(words: list[Token], chain: list[int], negated: bool) -> Predicate:
    """A group with auxiliary: ``chain`` holds the places of its verbs (and of "to")."""
    lowers = [words[k].lower for k in chain]
    lead, head, tag = lowers[0], lowers[-1], words[chain[-1]].tag
    group = Predicate(chain[0], chain[-1], head, Stage.NONE, negated=negated)
    if lead in _WILL:
        _future(words, group, lowers)
    elif negated and head in verbs("begin") and lead in _set("can ca cannot could"):
        group.becomes(Stage.NOT_STARTED)
    elif lead in {"may", "might", "could"}:
        if lead != "could" or not (negated or head in _set("do done improve improved")):
            group.becomes(Stage.INTENDED, future=True)
    elif lead in {"can", "ca"}:
        group.stage = Stage.NONE if negated else Stage.IN_PLACE
    elif lead == "would" and not negated and head in _set("like welcome wish prefer"):
        group.becomes(Stage.INTENDED, future=True)
    elif lead == "would" and negated and head in verbs("act"):
        group.becomes(Stage.DECLINED)
    elif lead in _MODALS | {"cannot"}:
        group.tells_nothing()
    elif lead in _HAVE:
        _perfect(words, group, lowers)
    elif lead in _DO:
        group.stage = Stage.NONE if negated else Stage.DONE if lead == "did" else Stage.IN_PLACE
    elif "to" in lowers:
        if lead in BE_PAST and "be" not in lowers[1:]:
            group.tells_nothing()  # "the aim was to ensure"
        else:
            group.becomes(Stage.PLANNED, future=True)
    elif len(chain) > 1 and (tag == "VBG" or "being" in lowers):
        _progressive(words, group)
    elif len(chain) > 1:
        _passive(words, group, lead)
    else:
        group.falls_silent()  # a bare "is": what follows decides
    return group


def _future(words: list[Token], group: Predicate, lowers: list[str]) -> None:
    head = group.head
    group.becomes(Stage.PLANNED, future=True)
    if group.negated:
        group.stage = Stage.DECLINED if head in verbs("act") else Stage.NONE
        return
    subject = words[group.first - 1].lower if group.first else ""
    if head == "continue":
        group.becomes(Stage.UNDER_WAY)
    elif head in _set("consider explore considered explored investigate seek"):
        group.stage = Stage.INTENDED
    elif head in verbs("effect") and len(lowers) == 2 and subject in _set("this these it which that they"):
        group.tells_nothing()  # "This will ensure consistency" tells of an effect, not of work


def _perfect(words: list[Token], group: Predicate, lowers: list[str]) -> None:
    head, tag = group.head, words[group.last].tag
    following = words[group.last + 1].lower if group.last + 1 < len(words) else ""
    if len(lowers) == 1:
        # "we have a dedicated team"; opening a fragment, "Have" is no statement
        group.stage = Stage.NONE if group.negated else Stage.IN_PLACE
        group.silent = group.negated or lowers[0] == "had" or group.first == 0
    elif "to" in lowers and lowers[0] == "had" and "be" in lowers and head != "be":
        group.becomes(Stage.DONE)  # "had to be moved"
        _by_head(group)
    elif "to" in lowers:
        group.tells_nothing()  # "have to"
    elif head == "been":
        group.becomes(Stage.DONE)
        group.silent = group.negated or following != "able"
        if group.negated:
            group.stage = Stage.NONE
    elif group.negated or _nothing_before(words, group):
        _not_yet(words, group, lowers)
        if group.stage is Stage.NOT_STARTED and not group.negated and following == "since":
            group.stage = Stage.STOPPED  # "nothing has been done since March": it had begun
    elif tag == "VBG" or (head in {"continued", "progressed"} and following != "to"):
        group.stage = Stage.UNDER_WAY
    elif head in verbs("plan") and "been" not in lowers:
        group.stage = Stage.DONE  # "we have booked the venue"
    elif head in verbs("depart"):
        group.tells_nothing()  # people gone are no work done
    elif not _by_head(group):
        group.stage = Stage.DONE


def _denied_subject(words: list[Token], i: int) -> str:
    """ "no" or "nothing", where the subject of the verb at ``i`` is one of these."""
    for token in reversed(words[max(0, i - 8) : i]):
        if token.lower in COORDINATORS | SUBORDINATORS | {",", ";", ":", ".", "–"}:
            return ""
        if token.lower in {"no", "nothing", "none"}:
            return "nothing" if token.lower == "nothing" else "no"
    return ""


def _nothing_before(words: list[Token], group: Predicate) -> bool:
    """ "No training has been delivered": the denial stands in the subject. That no complaints were
    received says nothing of work, so what is merely noticed is left out."""
    subject = [word.lower for word in words[max(0, group.first - 4) : group.first]]
    noticed = _set("received recorded reported raised identified found seen noted highlighted expressed made")
    return bool({"no", "nothing"} & set(subject)) and group.head not in noticed


def _not_yet(words: list[Token], group: Predicate, lowers: list[str]) -> None:
    """A negated perfect: not begun, or begun and not completed."""
    if lowers[0] == "had":
        group.stage = Stage.NONE
    elif group.head in _set("resumed restarted recommenced"):
        group.stage = Stage.STOPPED
    elif group.head in _FINISHED | {"embedded"}:
        group.stage = Stage.UNDER_WAY
    elif (
        group.head == "done"
        and words[group.last + 1 : group.last + 2]
        and words[group.last + 1].lower in _set("enough all everything as so")
    ):
        group.stage = Stage.NONE
    else:
        yet = any(token.lower == "yet" for token in words[group.first : group.last + 2])
        work = "been" in lowers or any(group.head in verbs(kind) for kind in ("act", "bare", "begin"))
        group.stage = Stage.NOT_STARTED if yet or work else Stage.NONE


def _progressive(words: list[Token], group: Predicate) -> None:
    after = [word.lower for word in words[group.last + 1 : group.last + 3]]
    runs = group.head in _set("working functioning operating performing running") and not group.negated
    well = bool(after) and after[0] in _set("well effectively smoothly properly successfully reliably")
    if runs and well and not set(after[1:]) & _set("with on towards together through to"):
        group.becomes(Stage.IN_PLACE)  # "the new arrangements are working well"
        return
    group.stage = Stage.NONE if group.negated or group.head in verbs("relate") else Stage.UNDER_WAY
    if group.head in verbs("intend"):
        group.becomes(Stage.INTENDED, future=True)
    elif group.head in _set("planned proposed scheduled planning proposing going"):
        group.becomes(Stage.PLANNED, future=True)


def _passive(words: list[Token], group: Predicate, lead: str) -> None:
    head, past = group.head, lead in BE_PAST
    after = words[group.last + 1] if group.last + 1 < len(words) else None
    if head in {"considered", "explored", "contemplated"} and not past:
        judged = after is not None and (
            after.tag.startswith(("JJ", "DT", "NN", "VBN")) or after.lower == "to"
        )
        if judged:
            group.tells_nothing()  # "is considered lawful"
        else:
            group.becomes(Stage.INTENDED, future=True)
    elif head == "considered" and after is not None and (after.tag.startswith("JJ") or after.lower == "to"):
        group.tells_nothing()  # "was considered lawful"
    elif head in verbs("need") or (head in verbs("opinion") and head not in {"stated", "found", "known"}):
        group.tells_nothing()
    elif group.negated:
        group.stage = Stage.NONE
        if head in verbs("plan"):
            group.silent = True
    elif head in verbs("relate") or head == "committed":
        group.tells_nothing()
    elif _by_head(group):
        return
    elif past:
        subject = {token.lower for token in words[max(0, group.first - 3) : group.first]}
        voiced = head in _set("raised expressed voiced") and subject & _set(
            "concern concerns issues questions complaints"
        )
        group.stage = Stage.NONE if voiced else Stage.DONE
    else:
        group.stage = Stage.DONE if head in _FINISHED else Stage.IN_PLACE


def _without_reduced_relatives(words: list[Token], groups: list[Predicate]) -> list[Predicate]:
    """ "The policy approved in May will …": a past form before a finite verb is a participle."""
    groups = [group for group in groups if not _continues_passive(words, group)]
    kept: list[Predicate] = []
    joints = COORDINATORS | (SUBORDINATORS - {"as", "so"}) | _set(", : – - .")
    for group, following in pairwise([*groups, None]):
        if group is not None and following is not None and group.simple_past and group.first:
            between = words[group.last + 1 : following.first]
            joined = any(token.lower in joints for token in between)
            has_subject = not between or any(token.tag.startswith(_SUBJECT_TAGS) for token in between)
            if not joined and has_subject and words[group.first - 1].tag.startswith(("NN", "CD", "RB")):
                continue
        if group is not None and not (group.simple_past and _qualifies_last(words, kept, group)):
            kept.append(group)
    return kept


def _qualifies_last(words: list[Token], groups: list[Predicate], group: Predicate) -> bool:
    """ "Staff feel better informed": a participle that completes the verb before it."""
    if not groups:
        return False
    between = words[groups[-1].last + 1 : group.first]
    return 0 < len(between) <= 2 and all(token.tag in {"RB", "RBR", "JJR"} for token in between)


def _continues_passive(words: list[Token], group: Predicate) -> bool:
    """ "… to be drafted and rolled out": a past form after "and" that goes on with a passive."""
    if not group.simple_past or group.first < 2 or words[group.first - 1].lower not in {"and", "or", "&"}:
        return False
    return any(word.lower in {"be", "been", "being"} for word in words[max(0, group.first - 8) : group.first])


def _mark_subordinate(words: list[Token], groups: list[Predicate]) -> None:
    """Each subordinating word takes the next finite group."""
    for left, right in pairwise(groups):
        says = left.head in verbs("opinion") or left.head in verbs("report")
        if says and left.last + 2 == right.first and words[left.last + 1].tag == "PRP":
            right.subordinate = True  # "staff said they wanted more"
    for i, word in enumerate(words):
        if word.lower not in SUBORDINATORS:
            continue
        following = next((group for group in groups if group.first > i), None)
        if following is None:
            continue
        between = words[i + 1 : following.first]
        if word.lower in _ASKING and between and between[0].lower == "to":
            continue  # "how to share"
        if word.lower in _PREPOSITIONS_TOO and not _opens_clause(words, i, between):
            continue
        if word.lower in {"which", "who"} or not any(token.lower in {",", ";"} for token in between):
            following.subordinate = True


def _opens_clause(words: list[Token], i: int, between: list[Token]) -> bool:
    """Whether "since", "after", "as" … opens a clause: a subject follows at once, no comma."""
    word = words[i].lower
    first = between[0] if between else None
    if word == "that":
        return i > 0  # "That policy was …" points; "confirmed that …" subordinates
    if first is None or any(token.lower in {",", ";", ":"} for token in between):
        return False
    if word == "so":
        return first.lower == "that"
    if word == "as":
        return i > 0 and first.tag in {"PRP", "DT", "EX"}
    opens = first.tag in {"PRP", "DT", "NN", "NNS", "NNP", "PRP$", "JJ"}
    return opens and not any(token.tag == "CD" for token in between)


# --- fragments without a finite verb ----------------------------------------------------------------


def fragment_predicates(words: list[Token], taken: list[Predicate]) -> list[Predicate]:
    """What a fragment says by participles, infinitives, gerunds and bare verbs.

    Args:
        words: the tagged words.
        taken: predicates found before, whose words are left alone.
    """
    used = {k for group in taken for k in range(group.first, group.last + 1)}
    start = next((k for k, word in enumerate(words) if word.text[:1].isalnum()), 0)
    opening = opening_predicate(words, start)
    found: list[Predicate] = []
    if opening is not None and opening.first not in used:
        found.append(opening)
        used |= set(range(opening.first, opening.last + 1))
    for i in range(start + 1, len(words)):
        if i not in used:
            predicate = _fragment_at(words, i)
            if predicate is not None:
                found.append(predicate)
    first = words[start]
    deed = first.tag in {"VBN", "VBD"} and first.lower in verbs("bare") and len(words) - start > 3
    if not found and deed and words[start + 1].tag == "NNS":
        found.append(_participle(words, start))  # "Removed barriers to promotion by …"
    if any(p.head == "be" and p.stage is Stage.PLANNED for p in found):
        # "Actions relating to standards to be provided": the gerund only describes
        found = [p for p in found if words[p.first].tag != "VBG" or p is opening]
    return found


def _fragment_at(words: list[Token], i: int) -> Predicate | None:
    word, before = words[i], words[i - 1]
    after = words[i + 1] if i + 1 < len(words) else None
    if word.lower == "being" and after is not None and after.tag in {"VBN", "VBD"}:
        stage = Stage.INTENDED if after.lower in verbs("intend") else Stage.UNDER_WAY
        return Predicate(i, i + 1, after.lower, stage, finite=False)
    if word.lower == "to" and after is not None and after.tag == "VB":
        names_thing = words[0].tag == "VBG" and words[1].tag == "NN"  # "Reporting app to go live"
        said = before.tag.startswith(("NN", "CD", "RB")) or before.lower in {")", "’", "'", "”"}
        if after.lower == "be" or (said and not _has_verb(words[int(names_thing) : i])):
            return Predicate(i, i + 1, after.lower, Stage.PLANNED, finite=False, future=True)
        return None
    if word.tag in {"VBN", "VBD"} and _is_said_of_noun(words, i):
        return _participle(words, i)
    if word.tag == "VBG" and word.lower not in _listed("never_predicates"):
        said = before.tag.startswith("NN") and not _has_verb(words[:i])
        if said or before.lower in _BARE_ADVERBS:
            stage = Stage.INTENDED if word.lower in verbs("intend") else Stage.UNDER_WAY
            if word.lower == "going":
                stage = Stage.PLANNED
            return Predicate(i, i, word.lower, stage, finite=False, future=stage is not Stage.UNDER_WAY)
    return None


def _has_verb(words: list[Token]) -> bool:
    return any(word.tag in {"VBN", "VBD", "VBZ", "VBP", "VBG", "VB", "MD"} for word in words)


def _is_said_of_noun(words: list[Token], i: int) -> bool:
    """Whether a participle says something of the noun before it, and does not adorn the next."""
    before = words[i - 1]
    after = words[i + 1] if i + 1 < len(words) else None
    adorns_next = after is not None and after.tag.startswith(("NN", "JJ"))
    if before.lower in _set(", and & – - : ("):
        return not adorns_next
    if before.lower in {"being", "be"} | SUBORDINATORS:
        return False
    if before.lower in {"all", "both", ")", "%", "'", "’", "”"}:
        return True
    if before.tag == "CD" and adorns_next:
        return False
    return before.tag.startswith(("NN", "RB", "PRP", "CD"))


def _participle(words: list[Token], i: int) -> Predicate:
    group = Predicate(i, i, words[i].lower, Stage.DONE, finite=False)
    if i and words[i - 1].lower in _NOT:
        group.first, group.negated, group.stage = i - 1, True, Stage.NONE
    elif group.head in verbs("need") or group.head in verbs("relate"):
        group.tells_nothing()
    elif _is_routine(words, i):
        group.becomes(Stage.IN_PLACE)
    else:
        _by_head(group)
    return group


def opening_predicate(words: list[Token], start: int) -> Predicate | None:
    """What a sentence opens with, if that is a bare verb, a gerund, a participle or "to"."""
    k = start
    while k < len(words) - 1 and words[k].tag == "RB" and words[k].lower not in _NOT:
        k += 1
    if k >= len(words):
        return None
    word = words[k]
    after = words[k + 1] if k + 1 < len(words) else None
    if word.lower == "to" and after is not None and after.tag in {"VB", "VBP", "NN"}:
        stage = Stage.INTENDED if after.lower in verbs("intend") else Stage.PLANNED
        return Predicate(k, k + 1, after.lower, stage, finite=False, future=True)
    if word.lower in _AUXILIARIES:
        return None
    if _is_bare_verb(word, after):
        group = Predicate(k, k, word.lower, Stage.PLANNED, finite=False, future=True)
        objects = after is not None and after.lower in _DETERMINERS
        group.weak = word.lower in _listed("verbs_and_nouns") and not objects
        if word.lower in {"continue", "maintain"}:
            group.becomes(Stage.UNDER_WAY)
        elif word.lower in verbs("intend"):
            group.stage = Stage.INTENDED
        return group
    if _is_gerund(word, after):
        group = Predicate(k, k, word.lower, Stage.UNDER_WAY, finite=False)
        if word.lower in verbs("intend"):
            group.becomes(Stage.INTENDED, future=True)
        elif word.lower in verbs("plan"):
            group.becomes(Stage.PLANNED, future=True)
        return group
    if word.tag in {"VBN", "VBD"} or (word.lower.endswith("ed") and word.tag in {"JJ", "NNP", "NN"}):
        adorns_next = after is not None and after.tag.startswith(("NN", "JJ"))
        known = word.lower in verbs("bare")
        if (not adorns_next and (known or word.tag != "NNP")) or (adorns_next and _is_deed(word.lower)):
            return _participle(words, k)
    return None


def _is_deed(participle: str) -> bool:
    """ "Completed training needs analysis" tells of a deed, "Revised policy" names a thing."""
    return participle in verbs("complete") or participle in verbs("deed")


def _is_gerund(word: Token, after: Token | None) -> bool:
    if not word.lower.endswith("ing") or word.tag not in {"VBG", "NN", "NNP", "JJ"}:
        return False
    if word.lower in _listed("never_predicates") or after is None:
        return False
    if word.tag != "VBG":
        return after.tag in {"DT", "PRP$", "CD"} or (
            after.tag == "IN" and after.lower in {"with", "through", "towards"}
        )
    if after.lower in {"for", "of"} and word.lower not in _NOUN_BEFORE_FOR:
        return False  # "Training for control staff"
    return after.tag != "NN"


def _is_bare_verb(word: Token, after: Token | None) -> bool:
    """Whether an opening word is an instruction ("Review the policy", not "Review of the policy")."""
    if word.lower not in _bases("bare") or after is None:
        return False
    if after.lower in _DETERMINERS:
        return True
    ambiguous = word.lower in _listed("verbs_and_nouns")
    if after.lower in _set(
        "of ongoing underway complete completed in taking being is are has have was were will to"
    ):
        return word.tag in {"VB", "VBP"} and after.lower in {"to", "in"} and not ambiguous
    if word.tag in {"VB", "VBP"}:
        return True
    return not ambiguous and after.tag.startswith(("NN", "JJ", "IN", "VBG", "CD", "RB", "CC"))
