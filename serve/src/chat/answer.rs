//! A question to its answer, on a worker.
use super::request::Asked;
use super::tools::Tools;
use crate::error::Refusal;
use crate::regions;
use crate::work::{Job, Sent};
use foveate::tools::Step;
use foveate::{Region, Request, Session, StopReason, Timing, Typed, Usage};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

/// An answer.
pub(crate) struct Answer {
    pub said: Said,
    pub ending: Ending,
}

/// What an answer says.
pub(crate) enum Said {
    /// Words, or JSON.
    Words(String),
    Call(Call),
}

/// A tool that the client is to call.
pub(crate) struct Call {
    pub name: String,
    /// JSON.
    pub arguments: String,
}

/// How an answer ended, what it cost, and where it was read.
pub(crate) struct Ending {
    pub stop: StopReason,
    pub usage: Usage,
    /// Whether it asks for a tool.
    pub calls: bool,
    /// What OpenAI's form has no place for.
    pub ours: Value,
}

/// What is sent while an answer is written.
pub(crate) enum Piece {
    Said(Said),
    End(Ending),
}

/// Answers, and gives the whole answer.
pub(crate) fn whole(job: &Job<'_>, asked: &Asked) -> Result<Answer, Refusal> {
    let (mut session, pictures) = asked.conversation.session(job)?;
    if let Some(answer) = at_once(job, asked, &mut session, &pictures)? {
        return Ok(answer);
    }
    let mut text = String::new();
    let ending = words(job, asked, &mut session, &pictures, |piece| {
        text += &piece;
        true
    })?;
    let said = Said::Words(text);
    Ok(Answer { said, ending })
}

/// Answers, and sends the answer as it is written; JSON and calls in one piece, once they are known
/// to be whole.
pub(crate) fn stream(
    job: &Job<'_>,
    asked: &Asked,
    send: &UnboundedSender<Sent<Piece>>,
) -> Result<(), Refusal> {
    let (mut session, pictures) = asked.conversation.session(job)?;
    let give = |said| send.send(Ok(Piece::Said(said))).is_ok();
    let ending = match at_once(job, asked, &mut session, &pictures)? {
        Some(answer) => {
            give(answer.said);
            answer.ending
        }
        None => words(job, asked, &mut session, &pictures, |text| {
            give(Said::Words(text))
        })?,
    };
    let _ = send.send(Ok(Piece::End(ending))); // whoever left is not told
    Ok(())
}

/// An answer that is of use only as a whole; `None` where words are asked for.
fn at_once(
    job: &Job<'_>,
    asked: &Asked,
    session: &mut Session,
    pictures: &[Value],
) -> Result<Option<Answer>, Refusal> {
    match (&asked.schema, &asked.tools) {
        (Some(schema), _) => json_of(job, asked, session, schema, pictures).map(Some),
        (None, Some(tools)) => step(job, asked, session, tools, pictures).map(Some),
        (None, None) => Ok(None),
    }
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
    pictures: &[Value],
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
    Ok(Ending {
        stop,
        usage,
        calls: false,
        ours,
    })
}

/// Answers with a value. Off pictures it is read as the model was taught to: first their text, then
/// the members of the schema from that; without pictures the question is answered.
fn json_of(
    job: &Job<'_>,
    asked: &Asked,
    session: &mut Session,
    schema: &Value,
    pictures: &[Value],
) -> Result<Answer, Refusal> {
    let query = if asked.conversation.has_pictures() {
        session.read_schema(schema)
    } else {
        session.ask(asked.conversation.question()).as_schema(schema)
    };
    let typed: Typed<Value> = query.with(&request(job, asked)).run()?;
    let mut ending = ending(job, &typed, &typed.fields, pictures);
    ending.ours["question_used"] = json!(!asked.conversation.has_pictures());
    let said = Said::Words(typed.json);
    Ok(Answer { said, ending })
}

/// Answers with a call or, where it may, with words. The arguments of the only tool that there is,
/// and that must be called, are read off the pictures as any value.
fn step(
    job: &Job<'_>,
    asked: &Asked,
    session: &mut Session,
    tools: &Tools,
    pictures: &[Value],
) -> Result<Answer, Refusal> {
    let of_tools = |refusal: Refusal| refusal.moved("response_format", "tools");
    let only = tools.only().filter(|_| asked.conversation.has_pictures());
    if let Some(tool) = only {
        let read = json_of(job, asked, session, &tool.arguments, pictures);
        return read
            .map_err(of_tools)
            .map(|answer| answer.into_call(&tool.name));
    }
    let query = session.ask(asked.conversation.question());
    let query = query.as_schema::<Step>(&tools.schema());
    let typed = query.with(&request(job, asked)).run();
    let typed = typed.map_err(|e| of_tools(e.into()))?;
    let inside = |(path, at): &(String, Region)| Some((inner(path)?, *at));
    let fields: Vec<_> = typed.fields.iter().filter_map(inside).collect();
    let mut ending = ending(job, &typed, &fields, pictures);
    ending.calls = matches!(typed.value, Step::Call { .. });
    let said = match typed.value {
        Step::Answer { answer } => Said::Words(answer),
        Step::Call { tool, arguments } => Said::Call(Call {
            name: tool,
            arguments: arguments.to_string(),
        }),
    };
    Ok(Answer { said, ending })
}

/// The pointer into a call's arguments, or into the answer in words, of one into the whole.
fn inner(path: &str) -> Option<String> {
    let path = path
        .strip_prefix("/arguments")
        .or(path.strip_prefix("/answer"));
    path.map(str::to_owned)
}

impl Answer {
    /// A value as the arguments of a tool.
    fn into_call(self, tool: &str) -> Self {
        let Self { said, mut ending } = self;
        let Said::Words(arguments) = said else {
            return Self { said, ending };
        };
        ending.calls = true;
        let name = tool.to_owned();
        let said = Said::Call(Call { name, arguments });
        Self { said, ending }
    }
}

/// How an answer with a value ended.
fn ending<T>(
    job: &Job<'_>,
    typed: &Typed<T>,
    fields: &[(String, Region)],
    pictures: &[Value],
) -> Ending {
    job.shared.metrics.answer(&typed.timing, pictures.len());
    let ours = json!({"stop": typed.stop.as_str(), "fields": regions::fields(fields),
        "question_used": true, "pictures": pictures, "seconds": seconds(&typed.timing)});
    Ending {
        stop: typed.stop,
        usage: typed.usage,
        calls: false,
        ours,
    }
}

fn seconds(timing: &Timing) -> Value {
    json!({
        "image": timing.image.as_secs_f64(),
        "encode": (timing.glance + timing.encode + timing.adapter).as_secs_f64(),
        "prefill": timing.prefill.as_secs_f64(),
        "decode": timing.decode.as_secs_f64(),
    })
}
