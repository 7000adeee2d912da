//! What a client sends, and what of it is carried out.
use super::conversation::Conversation;
use super::tools::{Called, Choice, Tool, Tools};
use crate::error::Refusal;
use foveate::Sampling;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

/// Highest temperature, as OpenAI has it.
const MAX_TEMPERATURE: f32 = 2.0;

/// The members of a request. Those that would change the answer and are not carried out are
/// refused; those that would not are read and left alone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChatRequest {
    pub model: String,
    messages: Vec<Message>,
    max_tokens: Option<usize>,
    max_completion_tokens: Option<usize>,
    temperature: Option<f32>,
    top_p: Option<f32>,
    seed: Option<i64>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    response_format: Option<ResponseFormat>,
    tools: Option<Vec<Tool>>,
    tool_choice: Option<Choice>,
    // Taken only as they are by default.
    n: Option<Value>,
    stop: Option<Value>,
    logprobs: Option<Value>,
    top_logprobs: Option<Value>,
    logit_bias: Option<Value>,
    presence_penalty: Option<Value>,
    frequency_penalty: Option<Value>,
    functions: Option<Value>,
    function_call: Option<Value>,
    modalities: Option<Value>,
    audio: Option<Value>,
    web_search_options: Option<Value>,
    // Of no consequence to the answer.
    #[serde(rename = "user")]
    _user: Option<IgnoredAny>,
    #[serde(rename = "metadata")]
    _metadata: Option<IgnoredAny>,
    #[serde(rename = "store")]
    _store: Option<IgnoredAny>,
    #[serde(rename = "service_tier")]
    _service_tier: Option<IgnoredAny>,
    #[serde(rename = "parallel_tool_calls")]
    _parallel_tool_calls: Option<IgnoredAny>,
    #[serde(rename = "prediction")]
    _prediction: Option<IgnoredAny>,
    #[serde(rename = "reasoning_effort")]
    _reasoning_effort: Option<IgnoredAny>,
    #[serde(rename = "verbosity")]
    _verbosity: Option<IgnoredAny>,
    #[serde(rename = "prompt_cache_key")]
    _prompt_cache_key: Option<IgnoredAny>,
    #[serde(rename = "safety_identifier")]
    _safety_identifier: Option<IgnoredAny>,
}

/// A message.
#[derive(Deserialize)]
pub(super) struct Message {
    pub role: String,
    pub content: Option<Content>,
    pub tool_calls: Option<Vec<Called>>,
    pub tool_call_id: Option<String>,
}

/// What a message holds.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "content is a string or a list of parts, each with a type"
)]
pub(super) enum Content {
    Text(String),
    Parts(Vec<Part>),
}

/// A text or a picture.
#[derive(Deserialize)]
pub(super) struct Part {
    #[serde(rename = "type")]
    pub kind: String,
    pub text: Option<String>,
    pub image_url: Option<ImageUrl>,
}

/// A picture.
#[derive(Deserialize)]
pub(super) struct ImageUrl {
    pub url: String,
    pub detail: Option<String>,
}

#[derive(Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

#[derive(Deserialize)]
struct ResponseFormat {
    #[serde(rename = "type")]
    kind: String,
    json_schema: Option<JsonSchema>,
}

#[derive(Deserialize)]
struct JsonSchema {
    schema: Option<Value>,
}

/// A request that can be carried out.
pub(crate) struct Asked {
    pub conversation: Conversation,
    /// The schema of the answer, if it is to be JSON.
    pub schema: Option<Value>,
    /// What the model may ask for instead of an answer.
    pub tools: Option<Tools>,
    pub max_tokens: Option<usize>,
    pub sampling: Sampling,
    pub streams: bool,
    pub include_usage: bool,
}

