//! Messages to a session of the library.
use super::request::{Content, ImageUrl, Message, Part};
use super::tools::{Called, Tools};
use crate::error::Refusal;
use crate::work::Job;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use foveate::session::Turn;
use foveate::tools::Offer;
use foveate::transcript::Transcript;
use foveate::{Image, Mode, Session};
use serde_json::{Value, json};
use std::collections::HashMap;

/// A conversation up to the question that is to be answered.
#[derive(Default)]
pub(crate) struct Conversation {
    instructions: Vec<String>,
    /// Earlier questions with their answers.
    earlier: Vec<(Asking, String)>,
    last: Asking,
    /// Names of the tools that were called, by the ids of the calls.
    called: HashMap<String, String>,
}

/// Pictures that are shown, and a question.
#[derive(Default)]
struct Asking {
    pictures: Vec<Picture>,
    texts: Vec<String>,
}

/// A picture as it was sent.
struct Picture {
    at: String,
    /// Base64.
    data: String,
    mode: Option<Mode>,
}

impl Conversation {
    /// Reads messages. Pictures are decoded later, on a worker.
    pub fn of(messages: Vec<Message>, max_pictures: usize) -> Result<Self, Refusal> {
        let mut conversation = Self::default();
        for (i, message) in messages.into_iter().enumerate() {
            conversation.add(message, &format!("messages[{i}]"))?;
        }
        if conversation.last.texts.is_empty() {
            let message = "the last message must hold a text: the user's question, or a tool's \
                           result";
            return Err(Refusal::value("messages", message));
        }
        let pictures = conversation
            .askings()
            .map(|a| a.pictures.len())
            .sum::<usize>();
        if pictures > max_pictures {
            let message = format!("{pictures} pictures, at most {max_pictures} are taken");
            return Err(Refusal::bad("too_many_images", message).at("messages"));
        }
        Ok(conversation)
    }

    fn askings(&self) -> impl Iterator<Item = &Asking> {
        let earlier = self.earlier.iter().map(|(asking, _)| asking);
        earlier.chain([&self.last])
    }

    /// Tells the model of tools. One that must be called is not told of: its arguments are read off
    /// the pictures.
    pub fn offer(&mut self, tools: &Tools) {
        if tools.only().is_none() || !self.has_pictures() {
            self.instructions.push(tools.introduction());
        }
    }

    fn add(&mut self, message: Message, at: &str) -> Result<(), Refusal> {
        let calls = message.tool_calls.unwrap_or_default();
        if !calls.is_empty() && message.role != "assistant" {
            let at = format!("{at}.tool_calls");
            return Err(Refusal::value(at, "only the assistant calls tools"));
        }
        match message.role.as_str() {
            "system" | "developer" => {
                let said = read(message.content, at)?;
                if !said.pictures.is_empty() {
                    return Err(Refusal::unsupported(at, "only the user may show pictures"));
                }
                self.instructions.extend(said.texts);
            }
            "user" => {
                let Asking { pictures, texts } = read(message.content, at)?;
                self.last.pictures.extend(pictures);
                self.last.texts.extend(texts);
            }
            "assistant" => {
                let mut said = read(message.content, at)?.texts;
                said.extend(self.call(calls, at)?);
                if self.last.texts.is_empty() {
                    let message = "an answer stands here before any question of the user";
                    return Err(Refusal::value(at, message));
                }
                self.earlier
                    .push((std::mem::take(&mut self.last), said.join("\n")));
            }
            "tool" => self.result(message.tool_call_id, message.content, at)?,
            other => {
                let message =
                    format!("system, user, assistant or tool is expected, found {other:?}");
                return Err(Refusal::value(format!("{at}.role"), message));
            }
        }
        Ok(())
    }

    /// Adds the result of a call.
    fn result(
        &mut self,
        id: Option<String>,
        content: Option<Content>,
        at: &str,
    ) -> Result<(), Refusal> {
        let id = id.unwrap_or_default();
        let unknown = || {
            let message = format!("no call of an earlier message has the id {id:?}");
            Refusal::value(format!("{at}.tool_call_id"), message)
        };
        let name = self.called.get(&id).ok_or_else(unknown)?;
        let said = read(content, at)?;
        if !said.pictures.is_empty() {
            return Err(Refusal::unsupported(at, "only the user may show pictures"));
        }
        let result = Offer::result(name, &said.texts.join("\n"));
        self.last.texts.push(result);
        Ok(())
    }

    /// Notes the call of an answer, and gives it as the model wrote it.
    fn call(&mut self, calls: Vec<Called>, at: &str) -> Result<Option<String>, Refusal> {
        if calls.len() > 1 {
            let message = format!("{} calls, at most 1 a message is taken", calls.len());
            return Err(Refusal::unsupported(format!("{at}.tool_calls"), message));
        }
        let Some(call) = calls.into_iter().next() else {
            return Ok(None);
        };
        let id = call.id.clone();
        let (name, written) = call.written(&format!("{at}.tool_calls[0]"))?;
        self.called.insert(id, name);
        Ok(Some(written.to_string()))
    }

    /// The question.
    pub fn question(&self) -> String {
        self.last.texts.join("\n")
    }

    /// Whether any picture is shown.
    pub fn has_pictures(&self) -> bool {
        self.askings().any(|asking| !asking.pictures.is_empty())
    }

