"""Predicates of a sentence, read from tagged words: what is said to have been, be or become.

Verb groups ("has now been rolled out", "will be", "are being developed") get a stage from their form,
which the head verb may change ("was postponed", "has begun", "is planned"). What has no finite verb is read
by :mod:`nlpkit.language.fragments`; what only looks like work to come, by :mod:`nlpkit.language.purpose`.
"""

from __future__ import annotations

from itertools import pairwise

from nlpkit.language.annotations import Stage
from nlpkit.language.predicates import Predicate, bases, listed, verbs, word_set
from nlpkit.language.purpose import (
    is_allowed,
    is_asked_of_people,
    is_thing,
    names_function,
    names_purpose,
    silence_the_hoped_for,
)
from nlpkit.language.tagging import Token

__all__ = [
    "AUXILIARIES",
    "BE",
    "BE_PAST",
    "COORDINATORS",
    "NOT",
    "SUBORDINATORS",
    "finite_predicates",
    "is_routine",
    "read_by_head",
]


BE = word_set("be am is are was were been being 's ’s 're ’re 'm")
BE_PAST = word_set("was were")
SUBORDINATORS = word_set(
    "if because although though while whilst whereas when whenever once until till unless whether that which"
    " who whom whose where how what why since before after as so"
)
COORDINATORS = word_set("and or but however ; nor yet with")
_HAVE = word_set("has have had 've ’ve")
_WILL = word_set("will shall 'll ’ll wo")
_MODALS = _WILL | word_set("would may might could can ca should must ought")
_DO = word_set("do does did")
NOT = word_set("not n't n’t never cannot")
AUXILIARIES = (BE | _HAVE | _MODALS | _DO) - {"been", "being", "be"}
_ADVERBS = word_set("both all each yet also now not n't n’t never only then either to")
_PREPOSITIONS_TOO = word_set("since before after until as so that till")
_ASKING = word_set("how what where when whether why")
_PARTICLES = word_set("out up off over back")
_MONTH_NAMES = word_set(
    "january february march april may june july august september october november december spring summer"
    " autumn winter jan feb mar apr jun jul aug sep sept oct nov dec"
)
_FINISHED = word_set("completed finished finalised finalized concluded closed")
_ROUTINELY = word_set("regularly routinely daily weekly monthly quarterly annually")
_STATES = word_set("ongoing outstanding forthcoming missing upcoming pending willing")
_SUBJECT_TAGS = ("NN", "PRP", "CD")


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
    silence_the_hoped_for(words, groups)
    return groups


