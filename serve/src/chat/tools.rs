//! Tools that a client offers. The model may ask for one; the client carries the call out, and
//! sends its result with the next request.
use crate::error::Refusal;
use foveate::tools::{Declared, Offer};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Most tools of a request, and most letters of a name: as OpenAI has them.
const MAX_TOOLS: usize = 128;
const MAX_NAME: usize = 64;

/// A tool of a request.
#[derive(Deserialize)]
pub(super) struct Tool {
    #[serde(rename = "type")]
    kind: String,
    function: Option<Function>,
}

#[derive(Deserialize)]
struct Function {
    name: String,
    description: Option<String>,
    parameters: Option<Map<String, Value>>,
}

/// Whether a tool is called, and which.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "tool_choice is none, auto, required, or names a function"
)]
pub(super) enum Choice {
    Word(String),
    One {
        #[serde(rename = "type")]
        kind: String,
        function: Named,
    },
}

#[derive(Deserialize)]
pub(super) struct Named {
    name: String,
}

/// A call that an earlier answer asked for.
#[derive(Deserialize)]
pub(super) struct Called {
    pub id: String,
    #[serde(rename = "type")]
    kind: String,
    function: CalledFunction,
}

#[derive(Deserialize)]
struct CalledFunction {
    name: String,
    /// JSON in a string.
    arguments: String,
}

impl Called {
    /// The name of its tool, and the call as the model wrote it.
    pub fn written(self, at: &str) -> Result<(String, Value), Refusal> {
        check_kind(&self.kind, at)?;
        let CalledFunction { name, arguments } = self.function;
        let read = serde_json::from_str(&arguments);
        let arguments: Value = read.map_err(|e| {
            let message = format!("the arguments of {name:?} are no JSON: {e}");
            Refusal::value(format!("{at}.function.arguments"), message)
        })?;
        let written = json!({"tool": name, "arguments": arguments});
        Ok((name, written))
    }
}

/// What a model is offered.
pub(crate) struct Tools {
    offer: Offer,
    must_call: bool,
}

impl Tools {
    /// Checks what a request offers; `None` where the model is to answer by itself.
    pub fn of(tools: Option<Vec<Tool>>, choice: Option<Choice>) -> Result<Option<Self>, Refusal> {
        let declared = declared(tools.unwrap_or_default())?;
        let choice = choice.unwrap_or_else(|| Choice::Word("auto".into()));
        match choice {
            Choice::Word(word) if word == "none" => Ok(None),
            Choice::Word(word) if word == "auto" => Ok(Self::some(declared, false)),
            Choice::Word(word) if word == "required" => {
                let offered = Self::some(declared, true);
                let none = || Refusal::value("tool_choice", "required, and there are no tools");
                offered.ok_or_else(none).map(Some)
            }
            Choice::Word(other) => {
                let message =
                    format!("none, auto, required or a function is expected, found {other:?}");
                Err(Refusal::value("tool_choice", message))
            }
            Choice::One { kind, function } => {
                check_kind(&kind, "tool_choice")?;
                let mut declared = declared;
                declared.retain(|tool| tool.name == function.name);
                let message = format!("there is no tool {:?}", function.name);
                let none = || Refusal::value("tool_choice", message);
                Self::some(declared, true).ok_or_else(none).map(Some)
            }
        }
    }

    fn some(declared: Vec<Declared>, must_call: bool) -> Option<Self> {
        (!declared.is_empty()).then(|| Self {
            offer: Offer::new(declared),
            must_call,
        })
    }

    /// The tool that must be called, where there is one alone.
    pub fn only(&self) -> Option<&Declared> {
        let [only] = self.offer.tools() else {
            return None;
        };
        self.must_call.then_some(only)
    }

    /// What the model is told of them.
    pub fn introduction(&self) -> String {
        self.offer.introduction()
    }

    /// JSON Schema of a call, or of an answer where there may be one.
    pub fn schema(&self) -> Value {
        self.offer.schema(self.must_call)
    }
}

fn check_kind(kind: &str, at: &str) -> Result<(), Refusal> {
    if kind == "function" {
        return Ok(());
    }
    let message = format!("function is expected, found {kind:?}");
    Err(Refusal::unsupported(format!("{at}.type"), message))
}

fn declared(tools: Vec<Tool>) -> Result<Vec<Declared>, Refusal> {
    if tools.len() > MAX_TOOLS {
        let message = format!("{} tools, at most {MAX_TOOLS} are taken", tools.len());
        return Err(Refusal::value("tools", message));
    }
    let mut all: Vec<Declared> = Vec::with_capacity(tools.len());
    for (i, tool) in tools.into_iter().enumerate() {
        let at = format!("tools[{i}]");
        check_kind(&tool.kind, &at)?;
        let missing = || Refusal::value(at.as_str(), "a tool must hold a function");
        let tool = tool.function.ok_or_else(missing)?.declared(&at)?;
        if all.iter().any(|other| other.name == tool.name) {
            let message = format!("there are two tools {:?}", tool.name);
            return Err(Refusal::value(at, message));
        }
        all.push(tool);
    }
    Ok(all)
}

impl Function {
    fn declared(self, at: &str) -> Result<Declared, Refusal> {
        let letter = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
        if !(1..=MAX_NAME).contains(&self.name.len()) || !self.name.chars().all(letter) {
            let message = format!(
                "1 to {MAX_NAME} of a-z, A-Z, 0-9, _ and - are expected, found {:?}",
                self.name
            );
            return Err(Refusal::value(format!("{at}.function.name"), message));
        }
        let mut parameters = self.parameters.unwrap_or_default();
        let kind = parameters.entry("type").or_insert(json!("object"));
        if kind != "object" {
            let message = format!("parameters of type object are expected, found {kind}");
            let at = format!("{at}.function.parameters");
            return Err(Refusal::bad("unsupported_schema", message).at(at));
        }
        Ok(Declared {
            name: self.name,
            description: self.description.unwrap_or_default(),
            arguments: Value::Object(parameters),
        })
    }
}
