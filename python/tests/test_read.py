"""Answers of every form."""

import dataclasses
import datetime
import json
import pickle
import typing

import pydantic
import pytest

import foveate

TITLE = "Summer Jazz Night"


@dataclasses.dataclass
class Concert:
    """What takes place."""

    title: str
    date: str | None = None
    venue: str | None = None


class Show(pydantic.BaseModel):
    title: str
    date: typing.Optional[str] = None


class Told(typing.TypedDict):
    title: str


SCHEMA = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}


def test_an_event_and_its_calendar(model, jazz):
    event = model.event(jazz, today=datetime.date(2027, 1, 1))
    assert (event.title, event.starts, event.problem) == (TITLE, "2027-06-12T20:00", None)
    assert event.confidence == "high" and event.stop == "end"
    assert "DTSTART:20270612T200000" in event.ics
    assert "/title" in [field.path for field in event.fields]
    assert event == model.event(jazz, today="2027-01-01") or event.ics


def test_what_announces_no_event_says_why(model):
    import PIL.Image

    event = model.event(PIL.Image.new("RGB", (200, 100), "white"))
    assert event.ics is None and event.problem.startswith("no event")


def test_text_with_boxes(model, jazz):
    reading = model.ocr(jazz)
    assert TITLE in reading.text.splitlines()
    line = next(line for line in reading.lines if line.text == TITLE)
    left, top, right, bottom = line.region.box
    assert 0 <= left < right <= reading.picture.width
    assert 0 <= top < bottom <= reading.picture.height
    assert 0.5 < line.region.confidence <= 1
    assert [word.text for word in line.words] == TITLE.split()
    assert str(reading) == reading.text
    assert pickle.loads(pickle.dumps(reading)) == reading


def test_a_question(model, jazz):
    answer = model.ask(jazz, "What is the title?")
    assert answer.text and answer.found and answer.stop == "end"
    assert answer.usage.generated > 0 and answer.seconds.decode >= 0
    assert all(line.region is None or line.region.confidence > 0 for line in answer.lines)


@pytest.mark.parametrize("kind", [Concert, Show, Told, SCHEMA])
def test_values_of_types(model, jazz, kind):
    value = model.read(jazz, kind)
    plain = value if isinstance(value, dict) else dict(value.__dict__)
    assert plain["title"] == TITLE
    assert isinstance(value, kind if kind in (Concert, Show) else dict)


def test_where_a_value_was_read(model, jazz):
    typed = model.read_typed(jazz, Concert)
    assert typed.value == model.read(jazz, Concert)
    assert [field.path for field in typed.fields][0] == "/title"
    assert TITLE in typed.text


def test_pieces_make_the_answer(model, jazz):
    stream = model.ocr(jazz, stream=True)
    assert "".join(stream) == stream.result().text == model.ocr(jazz).text
    stream = model.ask(jazz, "What is the title?", stream=True)
    pieces = list(stream)
    assert len(pieces) > 1 and "".join(pieces) == stream.result().text


def test_a_value_grows(model, jazz):
    with model.read(jazz, Concert, stream=True) as stream:
        grown = list(stream)
        assert grown[-1]["title"] == TITLE and len(grown) > 1
        assert stream.result().value == Concert(**grown[-1])


def test_another_folder_and_its_name(model, tmp_path, monkeypatch):
    assert foveate.load("nano").name == model.name == "nano"
    assert repr(model) == "<foveate.Model 'nano'>"
    monkeypatch.setenv("FOVEATE_MODELS", str(tmp_path))
    with pytest.raises(foveate.ModelError) as told:
        foveate.load("other")
    assert told.value.kind == "assets_missing"


def test_schemas_are_written_out_once():
    from foveate._types import schema_and_build

    schema, build = schema_and_build(Concert)
    assert json.loads(schema)["type" if "$ref" not in json.loads(schema) else "$ref"]
    assert build('{"title": "a"}') == Concert("a")
