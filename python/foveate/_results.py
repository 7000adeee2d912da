"""What a model gives back: plain dataclasses, which pickle and compare."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""


@dataclass(frozen=True)
class Region:
    """Where something was read."""

    box: Box
    """In pixels of the picture as it is stored in its file."""
    upright: Box
    """In pixels of the picture standing upright (EXIF orientation applied)."""
    confidence: float
    """How probable it is that it reads as it was read, 0 to 1."""


@dataclass(frozen=True)
class Picture:
    """The picture that was looked at, standing upright."""

    width: int
    height: int
    notes: list[str]
    """What is odd about its file, such as that it is cut off."""


@dataclass(frozen=True)
class Seconds:
    """Where the time went. A picture that was seen before costs nothing again."""

    image: float
    encode: float
    prefill: float
    decode: float


@dataclass(frozen=True)
class Usage:
    """Tokens: of the conversation before the answer, image tokens included, and of the answer."""

    prompt: int
    generated: int


@dataclass(frozen=True)
class Result:
    """What every answer tells of itself."""

    stop: str
    """Why it ended: `end`, `max_tokens`, `repetition`, `context_full`, `time_limit`,
    `cancelled`. All but the first leave it incomplete."""
    picture: Picture
    seconds: Seconds
    usage: Usage


@dataclass(frozen=True)
class Word:
    text: str
    region: Region | None


@dataclass(frozen=True)
class Line:
    text: str
    region: Region | None
    words: list[Word]


@dataclass(frozen=True)
class Reading(Result):
    """The text of a picture."""

    text: str
    """Lines joined by line feeds, words by one space; empty where there is no text."""
    lines: list[Line]
    left_out: list[Line]
    """What was found and left out of the text, because it is hardly legible."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Answer(Result):
    """An answer in words."""

    text: str
    found: bool
    """Whether the picture tells it. Models that were not taught to say that it does not (`nano`)
    always claim so."""
    region: Region | None
    """The box around all that the answer was copied from; `None` for one in nobody's words."""
    lines: list[Line]
    """The answer line by line, word by word, with their boxes."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Field:
    """Where a string of a value was read."""

    path: str
    """JSON pointer, such as `/venue`."""
    region: Region


@dataclass(frozen=True)
class Typed(Result, Generic[T]):
    """A value of the caller's type, and where it was read."""

    value: T
    fields: list[Field]
    text: str | None
    """The text of the picture, which the value was filled in from."""


@dataclass(frozen=True)
class Event(Result):
    """The event that a picture announces."""

    title: str | None
    date: str | None
    start: str | None
    end: str | None
    venue: str | None
    """The fields as they are printed."""
    place: str | None
    """The venue's name without its address."""
    address: str | None
    """The street and town of the page, where the venue does not tell them."""
    starts: str | None
    """The first moment, as in `2027-06-12T20:00`, or the first day."""
    ends: str | None
    repeats: str | None
    """The rule of iCalendar by which it comes again."""
    confidence: str
    """How sure the day and the times are: `high`, `medium`, `low`."""
    unexplained: str
    """What of the printed day and times no reading explains."""
    problem: str | None
    """Why it is no event; `None` where it is one."""
    ics: str | None
    """An iCalendar of it; `None` where it is no event."""
    fields: list[Field]
    text: str | None


def decoded(answer: bytes, kind: type[T]) -> T:
    """The native half's JSON as one of these."""
    return msgspec.json.decode(answer, type=kind)
