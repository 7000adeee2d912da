//! A question, a schema or the text: what is answered about one picture, and how it is shown.
use super::with_image;
use crate::many::Said;
use crate::options::Common;
use crate::report::Seen;
use crate::terminal::harmless;
use anyhow::Result;
use foveate::batch::{Source, printable};
use foveate::vision::Note;
use foveate::{Answer, Image, Line, Region, Request, Session, StopReason, Timing, Typed, Usage};
use serde_json::{Value, json};
use std::io::Write;

/// How an answer ended, and what it cost.
pub struct Ending<'a> {
    pub stop: StopReason,
    pub timing: &'a Timing,
    pub usage: &'a Usage,
}

impl Ending<'_> {
    /// Whether the answer counts as none: it went round in circles, or there was no room or no time
    /// for it.
    pub fn is_failure(&self) -> bool {
        use StopReason::{ContextFull, Repetition, TimeLimit};
        matches!(self.stop, Repetition | ContextFull | TimeLimit)
    }

    /// What people read besides the answer to a picture named `name`.
    pub fn notes(&self, name: &str, notes: &[String], common: &Common) -> Vec<String> {
        let mut all = notes.to_vec();
        if !self.stop.is_complete() {
            all.push(format!("the answer is not complete: {}", reason(self.stop)));
        }
        if common.timing {
            let (timing, usage) = (self.timing, self.usage);
            all.push(format!(
                "{timing}, {} runs of the decoder, {} of {} drafted tokens accepted",
                usage.runs, usage.accepted, usage.drafted
            ));
        }
        let name = printable(name);
        all.iter().map(|note| format!("{name}: {note}")).collect()
    }

    /// The answer `out` to a picture named `name`, with its notes.
    pub fn said(&self, out: String, name: &str, notes: &[String], common: &Common) -> Said {
        Said {
            out: out + "\n",
            notes: self.notes(name, notes, common),
            failed: self.is_failure(),
            value: (),
        }
    }
}

/// Why an answer is not whole.
fn reason(stop: StopReason) -> String {
    let why = match stop {
        StopReason::MaxTokens => "it has as many tokens as were asked for at most",
        StopReason::Repetition => "it went round in circles and was stopped",
        StopReason::ContextFull => "there was no room for more",
        StopReason::TimeLimit => "it took longer than --timeout allows",
        _ => return stop.to_string(),
    };
    format!("{stop}: {why}")
}

/// What is odd about a picture's file.
pub fn notes_of(image: &Image) -> Vec<String> {
    image.pixels().notes().iter().map(Note::to_string).collect()
}

/// A picture that a conversation was shown, and the request for an answer about it.
pub struct Shown {
    pub name: String,
    pub image: Image,
    pub notes: Vec<String>,
    pub session: Session,
    pub request: Request,
}

impl Shown {
    pub fn open(
        start: &Session,
        source: &Source,
        seen: &mut Seen,
        common: &Common,
    ) -> Result<Self> {
        let image = seen.open(source, common)?;
        let (session, request) = with_image(start, &image, common)?;
        Ok(Self {
            name: source.name(),
            notes: notes_of(&image),
            image,
            session,
            request,
        })
    }
}

/// Answers a question in words.
pub fn ask(
    start: &Session,
    prompt: &str,
    source: &Source,
    seen: &mut Seen,
    common: &Common,
) -> Result<Said> {
    let Shown {
        name,
        image,
        notes,
        mut session,
        request,
    } = Shown::open(start, source, seen, common)?;
    let answer = session.ask(prompt).with(&request).run()?;
    seen.text(&image, &answer.text, answer.region.as_slice())?;
    let ending = Ending {
        stop: answer.stop,
        timing: &answer.timing,
        usage: &answer.usage,
    };
    let out = if common.json {
        answered(&name, &answer, &notes).to_string()
    } else {
        harmless(&answer.text)
    };
    Ok(ending.said(out, &name, &notes, common))
}

/// Answers a question with a list.
pub fn ask_list(
    start: &Session,
    prompt: &str,
    source: &Source,
    seen: &mut Seen,
    common: &Common,
) -> Result<Said> {
    let Shown {
        name,
        image,
        notes,
        mut session,
        request,
    } = Shown::open(start, source, seen, common)?;
    let query = session.ask(prompt).with(&request).as_type();
    let typed: Typed<Vec<String>> = query.run()?;
    let regions: Vec<Region> = typed.fields.iter().map(|(_, region)| *region).collect();
    seen.text(&image, &typed.value.join(", "), &regions)?;
    let ending = Ending {
        stop: typed.stop,
        timing: &typed.timing,
        usage: &typed.usage,
    };
    let out = if common.json {
        let (stop, boxes) = (typed.stop.as_str(), boxes(&typed.fields));
        let items = &typed.value;
        json!({"file": name, "answer": items, "found": !items.is_empty(), "stop": stop,
            "boxes": boxes, "notes": notes})
        .to_string()
    } else {
        let items = typed.value.iter().map(|item| harmless(item));
        items.collect::<Vec<_>>().join("\n")
    };
    Ok(ending.said(out, &name, &notes, common))
}

