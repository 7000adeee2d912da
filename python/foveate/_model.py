"""Models, and what is asked of them."""

import importlib.util
import json
import os
import pathlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from . import _native
from ._native import Answering, Cancel
from ._pictures import given
from ._results import Answer, Event, Reading, Typed, decoded
from ._stream import Stream
from ._types import schema_and_build

if TYPE_CHECKING:
    import datetime

    from ._pictures import Picture

T = TypeVar("T")
_NANO = pathlib.Path(__file__).parent / "models/nano"


def load(
    model: str | os.PathLike[str] | None = None,
    *,
    threads: int = 0,
    at_once: int = 1,
    remembered_images: int = 16,
    mode: Literal["auto", "rapid", "balanced", "high"] | None = None,
    runtime: str | os.PathLike[str] | None = None,
) -> "Model":
    """Loads a model: by default `nano`, which comes with the package; else a folder's path, or a
    name that is looked for in the folders of `FOVEATE_MODELS`.

    `threads` of the graphs: 0 is as many as the process may use. `at_once`: pictures that may go
    through the encoder at once; each beyond the first costs a copy of its weights. `mode`: how
    closely pictures are looked at; the model's own default where it is `None`. `runtime`: the ONNX
    Runtime library, or its folder; by default `ORT_DYLIB_PATH`, then that of the installed
    `onnxruntime`.

    Raises `ModelError`.
    """
    how: _native.Loading = {
        "runtime": runtime or _runtime(),
        "threads": threads,
        "at_once": at_once,
        "remembered_images": remembered_images,
        "mode": mode,
    }
    return Model(_native.Model.load(_folder(model), how))


def _folder(model: str | os.PathLike[str] | None) -> str | os.PathLike[str]:
    """The package's own `nano`, unless `FOVEATE_MODELS` may hold another of that name."""
    by_name = model == "nano" and not os.environ.get("FOVEATE_MODELS")
    return _NANO if model is None or by_name else model


def _runtime() -> str | None:
    """The folder of the installed `onnxruntime`'s library, which is not imported for that."""
    if os.environ.get("ORT_DYLIB_PATH"):
        return None
    spec = importlib.util.find_spec("onnxruntime")
    folders = spec.submodule_search_locations if spec else None
    return next((os.path.join(folder, "capi") for folder in folders or []), None)


