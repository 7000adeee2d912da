"""Ask questions of pictures, on the machine that holds them.

    import foveate
    model = foveate.load()
    print(model.event("flyer.png").ics)
"""

from ._errors import (
    AnswerError,
    ArgumentError,
    CancelledError,
    Error,
    ImageError,
    ModelError,
    TimeLimitError,
)
from ._model import Model, load
from ._native import Cancel
from ._results import (
    Answer,
    Box,
    Event,
    Field,
    Line,
    Picture,
    Reading,
    Region,
    Seconds,
    Typed,
    Usage,
    Word,
)
from ._stream import Stream

__all__ = [
    "Answer",
    "AnswerError",
    "ArgumentError",
    "Box",
    "Cancel",
    "CancelledError",
    "Error",
    "Event",
    "Field",
    "ImageError",
    "Line",
    "Model",
    "ModelError",
    "Picture",
    "Reading",
    "Region",
    "Seconds",
    "Stream",
    "TimeLimitError",
    "Typed",
    "Usage",
    "Word",
    "load",
]