def _silence_the_untrue(words: list[Token], groups: list[Predicate]) -> None:
    """ "It is not true that the work has stopped" doesn't tell of a stop."""
    for left, right in pairwise(groups):
        between = [word.lower for word in words[left.first : right.first]]
        if "that" not in between or left.head not in BE:
            continue
        said = set(between[: between.index("that")])
        if said & word_set("untrue incorrect inaccurate wrong") or (
            left.negated and said & word_set("true correct accurate right case")
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
    return word.lower in AUXILIARIES or word.lower == "cannot"


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
        if token.lower == "no":
            break  # "there is no waiting list"
        if token.lower == "since" and words[i].lower in _HAVE:
            continue
        if token.lower in NOT:
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
    if not 0 < i < len(words) - 1 or words[i].lower not in bases("bare"):
        return False
    if words[i].lower == "take" and words[i + 1].lower == "place" and words[i].tag == "VB":
        return words[i - 1].tag.startswith("NN")  # "sessions with the Chief take place weekly"
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
    if before.tag in {"DT", "PRP$", "JJ", "IN", "CD"} and before.lower not in word_set(
        "that all which both these those"
    ):
        return True
    takes_object = after is not None and after.tag in {"DT", "IN", "PRP$", "TO", "RB"}
    takes_object |= word.lower in bases("bare") and word.lower not in listed("verbs_and_nouns")
    takes_object |= word.lower in verbs("opinion")
    return word.tag == "VBP" and before.tag in {"NN", "NNP"} and not takes_object


def _adorns(before: Token | None, after: Token | None) -> bool:
    return bool(
        before and after and before.tag in {"DT", "PRP$", "JJ"} and after.tag.startswith(("NN", "JJ"))
    )


def read_by_head(group: Predicate) -> bool:
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
    elif head in word_set("hoped intended envisaged aimed wished"):
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
    if read_by_head(group):
        return group
    if word == "live":
        return group  # "the form, live 1 July": an adjective, whatever its tag
    if not past and _is_scheduled(words, i):
        group.becomes(Stage.PLANNED, future=True)  # "the campaign opens in January", "goes live 1 July"
        return group
    if past and is_routine(words, i):
        group.becomes(Stage.IN_PLACE)
        return group
    if word in word_set("remain remains remained") and _denied_subject(words, i):
        if _denied_subject(words, i) == "nothing":
            group.stage = Stage.DONE  # "nothing remains to be done"
        else:
            group.tells_nothing()  # "no risks remain"
    elif word in word_set(
        "continue continues continued remain remains remained progresses progressed await awaits awaited"
    ):
        group.stage = Stage.UNDER_WAY
    elif word in word_set("considers examines explores"):
        if following[:1] == ["that"]:
            group.tells_nothing()  # an opinion; else what somebody does as a rule
    elif word in verbs("intend"):
        if not past or following[:1] == ["to"]:
            group.becomes(Stage.INTENDED, future=True)
        elif word in word_set("wanted sought"):
            group.tells_nothing()
    elif word in verbs("report") and ("that" in following or not past):
        group.falls_silent()
    elif word in verbs("need") or word in verbs("opinion"):
        group.tells_nothing()
    return group


def _is_scheduled(words: list[Token], i: int) -> bool:
    """Whether a present form leads to a date; without "in" or "on" only a day and its month do."""
    k = i + 1
    if words[i].lower in word_set("works reports plans visits reviews tests"):
        return False  # "at the old cement works in January"
    if words[i].lower in {"go", "goes"} and words[k : k + 1] and words[k].lower == "live":
        k += 1
    if k < len(words) and words[k].lower in word_set("in on from"):
        return _names_date(words, k + 1)
    return any(token.lower in _MONTH_NAMES for token in words[k + 1 : k + 2]) and words[k].tag == "CD"


def _names_date(words: list[Token], i: int) -> bool:
    return i < len(words) and (words[i].lower in _MONTH_NAMES or words[i].tag == "CD")


def is_routine(words: list[Token], i: int) -> bool:
    """ "Inbox monitored daily", "reported to the board every quarter": it happens time and again."""
    if i and words[i - 1].lower in _ROUTINELY:
        return True
    for k in range(i + 1, min(i + 6, len(words))):
        if words[k].lower in {",", ";", "and", "but"}:
            return False
        if words[k].lower in _ROUTINELY - {"regularly"}:
            following = words[k + 1] if k + 1 < len(words) else None
            if following is None or following.lower in word_set("basis cycle"):
                return True
            return words[k].tag == "RB" or not following.tag.startswith("NN")
        if words[k].lower in {"every", "each"} and words[k + 1 : k + 2]:
            return words[k + 1].lower in word_set("day week month quarter year shift tour fortnight")
    return False


def _classified(words: list[Token], chain: list[int], negated: bool) -> Predicate:
    """A group with auxiliary: ``chain`` holds the places of its verbs (and of "to")."""
    lowers = [words[k].lower for k in chain]
    lead, head, tag = lowers[0], lowers[-1], words[chain[-1]].tag
    group = Predicate(chain[0], chain[-1], head, Stage.NONE, negated=negated)
    if lead in _WILL:
        _future(words, group, lowers)
    elif negated and head in verbs("begin") and lead in word_set("can ca cannot could"):
        group.becomes(Stage.NOT_STARTED)
    elif lead == "may" and head not in verbs("need") | BE and is_allowed(words, group):
        group.stage = Stage.IN_PLACE
    elif lead in {"may", "might", "could"}:
        if lead != "could" or not (negated or head in word_set("do done improve improved")):
            group.becomes(Stage.INTENDED, future=True)
    elif lead in {"can", "ca"}:
        group.stage = Stage.NONE if negated else Stage.IN_PLACE
    elif lead == "would" and not negated and head in word_set("like welcome wish prefer"):
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
        if (lead in BE_PAST and "be" not in lowers[1:]) or names_function(words, group):
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
    elif head in word_set("consider explore considered explored investigate seek"):
        group.stage = Stage.INTENDED
    elif len(lowers) == 2 and (
        (head in verbs("effect") and subject in word_set("this these it which that they"))
        or (head in bases("ease") and is_thing(words[group.first - 1 : group.first]))
    ):
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
        read_by_head(group)
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
    elif not read_by_head(group):
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
    noticed = word_set(
        "received recorded reported raised identified found seen noted highlighted expressed made"
    )
    return bool({"no", "nothing"} & set(subject)) and group.head not in noticed


def _not_yet(words: list[Token], group: Predicate, lowers: list[str]) -> None:
    """A negated perfect: not begun, or begun and not completed."""
    if lowers[0] == "had":
        group.stage = Stage.NONE
    elif group.head in word_set("resumed restarted recommenced"):
        group.stage = Stage.STOPPED
    elif group.head in _FINISHED | {"embedded"}:
        group.stage = Stage.UNDER_WAY
    elif (
        group.head == "done"
        and words[group.last + 1 : group.last + 2]
        and words[group.last + 1].lower in word_set("enough all everything as so")
    ):
        group.stage = Stage.NONE
    else:
        yet = any(token.lower == "yet" for token in words[group.first : group.last + 2])
        work = "been" in lowers or any(group.head in verbs(kind) for kind in ("act", "bare", "begin"))
        group.stage = Stage.NOT_STARTED if yet or work else Stage.NONE


def _progressive(words: list[Token], group: Predicate) -> None:
    after = [word.lower for word in words[group.last + 1 : group.last + 3]]
    runs = group.head in word_set("working functioning operating performing running") and not group.negated
    well = bool(after) and after[0] in word_set("well effectively smoothly properly successfully reliably")
    if runs and well and not set(after[1:]) & word_set("with on towards together through to"):
        group.becomes(Stage.IN_PLACE)  # "the new arrangements are working well"
        return
    group.stage = Stage.NONE if group.negated or group.head in verbs("relate") else Stage.UNDER_WAY
    if group.stage is Stage.UNDER_WAY and is_routine(words, group.last):
        group.becomes(Stage.IN_PLACE)  # "visits are taking place every quarter"
    if group.head in verbs("intend"):
        group.becomes(Stage.INTENDED, future=True)
    elif group.head in word_set("planned proposed scheduled planning proposing going"):
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
        elif (after is not None and after.lower == "by") or is_routine(words, group.last):
            group.becomes(Stage.IN_PLACE)  # "uptake is considered by the committee"
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
    elif names_purpose(words, group) or is_asked_of_people(words, group):
        group.tells_what_for()
    elif read_by_head(group):
        return
    elif past:
        subject = {token.lower for token in words[max(0, group.first - 3) : group.first]}
        voiced = head in word_set("raised expressed voiced") and subject & word_set(
            "concern concerns issues questions complaints"
        )
        group.stage = Stage.NONE if voiced else Stage.DONE
    else:
        group.stage = Stage.DONE if head in _FINISHED else Stage.IN_PLACE


def _without_reduced_relatives(words: list[Token], groups: list[Predicate]) -> list[Predicate]:
    """ "The policy approved in May will …": a past form before a finite verb is a participle."""
    groups = [group for group in groups if not _continues_passive(words, group)]
    kept: list[Predicate] = []
    joints = COORDINATORS | (SUBORDINATORS - {"as", "so"}) | word_set(", : – - .")
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