class Model:
    """A model, loaded once. Any number of threads may ask it; the GIL is free while it works.

    Pictures are a path, the bytes of a file, a PIL image, or a numpy array of uint8:
    `[height, width]` grey, `[height, width, 3]` RGB, `[height, width, 4]` RGBA. Boxes in a PIL
    image are those of `PIL.ImageOps.exif_transpose(image)`.

    Of every question:
    - `max_tokens`: most tokens of the answer; as many as the context holds by default.
    - `time_limit`: seconds for everything. Text that was written by then is the answer, and its
      `stop` is `time_limit`; before that, and of a value, `TimeLimitError` is raised.
    - `cancel`: ends it from another thread, as a time limit does; Ctrl-C does so, too.
    - `max_pixels`: files of larger pictures are refused; 100 million by default.
    - `stream`: gives a `Stream` of pieces at once, whose `result()` is the whole.

    Raises subclasses of `Error`; `ImageError` of what is no picture.
    """

    def __init__(self, native: _native.Model) -> None:
        self._native = native

    @property
    def name(self) -> str:
        return self._native.name

    def __repr__(self) -> str:
        return f"<foveate.Model {self.name!r}>"

    @overload
    def ocr(
        self,
        image: "Picture",
        *,
        stream: Literal[False] = False,
        max_tokens: int | None = None,
        time_limit: float | None = None,
        max_pixels: int | None = None,
        cancel: Cancel | None = None,
    ) -> Reading: ...
    @overload
    def ocr(
        self,
        image: "Picture",
        *,
        stream: Literal[True],
        max_tokens: int | None = None,
        time_limit: float | None = None,
        max_pixels: int | None = None,
        cancel: Cancel | None = None,
    ) -> Stream[str, Reading]: ...
    def ocr(self, image: "Picture", *, stream: bool = False, **how: Any) -> Any:
        """Reads the text, with the boxes of its lines and words."""
        answering = self._begin(image, "ocr", None, stream, **how)
        return _told(answering, stream, str, lambda a: decoded(a, Reading))

    @overload
    def ask(
        self,
        image: "Picture",
        question: str,
        *,
        stream: Literal[False] = False,
        max_tokens: int | None = None,
        time_limit: float | None = None,
        max_pixels: int | None = None,
        cancel: Cancel | None = None,
    ) -> Answer: ...
    @overload
    def ask(
        self,
        image: "Picture",
        question: str,
        *,
        stream: Literal[True],
        max_tokens: int | None = None,
        time_limit: float | None = None,
        max_pixels: int | None = None,
        cancel: Cancel | None = None,
    ) -> Stream[str, Answer]: ...
    def ask(self, image: "Picture", question: str, *, stream: bool = False, **how: Any) -> Any:
        """Answers a question in words."""
        answering = self._begin(image, "ask", question, stream, **how)
        return _told(answering, stream, str, lambda a: decoded(a, Answer))

    @overload
    def read(
        self,
        image: "Picture",
        kind: type[T],
        *,
        stream: Literal[False] = False,
        max_tokens: int | None = None,
        time_limit: float | None = None,
        max_pixels: int | None = None,
        cancel: Cancel | None = None,
    ) -> T: ...
    @overload
    def read(
        self,
        image: "Picture",
        kind: dict[str, Any],
        *,
        stream: Literal[False] = False,
        max_tokens: int | None = None,
        time_limit: float | None = None,
        max_pixels: int | None = None,
        cancel: Cancel | None = None,
    ) -> Any: ...
    @overload
    def read(
        self,
        image: "Picture",
        kind: type[T],
        *,
        stream: Literal[True],
        max_tokens: int | None = None,
        time_limit: float | None = None,
        max_pixels: int | None = None,
        cancel: Cancel | None = None,
    ) -> Stream[Any, Typed[T]]: ...
    @overload
    def read(
        self,
        image: "Picture",
        kind: dict[str, Any],
        *,
        stream: Literal[True],
        max_tokens: int | None = None,
        time_limit: float | None = None,
        max_pixels: int | None = None,
        cancel: Cancel | None = None,
    ) -> Stream[Any, Typed[Any]]: ...
    def read(self, image: "Picture", kind: Any, *, stream: bool = False, **how: Any) -> Any:
        """Reads a value: of a dataclass, TypedDict, pydantic model or whatever msgspec knows, or as
        a JSON Schema (a dict) describes. The pieces of a stream are JSON values that grow, each
        with the members that are complete; its result counts seconds and tokens from when the text
        was read."""
        if not stream:
            return self.read_typed(image, kind, **how).value
        schema, build = schema_and_build(kind)
        answering = self._begin(image, "read", schema, True, **how)
        return Stream(answering, json.loads, lambda a: _typed(a, build))

    def read_typed(self, image: "Picture", kind: type[T], **how: Any) -> Typed[T]:
        """As `read`, with where it was read and what it cost."""
        schema, build = schema_and_build(kind)
        return _typed(self._begin(image, "read", schema, False, **how).wait(), build)

    def event(
        self,
        image: "Picture",
        today: "datetime.date | str | None" = None,
        *,
        max_tokens: int | None = None,
        time_limit: float | None = None,
        max_pixels: int | None = None,
        cancel: Cancel | None = None,
    ) -> Event:
        """Reads the event that a flyer announces. Dates without a year come after `today`."""
        day = None if today is None else str(today)
        how: dict[str, Any] = dict(
            max_tokens=max_tokens, time_limit=time_limit, max_pixels=max_pixels, cancel=cancel
        )
        return decoded(self._begin(image, "event", day, False, **how).wait(), Event)

    def _begin(
        self,
        image: "Picture",
        task: str,
        text: str | None,
        stream: bool,
        max_tokens: int | None = None,
        time_limit: float | None = None,
        max_pixels: int | None = None,
        cancel: Cancel | None = None,
    ) -> Answering:
        how: _native.How = {
            "stream": stream,
            "max_tokens": max_tokens,
            "time_limit": time_limit,
            "max_pixels": max_pixels,
            "cancel": cancel,
        }
        return self._native.begin(given(image), task, text, how)


def _told(answering: Answering, stream: bool, piece: Any, whole: Any) -> Any:
    """The answer, or the stream of it."""
    return Stream(answering, piece, whole) if stream else whole(answering.wait())


def _typed(answer: bytes, build: Any) -> Typed[Any]:
    """The answer with its value as the caller's type has it."""
    plain = decoded(answer, Typed[Any])
    return replace(plain, value=build(json.dumps(plain.value)))
