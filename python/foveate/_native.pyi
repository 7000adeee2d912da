from os import PathLike
from typing import TypedDict

class Cancel:
    """Ends answers from another thread: give it to `ask`, `ocr`, `read` or `event`."""

    def __init__(self) -> None: ...
    def cancel(self) -> None:
        """Ends every answer that it was given to."""

    @property
    def cancelled(self) -> bool: ...

class Answering:
    """An answer that is made on a thread of its own; dropping it cancels it."""

    def piece(self) -> str | None: ...
    def wait(self) -> bytes: ...
    def cancel(self) -> None: ...

class Loading(TypedDict):
    runtime: str | PathLike[str] | None
    threads: int
    at_once: int
    remembered_images: int
    mode: str | None

class How(TypedDict):
    stream: bool
    max_tokens: int | None
    time_limit: float | None
    max_pixels: int | None
    cancel: Cancel | None

class Model:
    @staticmethod
    def load(model: str | PathLike[str], how: Loading) -> Model: ...
    @property
    def name(self) -> str: ...
    def begin(
        self,
        picture: str | bytes | tuple[int, int, int, bytes],
        task: str,
        text: str | None,
        how: How,
    ) -> Answering: ...
