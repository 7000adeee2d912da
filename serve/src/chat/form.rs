//! Answers in OpenAI's form.
use super::answer::{Answer, Call, Ending, Said};
use crate::work::Shared;
use foveate::Usage;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Answers since the start.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// What is the same in every piece of an answer.
pub(crate) struct Form {
    id: String,
    /// Of the call, if the answer is one.
    call: String,
    created: u64,
    model: String,
}

impl Form {
    pub fn new(shared: &Shared) -> Self {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            id: format!("chatcmpl-{:x}-{number:x}", shared.started),
            call: format!("call_{:x}-{number:x}", shared.started),
            created: now.map_or(shared.started, |d| d.as_secs()),
            model: shared.model.name().to_owned(),
        }
    }

    /// The whole answer. `foveate` is ours: where it was read, and why it ended.
    pub fn completion(&self, answer: &Answer) -> Value {
        let mut message = json!({"role": "assistant", "content": null, "refusal": null});
        match &answer.said {
            Said::Words(text) => message["content"] = json!(text),
            Said::Call(call) => message["tool_calls"] = json!([self.tool_call(call)]),
        }
        let choice = json!({"index": 0, "message": message, "logprobs": null,
            "finish_reason": finish_reason(&answer.ending)});
        json!({
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": [choice],
            "usage": usage(&answer.ending.usage),
            "foveate": answer.ending.ours,
        })
    }

    /// The first piece, which says who speaks.
    pub fn first(&self) -> Value {
        self.chunk(&json!({"role": "assistant", "content": ""}), None)
    }

    /// A piece of text.
    pub fn piece(&self, text: &str) -> Value {
        self.chunk(&json!({"content": text}), None)
    }

    /// A call, whole.
    pub fn call(&self, call: &Call) -> Value {
        let mut one = self.tool_call(call);
        one["index"] = json!(0);
        self.chunk(&json!({"tool_calls": [one]}), None)
    }

    fn tool_call(&self, call: &Call) -> Value {
        json!({"id": self.call, "type": "function",
            "function": {"name": call.name, "arguments": call.arguments}})
    }

    /// The last piece, which says why the answer ended.
    pub fn last(&self, ending: &Ending) -> Value {
        let mut chunk = self.chunk(&json!({}), Some(finish_reason(ending)));
        chunk["foveate"] = ending.ours.clone();
        chunk
    }

    /// The piece after the last, for those who asked what the answer cost.
    pub fn usage(&self, ending: &Ending) -> Value {
        let mut chunk = self.chunk(&Value::Null, None);
        chunk["choices"] = json!([]);
        chunk["usage"] = usage(&ending.usage);
        chunk
    }

    fn chunk(&self, delta: &Value, finish_reason: Option<&str>) -> Value {
        let choice = json!({"index": 0, "delta": delta, "logprobs": null,
            "finish_reason": finish_reason});
        json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "choices": [choice],
        })
    }
}

/// Why an answer ended, in OpenAI's words. One that went round in circles is cut, too: `foveate`
/// tells the one from the other.
fn finish_reason(ending: &Ending) -> &'static str {
    match (ending.stop.is_complete(), ending.calls) {
        (true, true) => "tool_calls",
        (true, false) => "stop",
        (false, _) => "length",
    }
}

fn usage(usage: &Usage) -> Value {
    json!({
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.generated,
        "total_tokens": usage.prompt + usage.generated,
        "prompt_tokens_details": {"cached_tokens": usage.cached},
    })
}
