//! Tools in OpenAI's form: what is called, and what is refused.
use crate::Served;
use serde_json::{Value, json};

const PATH: &str = "/v1/chat/completions";

fn tool(name: &str) -> Value {
    let parameters = json!({"type": "object", "additionalProperties": false,
        "properties": {"date": {"type": "string", "maxLength": 8}}, "required": ["date"]});
    json!({"type": "function",
        "function": {"name": name, "description": "looks", "parameters": parameters}})
}

fn asking(tools: &[Value], choice: Value) -> Value {
    json!({"model": "nano", "max_tokens": 60, "tools": tools, "tool_choice": choice,
        "messages": [{"role": "user", "content": "When?"}]})
}

fn one(name: &str) -> Value {
    json!({"type": "function", "function": {"name": name}})
}

#[test]
fn only_declared_tools_are_called_and_their_results_go_on() {
    let served = Served::new();
    let mut asked = asking(&[tool("look"), tool("see")], json!("required"));
    let answer = served.post_json(PATH, &asked).fine().json();
    assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls");
    let message = &answer["choices"][0]["message"];
    assert_eq!(message["content"], Value::Null);
    let call = &message["tool_calls"][0];
    assert!(
        ["look", "see"]
            .map(Value::from)
            .contains(&call["function"]["name"])
    );
    let arguments: Value =
        serde_json::from_str(call["function"]["arguments"].as_str().unwrap()).unwrap();
    assert!(arguments["date"].is_string(), "{arguments}");
    let result = json!({"role": "tool", "tool_call_id": call["id"], "content": "Monday"});
    for said in [message.clone(), result] {
        asked["messages"].as_array_mut().unwrap().push(said);
    }
    asked["tool_choice"] = json!("auto");
    let message = served.post_json(PATH, &asked).fine().json()["choices"][0]["message"].clone();
    assert_ne!(
        message["content"].is_string(),
        message["tool_calls"].is_array()
    );
}

#[test]
fn tools_that_are_none_are_named() {
    let served = Served::new();
    let look = || tool("look");
    let with = |messages: Value| {
        let mut asked = asking(&[look()], json!("auto"));
        asked["messages"] = messages;
        asked
    };
    let called = |calls: Value| {
        let question = json!({"role": "user", "content": "When?"});
        let call = json!({"role": "assistant", "content": null, "tool_calls": calls});
        let result = json!({"role": "tool", "tool_call_id": "a", "content": "Monday"});
        with(json!([question, call, result]))
    };
    let call = |id: &str, arguments: &str| {
        json!({"id": id, "type": "function",
            "function": {"name": "look", "arguments": arguments}})
    };
    let mut formed = asking(&[look()], json!("auto"));
    formed["response_format"] = json!({"type": "json_object"});
    let mut bare = look();
    bare["function"] = Value::Null;
    let mut odd = look();
    odd["function"]["parameters"]["properties"]["date"]["type"] = json!("cat");
    let mut text = look();
    text["function"]["parameters"] = json!({"type": "string"});
    let custom = json!({"type": "custom", "custom": {"name": "f"}});
    let user = json!([{"role": "user", "content": "When?", "tool_calls": [call("a", "{}")]}]);
    for (code, param, asked) in [
        (
            "invalid_value",
            "tools[1]",
            asking(&[look(), look()], json!("auto")),
        ),
        ("invalid_value", "tools[0]", asking(&[bare], json!("auto"))),
        (
            "unsupported_parameter",
            "tools[0].type",
            asking(&[custom], json!("auto")),
        ),
        (
            "invalid_value",
            "tools[0].function.name",
            asking(&[tool("a b")], json!("auto")),
        ),
        (
            "unsupported_schema",
            "tools[0].function.parameters",
            asking(&[text], json!("auto")),
        ),
        (
            "unsupported_schema",
            "tools",
            asking(&[odd], json!("required")),
        ),
        (
            "invalid_value",
            "tool_choice",
            asking(&[], json!("required")),
        ),
        (
            "invalid_value",
            "tool_choice",
            asking(&[look()], one("see")),
        ),
        (
            "invalid_value",
            "tool_choice",
            asking(&[look()], json!("always")),
        ),
        ("unsupported_parameter", "response_format", formed),
        ("invalid_value", "messages[0].tool_calls", with(user)),
        (
            "invalid_value",
            "messages[2].tool_call_id",
            called(json!([call("b", "{}")])),
        ),
        (
            "invalid_value",
            "messages[1].tool_calls[0].function.arguments",
            called(json!([call("a", "{")])),
        ),
        (
            "unsupported_parameter",
            "messages[1].tool_calls",
            called(json!([call("a", "{}"), call("b", "{}")])),
        ),
    ] {
        let refused = served.post_json(PATH, &asked);
        refused.refused(400, code);
        assert_eq!(refused.json()["error"]["param"], param);
    }
}
