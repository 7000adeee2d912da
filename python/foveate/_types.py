"""Types of the caller to JSON Schemas, and answers back to them."""

import json
from collections.abc import Callable
from typing import Any

import msgspec

from ._errors import ArgumentError, AnswerError

Build = Callable[[bytes | str], Any]


def schema_and_build(kind: Any) -> tuple[str, Build]:
    """The JSON Schema of a type, written out, and what makes a value of an answer's JSON."""
    if isinstance(kind, dict):
        return json.dumps(kind), json.loads
    if hasattr(kind, "model_json_schema") and hasattr(kind, "model_validate_json"):
        return json.dumps(kind.model_json_schema()), _checked(kind.model_validate_json, kind)
    try:
        schema = msgspec.json.schema(kind)
    except TypeError as e:
        raise ArgumentError(
            f"{kind!r} has no JSON Schema: {e}; give a JSON Schema as a dict, a dataclass, "
            "a TypedDict or a pydantic model",
            "unsupported_schema",
        ) from None
    return json.dumps(schema), _checked(lambda text: msgspec.json.decode(text, type=kind), kind)


def _checked(build: Build, kind: Any) -> Build:
    """Validators of the type may refuse what its schema allows; that is an answer that is none."""

    def built(text: bytes | str) -> Any:
        try:
            return build(text)
        except ValueError as e:
            name = getattr(kind, "__name__", str(kind))
            raise AnswerError(f"the answer is no {name}: {e}", "decoding") from e

    return built
