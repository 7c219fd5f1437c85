"""The evaluation set: conversations with dates, and questions with the memories that answer them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from templates import ASKED, BY_HAND, BY_HAND_QUESTIONS, CHATTER, FACTS, PEOPLE

SEED = 20_250_101
CONVERSATIONS = 12
# With an assistant that answers at length, in so many sentences.
TALKATIVE, SENTENCES = 3, 25
SESSIONS = 14


@dataclass
class Conversation:
    """Turns as (session, moment, role, text), and questions as (kind, question, places of the answers)."""

    turns: list[tuple[str, datetime, str, str]] = field(default_factory=list)
    questions: list[tuple[str, str, set[int]]] = field(default_factory=list)

    def say(self, session: int, moment: datetime, role: str, text: str) -> int:
        self.turns.append((f"session {session}", moment, role, text))
        return len(self.turns) - 1


def conversations() -> list[Conversation]:
    """All of them, the same at every run."""
    chance = random.Random(SEED)
    made = [_made(chance) for _ in range(CONVERSATIONS)]
    return [*made, _by_hand(), *(_talkative(chance) for _ in range(TALKATIVE))]


def _made(chance: random.Random) -> Conversation:
    made = Conversation()
    values = [chance.sample(fact[4], len(fact[4])) for fact in FACTS]
    moment = datetime(2024, chance.randint(1, 6), chance.randint(1, 28), 9, tzinfo=UTC)
    # Each person has some of the facts; a few of them change later.
    known = [(fact, person) for fact in range(len(FACTS)) for person in chance.sample(range(len(PEOPLE)), 2)]
    changed = chance.sample(known, 6)
    chance.shuffle(known)
    plan = known + changed
    asked = chance.sample(range(len(ASKED)), 4)
    said: dict[tuple[int, int], list[int]] = {}
    of_month: dict[tuple[int, str], list[int]] = {}
    for session in range(SESSIONS):
        part = plan[session * len(plan) // SESSIONS : (session + 1) * len(plan) // SESSIONS]
        turns = [("fact", each) for each in part] + [("chatter", None)] * chance.randint(2, 4)
        if session < len(asked):
            turns.append(("asked", asked[session]))
        chance.shuffle(turns)
        for kind, what in turns:
            moment += timedelta(minutes=chance.randint(1, 9))
            if kind == "chatter":
                user, assistant = chance.choice(CHATTER)
                made.say(session, moment, "user", user)
                made.say(session, moment, "assistant", assistant)
            elif kind == "asked":
                question, answer, later, choices = ASKED[what]
                made.say(session, moment, "assistant", question)
                place = made.say(session, moment, "user", answer.format(v=chance.choice(choices)))
                made.questions.append(("answer to a question", later, {place}))
            else:
                fact, person = what
                place = _tell(made, session, moment, what, values[fact].pop())
                said.setdefault(what, []).append(place)
                of_month.setdefault((person, moment.strftime("%B %Y")), []).append(place)
        moment += timedelta(days=chance.randint(9, 24))
    _ask(made, said, chance)
    for (person, month), places in chance.sample(sorted(of_month.items()), 5):
        who = PEOPLE[person][2]
        made.questions.append(
            ("by date", f"What is there about {'me' if who == 'I' else who} from {month}?", set(places))
        )
    return made


def _tell(made: Conversation, session: int, moment: datetime, what: tuple[int, int], value: str) -> int:
    fact, person = what
    who, whose, _, _ = PEOPLE[person]
    text, reply = FACTS[fact][:2]
    of = "mine" if who == "I" else who
    filled = text.format(A=who[0].upper() + who[1:], p=whose if who == "I" else f"{who}'s", o=of, v=value)
    filled = filled.replace("I is", "I am")
    place = made.say(session, moment, "user", filled + ".")
    made.say(session, moment, "assistant", reply)
    return place


def _ask(made: Conversation, said: dict[tuple[int, int], list[int]], chance: random.Random) -> None:
    for (fact, person), places in sorted(said.items()):
        _, _, who, whose = PEOPLE[person]
        near, other = FACTS[fact][2:4]
        gold = {places[-1]}
        of = "mine" if who == "I" else who
        ask = {"q": who, "s": whose, "o": of}
        if len(places) > 1:
            made.questions.append(("changed", chance.choice(near).format(**ask), gold))
        else:
            made.questions.append(("same words", chance.choice(near).format(**ask), gold))
        made.questions.append(("other words", chance.choice(other).format(**ask), gold))


def _talkative(chance: random.Random) -> Conversation:
    """What people say drowns easily between answers of two hundred words."""
    made = _made(chance)
    idle = sorted({*(fact[1] for fact in FACTS), *(said for pair in CHATTER for said in pair)})
    made.turns = [
        (
            session,
            moment,
            role,
            " ".join([text, *chance.sample(idle, SENTENCES)]) if role == "assistant" else text,
        )
        for session, moment, role, text in made.turns
    ]
    made.questions = [("beside long answers", question, gold) for _, question, gold in made.questions]
    return made


def _by_hand() -> Conversation:
    made = Conversation()
    for session, (day, turns) in enumerate(BY_HAND):
        for minute, (role, text) in enumerate(turns):
            made.say(
                session, datetime.fromisoformat(day).replace(hour=18, minute=minute, tzinfo=UTC), role, text
            )
    for question, beginnings in BY_HAND_QUESTIONS:
        gold = {place for place, turn in enumerate(made.turns) if turn[3].startswith(beginnings)}
        if len(gold) != len(beginnings):
            raise ValueError(question)
        made.questions.append(("by hand", question, gold))
    return made
