"""The `openai` package, as it is, against the server."""

import base64

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
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(**asking("What?"), tools=[tool])
    assert refused.value.param == "tools"
