"""The `openai` package, as it is, against the server."""

import base64
import json

import pytest

openai = pytest.importorskip("openai")
pydantic = pytest.importorskip("pydantic")


class Event(pydantic.BaseModel):
    title: str
    date: str | None
    start: str | None
    venue: str | None


@pytest.fixture
def client(server):
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)


@pytest.fixture
def asking(flyers):
    picture = base64.b64encode((flyers / "jazz.png").read_bytes()).decode()

    def message(question):
        url = {"url": f"data:image/png;base64,{picture}"}
        content = [{"type": "text", "text": question}, {"type": "image_url", "image_url": url}]
        return {"model": "nano", "messages": [{"role": "user", "content": content}]}

    return message


def test_models(client):
    assert [model.id for model in client.models.list()] == ["nano"]


def test_a_question(client, asking):
    answer = client.chat.completions.create(**asking("Where is it?"))
    assert "Riverside Hall" in answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens > answer.usage.completion_tokens > 0
    assert answer.foveate["lines"][0]["box"]


def test_a_stream(client, asking):
    options = {"stream": True, "stream_options": {"include_usage": True}}
    pieces, usage = [], None
    for chunk in client.chat.completions.create(**asking("Where is it?"), **options):
        usage = chunk.usage or usage
        pieces += [choice.delta.content or "" for choice in chunk.choices]
    assert "Riverside Hall" in "".join(pieces) and len(pieces) > 3
    assert usage.completion_tokens > 0


def test_a_stream_that_is_left(client, asking):
    with client.chat.completions.create(**asking("Where is it?"), stream=True) as stream:
        next(iter(stream))
    assert client.models.list().data


def test_a_schema(client, asking):
    read = client.chat.completions.parse(**asking("Read the event."), response_format=Event)
    event = read.choices[0].message.parsed
    assert event.title == "Summer Jazz Night" and event.venue == "Riverside Hall"


def test_errors(client, asking):
    with pytest.raises(openai.NotFoundError) as missing:
        client.chat.completions.create(**{**asking("What?"), "model": "gpt"})
    assert missing.value.code == "model_not_found"
    tool = tool_of("look", {}, kind="custom")
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(**asking("What?"), tools=[tool])
    assert refused.value.param == "tools[0].type"


def tool_of(name, properties, kind="function"):
    parameters = {"type": "object", "properties": properties, "required": [*properties],
        "additionalProperties": False}
    return {"type": kind, "function": {"name": name, "parameters": parameters}}


NOTE = tool_of("note", {"title": {"type": "string"}, "venue": {"type": ["string", "null"]}})
DAY = tool_of("day", {"date": {"type": "string", "maxLength": 20}})


def test_a_tool_that_must_be_called_reads_the_picture(client, asking):
    choice = {"type": "function", "function": {"name": "note"}}
    asked = {**asking("Note it."), "tools": [NOTE, DAY], "tool_choice": choice}
    answer = client.chat.completions.create(**asked)
    [call] = answer.choices[0].message.tool_calls
    assert answer.choices[0].finish_reason == "tool_calls" and call.function.name == "note"
    noted = {"title": "Summer Jazz Night", "venue": "Riverside Hall"}
    assert json.loads(call.function.arguments) == noted
    assert answer.foveate["fields"][0]["path"] == "/title"
    chunks = list(client.chat.completions.create(**asked, stream=True))
    [call] = [c for chunk in chunks for c in chunk.choices[0].delta.tool_calls or []]
    assert json.loads(call.function.arguments) == noted
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


def test_a_call_and_its_result(client, asking):
    # Which tool is called is the model's choice, which it was not taught; that it is one is not.
    asked = {**asking("Which day is it?"), "tools": [NOTE, DAY], "max_tokens": 200}
    answer = client.chat.completions.create(**asked, tool_choice="required")
    message = answer.choices[0].message
    [call] = message.tool_calls
    assert call.function.name in ("note", "day") and json.loads(call.function.arguments)
    result = {"role": "tool", "tool_call_id": call.id, "content": "a Saturday"}
    asked["messages"] = [*asked["messages"], message, result]
    answer = client.chat.completions.create(**asked)
    after = answer.choices[0].message
    assert (after.content is None) == bool(after.tool_calls)
