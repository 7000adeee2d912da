//! OpenAI's form.
use crate::{Served, flyer};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

const PATH: &str = "/v1/chat/completions";

fn data_url(name: &str) -> String {
    format!("data:image/png;base64,{}", STANDARD.encode(flyer(name)))
}

fn shown(name: &str) -> Value {
    json!({"type": "image_url", "image_url": {"url": data_url(name)}})
}

fn said(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn asking(parts: &[Value]) -> Value {
    json!({"model": "nano", "messages": [{"role": "user", "content": parts}]})
}

fn about_jazz() -> Value {
    asking(&[shown("jazz.png"), said("Where is it?")])
}

/// The events of a stream.
fn events(body: &str) -> Vec<Value> {
    let data = body.split("\n\n").filter_map(|e| e.strip_prefix("data: "));
    let (mut events, mut done) = (Vec::new(), 0);
    for one in data {
        assert_eq!(done, 0, "something follows [DONE]");
        match one {
            "[DONE]" => done += 1,
            one => events.push(serde_json::from_str(one).unwrap()),
        }
    }
    assert_eq!(done, 1);
    events
}

#[test]
fn a_question_about_a_picture_is_answered_and_says_where_it_was_read() {
    let served = Served::new();
    let answer = served.post_json(PATH, &about_jazz()).fine().json();
    assert_eq!(answer["object"], "chat.completion");
    let choice = &answer["choices"][0];
    let text = choice["message"]["content"].as_str().unwrap();
    assert!(text.contains("Riverside Hall"), "{text}");
    assert_eq!(choice["finish_reason"], "stop");
    let usage = &answer["usage"];
    let tokens = |name: &str| usage[name].as_u64().unwrap();
    assert_eq!(
        tokens("total_tokens"),
        tokens("prompt_tokens") + tokens("completion_tokens")
    );
    assert!(tokens("completion_tokens") > 0);
    let line = &answer["foveate"]["lines"][0];
    assert!(line["box"][2].as_f64() > line["box"][0].as_f64(), "{line}");
    assert_eq!(answer["foveate"]["pictures"][0]["width"], 1000);
}

#[test]
fn a_stream_says_the_same_piece_by_piece() {
    let served = Served::new();
    let mut asked = about_jazz();
    let whole = served.post_json(PATH, &asked).fine().json();
    asked["stream"] = json!(true);
    asked["stream_options"] = json!({"include_usage": true});
    let streamed = served.post_json(PATH, &asked).fine();
    assert_eq!(streamed.header("content-type"), "text/event-stream");
    let events = events(&streamed.body);
    assert_eq!(events[0]["choices"][0]["delta"]["role"], "assistant");
    let piece = |e: &Value| {
        e["choices"][0]["delta"]["content"]
            .as_str()
            .map(str::to_owned)
    };
    let pieces: Vec<String> = events.iter().filter_map(piece).collect();
    assert!(pieces.len() > 3);
    assert_eq!(whole["choices"][0]["message"]["content"], pieces.concat());
    let [.., last, usage] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(last["choices"][0]["finish_reason"], "stop");
    assert!(last["foveate"]["lines"][0]["box"].is_array());
    assert_eq!(usage["choices"], json!([]));
    assert_eq!(
        usage["usage"]["completion_tokens"],
        whole["usage"]["completion_tokens"]
    );
    // The picture was remembered.
    assert!(served.metric("foveate_picture_cache_hits_total") >= 1.0);
}

#[test]
fn json_obeys_its_schema_streamed_or_not() {
    let served = Served::new();
    let mut asked = asking(&[shown("jazz.png"), said("What does it cost, and when?")]);
    let text = json!({"type": ["string", "null"]});
    let schema = json!({"type": "object", "properties": {"price": text, "start": text},
        "required": ["price", "start"], "additionalProperties": false});
    asked["response_format"] = json!({"type": "json_schema",
        "json_schema": {"name": "event", "strict": true, "schema": schema}});
    let answer = served.post_json(PATH, &asked).fine().json();
    let content = answer["choices"][0]["message"]["content"].as_str().unwrap();
    let value: Value = serde_json::from_str(content).unwrap();
    assert_eq!(value, json!({"price": "$15", "start": "8:00 PM"}));
    let paths = answer["foveate"]["fields"].as_array().unwrap();
    assert_eq!(paths[0]["path"], "/price");
    asked["stream"] = json!(true);
    let streamed = events(&served.post_json(PATH, &asked).fine().body);
    let text = streamed
        .iter()
        .filter_map(|e| e["choices"][0]["delta"]["content"].as_str());
    assert_eq!(text.collect::<String>(), content);
    asked["stream"] = json!(false);
    asked["response_format"] = json!({"type": "json_object"});
    asked["max_tokens"] = json!(60);
    let answer = served.post_json(PATH, &asked).fine().json();
    let content = answer["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(serde_json::from_str::<Value>(content).unwrap().is_object());
}

#[test]
fn conversations_go_on_with_several_pictures() {
    let served = Served::new();
    let asked = json!({"model": "nano", "max_completion_tokens": 5, "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [shown("jazz.png"), said("Where is it?")]},
        {"role": "assistant", "content": "Riverside Hall"},
        {"role": "user", "content": [shown("lecture.png"), said("And this one?")]},
    ]});
    let answer = served.post_json(PATH, &asked).fine().json();
    assert_eq!(answer["foveate"]["pictures"].as_array().unwrap().len(), 2);
    assert_eq!(answer["choices"][0]["finish_reason"], "length");
    assert_eq!(answer["usage"]["completion_tokens"], 5);
    // Words alone are a conversation, too.
    let words = json!({"model": "nano", "temperature": 0.5, "seed": 7, "max_tokens": 4,
        "messages": [{"role": "user", "content": "Hello"}]});
    let once = served.post_json(PATH, &words).fine().json();
    let again = served.post_json(PATH, &words).fine().json();
    assert_eq!(once["choices"], again["choices"]);
}

#[test]
fn wrong_requests_are_named() {
    let served = Served::with(|o| o.max_pictures = 1);
    let question = || json!([{"role": "user", "content": "Hello"}]);
    let url = |url: &str| {
        let part = json!({"type": "image_url", "image_url": {"url": url}});
        json!([{"role": "user", "content": [part, said("What?")]}])
    };
    let with = |name: &str, value: Value| {
        let mut asked = json!({"model": "nano", "messages": question()});
        asked[name] = value;
        asked
    };
    let schema = |schema: Value| {
        let format = json!({"type": "json_schema", "json_schema": {"schema": schema}});
        with("response_format", format)
    };
    let two = json!([{"role": "user",
        "content": [shown("jazz.png"), shown("jazz.png"), said("What?")]}]);
    for (status, code, asked) in [
        (404, "model_not_found", with("model", json!("gpt"))),
        (400, "invalid_json", with("messages", json!("Hello"))),
        (400, "invalid_json", with("surprise", json!(1))),
        (400, "invalid_value", with("messages", json!([]))),
        (
            400,
            "invalid_value",
            with("messages", json!([{"role": "cat", "content": "?"}])),
        ),
        (
            400,
            "invalid_value",
            with("messages", json!([{"role": "assistant", "content": "?"}])),
        ),
        (400, "invalid_value", with("temperature", json!(3))),
        (400, "invalid_value", with("top_p", json!(-1))),
        (400, "invalid_value", with("max_tokens", json!(0))),
        (
            400,
            "invalid_value",
            with("response_format", json!({"type": "xml"})),
        ),
        (
            400,
            "invalid_value",
            with("response_format", json!({"type": "json_schema"})),
        ),
        (400, "unsupported_parameter", with("n", json!(2))),
        (400, "unsupported_parameter", with("stop", json!("."))),
        (400, "unsupported_schema", schema(json!({"type": "cat"}))),
        (400, "too_many_images", with("messages", two)),
        (
            400,
            "remote_image_refused",
            with("messages", url("https://example.org/a.png")),
        ),
        (
            400,
            "invalid_image_url",
            with("messages", url("data:image/png,abc")),
        ),
        (
            400,
            "invalid_image_url",
            with("messages", url("data:image/png;base64,???")),
        ),
        (
            400,
            "invalid_image",
            with("messages", url("data:image/png;base64,AAAA")),
        ),
    ] {
        served.post_json(PATH, &asked).refused(status, code);
    }
    let long = with(
        "messages",
        json!([{"role": "user", "content": "long ".repeat(9000)}]),
    );
    served
        .post_json(PATH, &long)
        .refused(400, "context_length_exceeded");
    let mut streamed = about_jazz();
    streamed["stream"] = json!(true);
    streamed["messages"] = url("data:image/png;base64,AAAA");
    served
        .post_json(PATH, &streamed)
        .refused(400, "invalid_image");
    let plain = [("Content-Type", "text/plain")];
    served
        .post(PATH, &plain, b"{}")
        .refused(415, "unsupported_media_type");
}
