"""What goes wrong. `Error.kind` is the word to choose by; the classes group the kinds."""


class Error(Exception):
    """Whatever foveate raises about models, pictures and answers."""

    def __init__(self, message: str, kind: str = "internal") -> None:
        super().__init__(message, kind)
        self.message = message
        self.kind = kind

    def __str__(self) -> str:
        return self.message


class ModelError(Error):
    """A model or ONNX Runtime cannot be used: `assets_missing`, `assets_invalid`, `runtime`."""


class ImageError(Error, ValueError):
    """A picture cannot be read: `invalid_image`."""


class ArgumentError(Error, ValueError):
    """A value that is none: `invalid_argument`, `unsupported_schema`, `budget_too_small`."""


class AnswerError(Error):
    """No usable answer: `nothing_read`, `incomplete`, `decoding`, `context_full`."""


class TimeLimitError(Error, TimeoutError):
    """The time limit was reached before there was an answer: `timeout`."""


class CancelledError(Error):
    """The answer was cancelled before there was one: `cancelled`."""


_CLASSES = {
    "assets_missing": ModelError,
    "assets_invalid": ModelError,
    "runtime": ModelError,
    "invalid_image": ImageError,
    "invalid_argument": ArgumentError,
    "unsupported_schema": ArgumentError,
    "budget_too_small": ArgumentError,
    "nothing_read": AnswerError,
    "incomplete": AnswerError,
    "decoding": AnswerError,
    "context_full": AnswerError,
    "timeout": TimeLimitError,
    "cancelled": CancelledError,
}


def error_of(kind: str, message: str) -> Error:
    """The exception of a failure; the native half calls this."""
    return _CLASSES.get(kind, Error)(message, kind)
