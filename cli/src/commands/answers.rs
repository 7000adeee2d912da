//! A question, a schema or the text: what is answered about one picture, and how it is told.
use super::{opened, with_image};
use crate::many::Said;
use crate::options::Common;
use crate::terminal::harmless;
use anyhow::Result;
use foveate::batch::{Source, printable};
use foveate::vision::Note;
use foveate::{
    Image, Line, Region, Request, Session, StopReason, Timing, Typed, Usage, draw_boxes,
};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;

/// How an answer ended, and what it cost.
pub struct Ending<'a> {
    pub stop: StopReason,
    pub timing: &'a Timing,
    pub usage: &'a Usage,
}

impl Ending<'_> {
    /// Whether the answer counts as none: it went round in circles, or there was no room for it.
    pub fn is_failure(&self) -> bool {
        matches!(self.stop, StopReason::Repetition | StopReason::ContextFull)
    }

    /// What people are told besides the answer to a picture named `name`.
    pub fn notes(&self, name: &str, notes: &[String], common: &Common) -> Vec<String> {
        let mut told = notes.to_vec();
        if !self.stop.is_complete() {
            told.push(format!("the answer is not complete: {}", reason(self.stop)));
        }
        if common.timing {
            let (timing, usage) = (self.timing, self.usage);
            told.push(format!(
                "{timing}, {} runs of the decoder, {} of {} guesses right",
                usage.runs, usage.accepted, usage.drafted
            ));
        }
        let name = printable(name);
        told.iter().map(|note| format!("{name}: {note}")).collect()
    }
}

/// Why an answer is not whole.
fn reason(stop: StopReason) -> String {
    let why = match stop {
        StopReason::MaxTokens => "it has as many tokens as were asked for at most",
        StopReason::Repetition => "it went round in circles and was stopped",
        StopReason::ContextFull => "there was no room for more",
        _ => return stop.to_string(),
    };
    format!("{stop}: {why}")
}

/// What is odd about a picture's file.
pub fn notes_of(image: &Image) -> Vec<String> {
    image.pixels().notes().iter().map(Note::to_string).collect()
}

/// Answers a question in words.
pub fn ask(
    start: &Session,
    prompt: &str,
    source: &Source,
    overlay: Option<&Path>,
    common: &Common,
) -> Result<Said> {
    let name = source.name();
    let image = opened(source, common)?;
    let notes = notes_of(&image);
    let answer = with_image(start, &image)?.ask(prompt).run()?;
    drawn(&image, answer.region.into_iter(), overlay)?;
    let ending = Ending {
        stop: answer.stop,
        timing: &answer.timing,
        usage: &answer.usage,
    };
    let out = if common.json {
        let stop = answer.stop.as_str();
        let (place, sure) = (answer.region.as_ref(), answer.region.map(|r| r.confidence));
        json!({"file": name, "answer": answer.text, "found": answer.found,
            "box": place.map(corners), "confidence": sure, "stop": stop, "notes": notes})
        .to_string()
    } else {
        harmless(&answer.text)
    };
    Ok(Said {
        out: out + "\n",
        notes: ending.notes(&name, &notes, common),
        failed: ending.is_failure(),
        value: (),
    })
}

/// Reads a value of a schema.
pub struct Reader<'a> {
    pub schema: &'a Value,
    pub request: &'a Request,
    pub overlay: Option<&'a Path>,
}

impl Reader<'_> {
    pub fn read(&self, start: &Session, source: &Source, common: &Common) -> Result<Said> {
        let name = source.name();
        let image = opened(source, common)?;
        let notes = notes_of(&image);
        let mut session = with_image(start, &image)?;
        let query = session.read_schema(self.schema).with(self.request);
        let typed: Typed<Value> = query.run()?;
        drawn(&image, typed.fields.iter().map(|f| f.1), self.overlay)?;
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
        Ok(Said {
            out: out + "\n",
            notes: ending.notes(&name, &notes, common),
            failed: ending.is_failure(),
            value: (),
        })
    }
}

/// Reads the text.
pub fn ocr(
    start: &Session,
    source: &Source,
    overlay: Option<&Path>,
    common: &Common,
) -> Result<Said> {
    let name = source.name();
    let image = opened(source, common)?;
    let mut notes = notes_of(&image);
    let reading = with_image(start, &image)?.ocr().run()?;
    drawn(
        &image,
        reading.lines.iter().filter_map(|l| l.region),
        overlay,
    )?;
    if !reading.left_out.is_empty() {
        notes.push(left_out(&reading.left_out));
    }
    let ending = Ending {
        stop: reading.stop,
        timing: &reading.timing,
        usage: &reading.usage,
    };
    let out = if common.json {
        let line = |l: &Line| json!({"text": l.text, "box": l.region.as_ref().map(corners)});
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
    Ok(Said {
        out: out + "\n",
        notes: ending.notes(&name, &notes, common),
        failed: ending.is_failure(),
        value: (),
    })
}

/// Says what is missing in a text.
fn left_out(lines: &[Line]) -> String {
    let n = lines.len();
    format!("{n} lines were found and left out, hardly legible or too many; --json names them")
}

/// Reads the text of the only picture, and prints it meanwhile.
pub fn stream_ocr(
    start: &Session,
    source: &Source,
    overlay: Option<&Path>,
    common: &Common,
) -> Result<Said> {
    let image = opened(source, common)?;
    let mut session = with_image(start, &image)?;
    let mut out = std::io::stdout().lock();
    let mut stream = session.ocr().stream()?;
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
    drawn(&image, lines.iter().filter_map(|l| l.region), overlay)?;
    let ending = Ending {
        stop,
        timing: &timing,
        usage: &usage,
    };
    Ok(Said {
        out: "\n".into(),
        notes: ending.notes(&source.name(), &notes_of(&image), common),
        failed: ending.is_failure(),
        value: (),
    })
}

/// Draws boxes on the picture where that was asked for.
pub fn drawn(
    image: &Image,
    regions: impl Iterator<Item = Region>,
    out: Option<&Path>,
) -> foveate::Result<()> {
    out.map_or(Ok(()), |out| draw_boxes(image, regions, out))
}

/// Where the strings of a value were read.
pub fn boxes(fields: &[(String, Region)]) -> Vec<Value> {
    let place = |(path, r): &(String, Region)| json!({"path": path, "box": corners(r)});
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
    fn circles_and_a_full_context_are_failures_and_limits_asked_for_are_not() {
        let (timing, usage) = (Timing::default(), Usage::default());
        for (stop, failed) in [
            (StopReason::End, false),
            (StopReason::MaxTokens, false),
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
