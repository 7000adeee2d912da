//! Functions of the caller's that a model may ask for.
use crate::{Error, Request, Result, Session};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A function that a model may call. The grammar allows only declared names and arguments of the
/// declared schema.
pub trait Tool: Send + Sync {
    /// Its name, a word.
    fn name(&self) -> &str;

    /// What it does, for the model.
    fn description(&self) -> &str;

    /// JSON Schema of its arguments (an object).
    fn arguments(&self) -> Value;

    /// Does it.
    fn call(&self, call: Call<'_>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>>;
}

/// The arguments of a call.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// By the tool's schema.
    pub arguments: &'a Value,
    /// Whether text of a picture may have found its way into them: a picture can hold instructions
    /// of strangers, and a tool that writes, sends or deletes should not act on them unasked.
    pub untrusted: bool,
}

/// Whether tools are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ToolMode {
    /// The model chooses between an answer and a call.
    #[default]
    Allowed,
    /// The first thing that the model writes is a call.
    Required,
    /// Tools are left alone.
    Disallowed,
}

/// What came of a question with tools.
#[derive(Debug, Clone, PartialEq)]
pub struct Consulted {
    /// The answer; `None` where the model was still calling tools when the limit was reached, or
    /// made a call a second time.
    pub answer: Option<String>,
    /// The calls: tool, arguments, result.
    pub calls: Vec<(String, Value, Value)>,
}

/// How a result's mark `{"untrusted": true}` reads in a question.
const UNTRUSTED: &str = "\"untrusted\":true";
/// Most calls for one question: a model that asks for more is going round in circles.
const MAX_CALLS: usize = 4;

#[derive(Deserialize)]
#[serde(untagged)]
enum Step {
    Call { tool: String, arguments: Value },
    Answer { answer: String },
}

impl Session {
    /// Answers a question with the help of `tools`. A tool that fails is an error that names it.
    pub fn consult(
        &mut self,
        prompt: &str,
        tools: &[&dyn Tool],
        mode: ToolMode,
        request: &Request,
    ) -> Result<Consulted> {
        let mut calls = Vec::new();
        if mode == ToolMode::Disallowed || tools.is_empty() {
            let answer = self.ask(prompt).with(request).run()?.text;
            return Ok(Consulted {
                answer: Some(answer),
                calls,
            });
        }
        let mut question = introduced(prompt, tools);
        while calls.len() < MAX_CALLS {
            let must_call = mode == ToolMode::Required && calls.is_empty();
            let schema = steps(tools, must_call);
            let call = self.ask(question.as_str()).as_schema::<Step>(&schema);
            let step = call.with(request).run()?.value;
            let (name, arguments) = match step {
                Step::Answer { answer } => {
                    return Ok(Consulted {
                        answer: Some(answer),
                        calls,
                    });
                }
                Step::Call { tool, arguments } => (tool, arguments),
            };
            let again = |(n, a, _): &(String, Value, Value)| *n == name && *a == arguments;
            if calls.iter().any(again) {
                break; // it knows the result already and goes in circles
            }
            let result = self.carry_out(tools, &name, &arguments)?;
            // A result that is marked as untrusted keeps its mark in the question, where
            // `holds_untrusted` finds it.
            question = format!("{name}: {result}");
            calls.push((name, arguments, result));
        }
        Ok(Consulted {
            answer: None,
            calls,
        })
    }

    fn carry_out(&self, tools: &[&dyn Tool], name: &str, arguments: &Value) -> Result<Value> {
        let failed = |source| Error::Tool {
            name: name.to_owned(),
            source,
        };
        let tool = tools
            .iter()
            .find(|t| t.name() == name)
            .ok_or_else(|| failed("there is no such tool".into()))?;
        tool.call(Call {
            arguments,
            untrusted: !self.pictures().is_empty() || self.holds_untrusted(),
        })
        .map_err(failed)
    }

    /// Whether a tool brought in text that it marked as untrusted. It is read off the turns, so
    /// that it outlives a saved conversation; somebody who writes the mark into a question of their
    /// own is taken at their word.
    fn holds_untrusted(&self) -> bool {
        self.turns().iter().any(|t| t.prompt.contains(UNTRUSTED))
    }
}

