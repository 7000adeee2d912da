//! A question to its answer, on a worker.
use super::request::Asked;
use crate::error::Refusal;
use crate::regions;
use crate::work::{Job, Sent};
use foveate::{Request, Session, StopReason, Timing, Typed, Usage};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

/// An answer.
pub(crate) struct Answer {
    pub text: String,
    pub ending: Ending,
}

/// How an answer ended, what it cost, and where it was read.
pub(crate) struct Ending {
    pub stop: StopReason,
    pub usage: Usage,
    /// What OpenAI's form has no place for.
    pub ours: Value,
}

/// What is sent while an answer is written.
pub(crate) enum Piece {
    Text(String),
    End(Ending),
}

/// Answers, and gives the whole answer.
pub(crate) fn whole(job: &Job<'_>, asked: &Asked) -> Result<Answer, Refusal> {
    let (mut session, pictures) = asked.conversation.session(job)?;
    match &asked.schema {
        Some(schema) => typed(job, asked, &mut session, schema, pictures),
        None => {
            let mut text = String::new();
            let ending = words(job, asked, &mut session, pictures, |piece| {
                text += &piece;
                true
            })?;
            Ok(Answer { text, ending })
        }
    }
}

/// Answers, and sends the answer as it is written; JSON in one piece, once it is known to be whole.
pub(crate) fn stream(
    job: &Job<'_>,
    asked: &Asked,
    send: &UnboundedSender<Sent<Piece>>,
) -> Result<(), Refusal> {
    let (mut session, pictures) = asked.conversation.session(job)?;
    let text = |text| send.send(Ok(Piece::Text(text))).is_ok();
    let ending = match &asked.schema {
        Some(schema) => {
            let answer = typed(job, asked, &mut session, schema, pictures)?;
            text(answer.text);
            answer.ending
        }
        None => words(job, asked, &mut session, pictures, text)?,
    };
    let _ = send.send(Ok(Piece::End(ending))); // whoever left is not told
    Ok(())
}

fn request(job: &Job<'_>, asked: &Asked) -> Request {
    Request {
        max_tokens: asked.max_tokens,
        sampling: asked.sampling,
        ..job.request()
    }
}

/// Answers in words; `give` takes them, and says whether it wants more.
fn words(
    job: &Job<'_>,
    asked: &Asked,
    session: &mut Session,
    pictures: Vec<Value>,
    mut give: impl FnMut(String) -> bool,
) -> Result<Ending, Refusal> {
    let query = session.ask(asked.conversation.question());
    let mut stream = query.with(&request(job, asked)).stream()?;
    for piece in stream.by_ref() {
        if !give(piece?) {
            return Err(Refusal::late());
        }
    }
    let (stop, timing, usage) = stream.finish();
    job.shared.metrics.answer(&timing, pictures.len());
    if matches!(stop, StopReason::TimeLimit | StopReason::Cancelled) {
        return Err(Refusal::late());
    }
    let lines = regions::lines(&session.last_lines());
    let ours = json!({"stop": stop.as_str(), "lines": lines, "pictures": pictures,
        "seconds": seconds(&timing)});
    Ok(Ending { stop, usage, ours })
}

/// Answers with a value. Off pictures it is read as the model was taught to: first their text, then
/// the members of the schema from that; without pictures the question is answered.
fn typed(
    job: &Job<'_>,
    asked: &Asked,
    session: &mut Session,
    schema: &Value,
    pictures: Vec<Value>,
) -> Result<Answer, Refusal> {
    let query = if asked.conversation.has_pictures() {
        session.read_schema(schema)
    } else {
        session.ask(asked.conversation.question()).as_schema(schema)
    };
    let typed: Typed<Value> = query.with(&request(job, asked)).run()?;
    job.shared.metrics.answer(&typed.timing, pictures.len());
    let fields = regions::fields(&typed.fields);
    let ours = json!({"stop": typed.stop.as_str(), "fields": fields, "pictures": pictures,
        "seconds": seconds(&typed.timing)});
    let ending = Ending {
        stop: typed.stop,
        usage: typed.usage,
        ours,
    };
    let text = typed.json;
    Ok(Answer { text, ending })
}

fn seconds(timing: &Timing) -> Value {
    json!({
        "image": timing.image.as_secs_f64(),
        "encode": (timing.glance + timing.encode + timing.adapter).as_secs_f64(),
        "prefill": timing.prefill.as_secs_f64(),
        "decode": timing.decode.as_secs_f64(),
    })
}