    /// A session that was shown and told everything but the question; and the pictures, as they
    /// are described in the answer.
    pub fn session(&self, job: &Job<'_>) -> Result<(Session, Vec<Value>), Refusal> {
        let mut session = job.shared.model.session()?;
        if !self.instructions.is_empty() {
            session.instruct(self.instructions.join("\n"));
        }
        let mut images = Vec::new();
        let mut described = Vec::new();
        for picture in self.askings().flat_map(|asking| &asking.pictures) {
            let image = picture.decoded(job)?;
            job.show(&mut session, &image, picture.mode)?;
            described.push(crate::regions::picture(&image));
            // Pixels are large, and needed again only where there is something to restore.
            if !self.earlier.is_empty() {
                images.push(image);
            }
        }
        if !self.earlier.is_empty() {
            let transcript = self.transcript(&session)?;
            session = job.shared.model.restore(&transcript, &images)?;
        }
        Ok((session, described))
    }

    /// What was shown and said earlier, as the library keeps conversations.
    fn transcript(&self, session: &Session) -> Result<Transcript, Refusal> {
        let mut saved = session.transcript();
        let mut kept = json!(saved.pictures);
        let after = self.askings().enumerate();
        let after = after.flat_map(|(i, asking)| asking.pictures.iter().map(move |_| i));
        for (record, after) in kept.as_array_mut().into_iter().flatten().zip(after) {
            record["after"] = json!(after);
        }
        let lost = |_| Refusal::lost();
        saved.pictures = serde_json::from_value(kept).map_err(lost)?;
        let mut shown = 0;
        for (asking, answer) in &self.earlier {
            shown += asking.pictures.len();
            saved.turns.push(turn(session, asking, answer, shown)?);
        }
        Ok(saved)
    }
}

/// A question and its answer, as the library keeps them.
fn turn(session: &Session, asking: &Asking, answer: &str, shown: usize) -> Result<Turn, Refusal> {
    let tokenizer = session.model().tokenizer();
    let encoded = tokenizer.encode_within(answer, session.room());
    let ids = encoded.map_err(foveate::Error::from)?;
    let sources = vec![Value::Null; ids.len()];
    let turn = json!({
        "prompt": asking.texts.join("\n"), "transcribes": false, "pictures": shown,
        "sources": sources, "answer": tokenizer.decode(&ids), "ids": ids, "stop": "end",
    });
    serde_json::from_value(turn).map_err(|_| Refusal::lost())
}

/// The texts and pictures of a message.
fn read(content: Option<Content>, at: &str) -> Result<Asking, Refusal> {
    let mut asking = Asking::default();
    match content {
        None => {}
        Some(Content::Text(text)) => asking.texts.push(text),
        Some(Content::Parts(parts)) => {
            for (i, part) in parts.into_iter().enumerate() {
                asking.add(part, &format!("{at}.content[{i}]"))?;
            }
        }
    }
    asking.texts.retain(|text| !text.trim().is_empty());
    Ok(asking)
}

impl Asking {
    fn add(&mut self, part: Part, at: &str) -> Result<(), Refusal> {
        match (part.kind.as_str(), part.text, part.image_url) {
            ("text", Some(text), _) => self.texts.push(text),
            ("image_url", _, Some(image)) => self.pictures.push(Picture::of(image, at)?),
            ("text" | "image_url", ..) => {
                let message = format!("a part of type {0:?} must hold {0}", part.kind);
                return Err(Refusal::value(at, message));
            }
            (other, ..) => {
                let message = format!("text or image_url is expected, found {other:?}");
                return Err(Refusal::unsupported(format!("{at}.type"), message));
            }
        }
        Ok(())
    }
}

impl Picture {
    fn of(image: ImageUrl, at: &str) -> Result<Self, Refusal> {
        let at = format!("{at}.image_url");
        let mode = match image.detail.as_deref() {
            None | Some("auto") => None,
            Some("low") => Some(Mode::Rapid),
            Some("high") => Some(Mode::High),
            Some(other) => {
                let message = format!("auto, low or high is expected, found {other:?}");
                return Err(Refusal::value(format!("{at}.detail"), message));
            }
        };
        let Some(rest) = scheme_cut(&image.url, "data:") else {
            let message = "pictures are not fetched from other addresses; send a data URL: \
                           data:image/png;base64,...";
            return Err(Refusal::bad("remote_image_refused", message).at(at));
        };
        let Some((_, data)) = rest.split_once(";base64,") else {
            let message = "a data URL in base64 is expected: data:image/png;base64,...";
            return Err(Refusal::bad("invalid_image_url", message).at(at));
        };
        let data = data.to_owned();
        Ok(Self { at, data, mode })
    }

    fn decoded(&self, job: &Job<'_>) -> Result<Image, Refusal> {
        let bytes = STANDARD.decode(self.data.trim());
        let broken = |e: base64::DecodeError| {
            Refusal::bad("invalid_image_url", format!("the base64 is broken: {e}"))
        };
        let decoded = bytes.map_err(broken).and_then(|bytes| job.decode(&bytes));
        decoded.map_err(|refusal| refusal.at(&self.at))
    }
}

/// What follows a scheme, whose letters may be large.
fn scheme_cut<'u>(url: &'u str, scheme: &str) -> Option<&'u str> {
    let (begin, rest) = url.split_at_checked(scheme.len())?;
    begin.eq_ignore_ascii_case(scheme).then_some(rest)
}