impl Asked {
    /// Checks a request.
    pub fn of(request: ChatRequest, max_pictures: usize) -> Result<Self, Refusal> {
        request.check_defaults()?;
        let sampling = request.sampling()?;
        let most = [request.max_completion_tokens, request.max_tokens];
        if most.contains(&Some(0)) {
            return Err(Refusal::value("max_tokens", "at least 1 token is expected"));
        }
        let options = request.stream_options;
        let schema = request.response_format.map_or(Ok(None), schema_of)?;
        let tools = Tools::of(request.tools, request.tool_choice)?;
        if schema.is_some() && tools.is_some() {
            let message = "JSON beside tools is not supported; a tool's parameters are a schema";
            return Err(Refusal::unsupported("response_format", message));
        }
        let mut conversation = Conversation::of(request.messages, max_pictures)?;
        if let Some(tools) = &tools {
            conversation.offer(tools);
        }
        Ok(Self {
            schema,
            tools,
            max_tokens: most[0].or(most[1]),
            sampling,
            streams: request.stream == Some(true),
            include_usage: options.is_some_and(|o| o.include_usage == Some(true)),
            conversation,
        })
    }
}

impl ChatRequest {
    /// Refuses what would change the answer and is not carried out.
    fn check_defaults(&self) -> Result<(), Refusal> {
        let (zero, none, no) = (json!(0), json!("none"), json!(false));
        let taken: [(&str, &Option<Value>, Option<Value>); 12] = [
            ("n", &self.n, Some(json!(1))),
            ("stop", &self.stop, Some(json!([]))),
            ("logprobs", &self.logprobs, Some(no)),
            ("top_logprobs", &self.top_logprobs, Some(zero.clone())),
            ("logit_bias", &self.logit_bias, Some(json!({}))),
            (
                "presence_penalty",
                &self.presence_penalty,
                Some(zero.clone()),
            ),
            ("frequency_penalty", &self.frequency_penalty, Some(zero)),
            ("functions", &self.functions, Some(json!([]))),
            ("function_call", &self.function_call, Some(none)),
            ("modalities", &self.modalities, Some(json!(["text"]))),
            ("audio", &self.audio, None),
            ("web_search_options", &self.web_search_options, None),
        ];
        for (name, found, default) in taken {
            if let Some(found) = found.as_ref().filter(|f| !same(f, default.as_ref())) {
                let usual = default.map_or("none".into(), |d| d.to_string());
                let message = format!("{name} is not supported: found {found}, taken is {usual}");
                return Err(Refusal::unsupported(name, message));
            }
        }
        Ok(())
    }

    fn sampling(&self) -> Result<Sampling, Refusal> {
        let temperature = self.temperature.unwrap_or(0.0);
        if !(0.0..=MAX_TEMPERATURE).contains(&temperature) {
            let message = format!("0 to {MAX_TEMPERATURE} is expected, found {temperature}");
            return Err(Refusal::value("temperature", message));
        }
        if let Some(p) = self.top_p.filter(|p| !(0.0..=1.0).contains(p)) {
            return Err(Refusal::value(
                "top_p",
                format!("0 to 1 is expected, found {p}"),
            ));
        }
        if temperature == 0.0 {
            return Ok(Sampling::Greedy);
        }
        Ok(Sampling::Random {
            temperature,
            top_k: None,
            top_p: self.top_p.filter(|p| *p < 1.0),
            seed: self.seed.unwrap_or(0).cast_unsigned(),
        })
    }
}

/// Whether a value is the default; numbers may be written as 0 or 0.0.
fn same(found: &Value, default: Option<&Value>) -> bool {
    let number = |v: &Value| v.as_f64();
    default.is_some_and(|default| {
        found == default || (number(found).is_some() && number(found) == number(default))
    })
}

/// The schema that an answer must obey; none for plain text.
fn schema_of(format: ResponseFormat) -> Result<Option<Value>, Refusal> {
    let at = "response_format";
    match format.kind.as_str() {
        "text" => Ok(None),
        "json_object" => Ok(Some(json!({"type": "object"}))),
        "json_schema" => {
            let schema = format.json_schema.and_then(|s| s.schema);
            let missing = || Refusal::value(at, "json_schema holds no schema");
            schema.ok_or_else(missing).map(Some)
        }
        other => {
            let message = format!("text, json_object or json_schema is expected, found {other:?}");
            Err(Refusal::value(format!("{at}.type"), message))
        }
    }
}
