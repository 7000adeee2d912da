"""Answers as they are written."""

from collections.abc import Callable
from typing import Generic, TypeVar

from ._native import Answering

Piece = TypeVar("Piece")
Whole = TypeVar("Whole")


class Stream(Generic[Piece, Whole]):
    """An answer as it is written: an iterator of its pieces. `result()` is the whole answer.

    Another thread may `cancel()` it. One that is not read to its end, and closed or forgotten, is
    cancelled too.
    """

    def __init__(
        self,
        answering: Answering,
        piece: Callable[[str], Piece],
        whole: Callable[[bytes], Whole],
    ) -> None:
        self._answering = answering
        self._piece = piece
        self._whole = whole

    def __iter__(self) -> "Stream[Piece, Whole]":
        return self

    def __next__(self) -> Piece:
        piece = self._answering.piece()
        if piece is None:
            raise StopIteration
        return self._piece(piece)

    def result(self) -> Whole:
        """The whole answer, waited for; pieces not taken before are in it."""
        return self._whole(self._answering.wait())

    def cancel(self) -> None:
        """Ends it before its next token. `result()` then has what was written, and its `stop` is
        `cancelled`; of a value, and before the picture was encoded, `CancelledError` is raised."""
        self._answering.cancel()

    close = cancel

    def __enter__(self) -> "Stream[Piece, Whole]":
        return self

    def __exit__(self, *_: object) -> None:
        self.cancel()