/// An answer in words about a picture, as JSON.
pub fn answered(name: &str, answer: &Answer, notes: &[String]) -> Value {
    let place = answer.region.as_ref();
    json!({
        "file": name,
        "answer": answer.text,
        "found": answer.found,
        "box": place.map(corners),
        "confidence": place.map(|r| r.confidence),
        "stop": answer.stop.as_str(),
        "notes": notes,
    })
}

/// Reads a value of a schema.
pub struct Reader<'a> {
    pub schema: &'a Value,
    /// Most tokens of an answer.
    pub max_tokens: Option<usize>,
}

impl Reader<'_> {
    pub fn read(
        &self,
        start: &Session,
        source: &Source,
        seen: &mut Seen,
        common: &Common,
    ) -> Result<Said> {
        let Shown {
            name,
            image,
            notes,
            mut session,
            mut request,
        } = Shown::open(start, source, seen, common)?;
        request.max_tokens = self.max_tokens;
        let query = session.read_schema(self.schema).with(&request);
        let typed: Typed<Value> = query.run()?;
        seen.fields(&image, &typed.value, &typed.fields)?;
        let ending = Ending {
            stop: typed.stop,
            timing: &typed.timing,
            usage: &typed.usage,
        };
        let out = if common.json {
            let (stop, boxes) = (typed.stop.as_str(), boxes(&typed.fields));
            let value = &typed.value;
            json!({"file": name, "value": value, "stop": stop, "boxes": boxes, "notes": notes})
                .to_string()
        } else {
            harmless(&typed.json)
        };
        Ok(ending.said(out, &name, &notes, common))
    }
}

/// Reads the text.
pub fn ocr(start: &Session, source: &Source, seen: &mut Seen, common: &Common) -> Result<Said> {
    let Shown {
        name,
        image,
        mut notes,
        mut session,
        request,
    } = Shown::open(start, source, seen, common)?;
    let reading = session.ocr().with(&request).run()?;
    seen.lines(&image, &reading.text, &reading.lines)?;
    if !reading.left_out.is_empty() {
        notes.push(left_out(&reading.left_out));
    }
    let ending = Ending {
        stop: reading.stop,
        timing: &reading.timing,
        usage: &reading.usage,
    };
    let out = if common.json {
        let line = |l: &Line| {
            let place = l.region.as_ref();
            let sure = place.map(|r| r.confidence);
            json!({"text": l.text, "box": place.map(corners), "confidence": sure})
        };
        let lines: Vec<Value> = reading.lines.iter().map(line).collect();
        let left_out: Vec<Value> = reading.left_out.iter().map(line).collect();
        json!({
            "file": name,
            "lines": lines,
            "left_out": left_out,
            "stop": reading.stop.as_str(),
            "notes": notes,
        })
        .to_string()
    } else {
        format!("== {}\n{}", printable(&name), harmless(&reading.text))
    };
    Ok(ending.said(out, &name, &notes, common))
}

/// Says what is missing in a text.
fn left_out(lines: &[Line]) -> String {
    let n = lines.len();
    format!(
        "{n} lines or words were found and left out, hardly legible or too many; --json names them"
    )
}

/// Reads the text of the only picture, and prints it meanwhile.
pub fn stream_ocr(
    start: &Session,
    source: &Source,
    seen: &mut Seen,
    common: &Common,
) -> Result<Said> {
    let image = seen.open(source, common)?;
    let (mut session, request) = with_image(start, &image, common)?;
    let mut out = std::io::stdout().lock();
    let mut stream = session.ocr().with(&request).stream()?;
    for piece in stream.by_ref() {
        let piece = harmless(&piece?);
        match out.write_all(piece.as_bytes()).and_then(|()| out.flush()) {
            // Whoever read the output wants no more of it.
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => break,
            written => written?,
        }
    }
    let (stop, timing, usage) = stream.finish();
    let lines = session.last_lines();
    let text: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    seen.lines(&image, &text.join("\n"), &lines)?;
    let ending = Ending {
        stop,
        timing: &timing,
        usage: &usage,
    };
    Ok(ending.said(String::new(), &source.name(), &notes_of(&image), common))
}

/// Where the strings of a value were read, and how surely.
pub fn boxes(fields: &[(String, Region)]) -> Vec<Value> {
    let place = |(path, region): &(String, Region)| {
        let sure = region.confidence;
        json!({"path": path, "box": corners(region), "confidence": sure})
    };
    fields.iter().map(place).collect()
}

/// Left, top, right, bottom in the stored picture's pixels, to a tenth.
pub fn corners(region: &Region) -> [f64; 4] {
    let r = region.rect;
    [r.x0, r.y0, r.x1, r.y1].map(|v| (v * 10.0).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_end_is_a_failure_and_as_many_tokens_as_asked_for_are_none() {
        let (timing, usage) = (Timing::default(), Usage::default());
        for (stop, failed) in [
            (StopReason::End, false),
            (StopReason::MaxTokens, false),
            (StopReason::TimeLimit, true),
            (StopReason::Repetition, true),
            (StopReason::ContextFull, true),
        ] {
            let (timing, usage) = (&timing, &usage);
            let ending = Ending {
                stop,
                timing,
                usage,
            };
            assert_eq!(ending.is_failure(), failed, "{stop}");
        }
    }
}