fn introduced(prompt: &str, tools: &[&dyn Tool]) -> String {
    let list: Vec<String> = tools
        .iter()
        .map(|t| format!("{}: {}", t.name(), t.description()))
        .collect();
    format!("{}\n{prompt}", list.join("\n"))
}

/// A call of one of the tools, or an answer.
fn steps(tools: &[&dyn Tool], must_call: bool) -> Value {
    let mut definitions = Map::new();
    let mut call = |(i, tool): (usize, &&dyn Tool)| {
        let arguments = hoisted(tool.arguments(), i, &mut definitions);
        json!({"type": "object",
            "properties": {"tool": {"const": tool.name()}, "arguments": arguments},
            "required": ["tool", "arguments"], "additionalProperties": false})
    };
    let mut branches: Vec<Value> = tools.iter().enumerate().map(&mut call).collect();
    if !must_call {
        branches.push(
            json!({"type": "object", "properties": {"answer": {"type": "string"}},
            "required": ["answer"], "additionalProperties": false}),
        );
    }
    json!({"anyOf": branches, "$defs": definitions})
}

/// A tool's schema with its definitions moved to the root under names of their own.
fn hoisted(mut schema: Value, tool: usize, definitions: &mut Map<String, Value>) -> Value {
    for key in ["$defs", "definitions"] {
        let Some(Value::Object(own)) = schema.as_object_mut().and_then(|s| s.remove(key)) else {
            continue;
        };
        for (name, mut definition) in own {
            renamed(&mut definition, tool);
            definitions.insert(format!("{tool}.{name}"), definition);
        }
    }
    renamed(&mut schema, tool);
    schema
}

fn renamed(schema: &mut Value, tool: usize) {
    match schema {
        Value::Object(map) => {
            let target = map
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|r| r.rsplit('/').next());
            if let Some(moved) = target.map(|name| format!("#/$defs/{tool}.{name}")) {
                map.insert("$ref".into(), moved.into());
            }
            map.values_mut().for_each(|child| renamed(child, tool));
        }
        Value::Array(items) => items.iter_mut().for_each(|child| renamed(child, tool)),
        _ => {}
    }
}

/// Pictures that a tool may be asked about, each by its name.
pub(crate) struct Pictures(pub Vec<crate::Image>);

impl Pictures {
    /// JSON Schema of a call's arguments: the name of a picture.
    pub fn arguments(&self) -> Value {
        json!({"type": "object", "properties": {"picture": {"enum": self.names()}},
            "required": ["picture"]})
    }

    /// The picture that a call is about.
    pub fn named(&self, call: Call<'_>) -> Result<&crate::Image, String> {
        let name = call.arguments["picture"].as_str().unwrap_or_default();
        let found = self.0.iter().find(|p| p.name() == name);
        found.ok_or_else(|| {
            let known = self.names().join(", ");
            format!("there is no picture {name:?}; there are {known}")
        })
    }

    fn names(&self) -> Vec<&str> {
        self.0.iter().map(crate::Image::name).collect()
    }
}

/// Reads the text of other pictures than the session's, each by its name. What it gives is marked
/// as untrusted.
pub struct OcrTool {
    model: crate::Model,
    pictures: Pictures,
}

impl OcrTool {
    /// Reads `pictures` with `model`.
    #[must_use]
    pub fn new(model: crate::Model, pictures: Vec<crate::Image>) -> Self {
        let pictures = Pictures(pictures);
        Self { model, pictures }
    }
}

impl Tool for OcrTool {
    fn name(&self) -> &'static str {
        "read_picture"
    }

    fn description(&self) -> &'static str {
        "reads the text of a picture"
    }

    fn arguments(&self) -> Value {
        self.pictures.arguments()
    }

    fn call(&self, call: Call<'_>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let reading = self.model.ocr(self.pictures.named(call)?)?;
        Ok(json!({"text": reading.text, "untrusted": true}))
    }
}
