//! Functions of the caller's that a model may ask for.
use crate::{Error, Request, Result, Session};
use serde::{Deserialize, Serialize};
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

/// What a model writes where tools are offered ([`Offer::schema`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Step {
    /// It asks for a tool.
    Call {
        /// Its name.
        tool: String,
        /// By its schema.
        arguments: Value,
    },
    /// It answers.
    Answer {
        /// In words.
        answer: String,
    },
}

/// A tool as a model is told of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Declared {
    /// Its name, a word.
    pub name: String,
    /// What it does.
    pub description: String,
    /// JSON Schema of its arguments (an object).
    pub arguments: Value,
}

impl From<&dyn Tool> for Declared {
    fn from(tool: &dyn Tool) -> Self {
        Self {
            name: tool.name().to_owned(),
            description: tool.description().to_owned(),
            arguments: tool.arguments(),
        }
    }
}

/// Tools that a model is offered. [`Session::consult`] offers those that it carries out; this is
/// for whoever carries them out elsewhere, one [`Step`] at a time:
/// `session.ask(question).as_schema::<Step>(&offer.schema(false))`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Offer(Vec<Declared>);

impl Offer {
    /// Offers `tools`, whose names differ.
    #[must_use]
    pub fn new(tools: Vec<Declared>) -> Self {
        Self(tools)
    }

    /// The tools.
    #[must_use]
    pub fn tools(&self) -> &[Declared] {
        &self.0
    }

    /// What the first question begins with: a line for each tool.
    #[must_use]
    pub fn introduction(&self) -> String {
        let lines = self.0.iter();
        let lines = lines.map(|tool| format!("{}: {}", tool.name, tool.description));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// JSON Schema of a [`Step`]: a call of one of the tools or, unless it `must_call`, an answer.
    #[must_use]
    pub fn schema(&self, must_call: bool) -> Value {
        let mut definitions = Map::new();
        let mut call = |(i, tool): (usize, &Declared)| {
            let arguments = hoisted(tool.arguments.clone(), i, &mut definitions);
            json!({"type": "object",
                "properties": {"tool": {"const": tool.name}, "arguments": arguments},
                "required": ["tool", "arguments"], "additionalProperties": false})
        };
        let mut branches: Vec<Value> = self.0.iter().enumerate().map(&mut call).collect();
        if !must_call {
            branches.push(
                json!({"type": "object", "properties": {"answer": {"type": "string"}},
                "required": ["answer"], "additionalProperties": false}),
            );
        }
        json!({"anyOf": branches, "$defs": definitions})
    }

    /// The question that goes on from the result of a call.
    #[must_use]
    pub fn result(tool: &str, result: &str) -> String {
        format!("{tool}: {result}")
    }
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
        let offer = Offer::new(tools.iter().map(|tool| (*tool).into()).collect());
        let mut question = format!("{}\n{prompt}", offer.introduction());
        while calls.len() < MAX_CALLS {
            let must_call = mode == ToolMode::Required && calls.is_empty();
            let schema = offer.schema(must_call);
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
            question = Offer::result(&name, &result.to_string());
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
