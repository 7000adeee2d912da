//! Questions about one picture, from standard input.
use super::answers::{Ending, answered, notes_of};
use super::{opened, with_image};
use crate::options::Common;
use crate::shown;
use crate::terminal::{harmless, print, say};
use anyhow::{Context, Result, bail};
use foveate::batch::Sources;
use foveate::session::Stream;
use foveate::{Answer, ErrorKind, Session, StopReason, Timing, Usage};
use serde_json::json;
use std::io::{self, BufRead, Read};
use std::path::Path;

/// Longest question in bytes: far more than any context holds.
const MAX_QUESTION: u64 = 1 << 20;

/// Answers questions until there are no more; how many were not answered. The picture is encoded
/// once, each question computes only its own rows.
pub fn chat(start: &Session, picture: &Path, common: &Common) -> Result<usize> {
    let sources: Vec<_> = Sources::of([picture.to_owned()]).collect::<Result<_, _>>()?;
    let [source] = &sources[..] else {
        let n = sources.len();
        bail!("{}: {n} pictures; chat is about one", shown(picture));
    };
    let image = opened(source, common)?;
    let name = source.name();
    let mut notes = notes_of(&image);
    let (mut session, _) = with_image(start, &image, common)?;
    session.prewarm()?;
    let mut failed = 0;
    let mut input = io::stdin().lock();
    while let Some(question) = question(&mut input)? {
        if question.trim().is_empty() {
            continue;
        }
        match answer(&mut session, question.trim(), &name, &notes, common) {
            Ok(whole) => failed += usize::from(!whole),
            Err(e) if crate::terminal::is_closed_pipe(&e) => break,
            Err(e) => {
                failed += 1;
                say(source.blame(&e));
                if is_full(&e) {
                    say("the conversation is full; begin a new one");
                    break;
                }
            }
        }
        // They are about the picture: printed once.
        notes.clear();
    }
    Ok(failed)
}

/// The next line; `None` at the end.
fn question(input: &mut impl BufRead) -> Result<Option<String>> {
    let mut line = Vec::new();
    input.take(MAX_QUESTION + 1).read_until(b'\n', &mut line)?;
    if line.len() as u64 > MAX_QUESTION {
        bail!("a question is longer than {MAX_QUESTION} bytes; one a line is expected");
    }
    let text = String::from_utf8(line).context("a question is not in UTF-8")?;
    Ok((!text.is_empty()).then_some(text))
}

/// Answers a question; whether the answer is one.
fn answer(
    session: &mut Session,
    question: &str,
    name: &str,
    notes: &[String],
    common: &Common,
) -> Result<bool> {
    let request = common.request();
    let query = session.ask(question).with(&request);
    let (stop, timing, usage) = match common.json {
        true => as_json(&query.run()?, question, name, notes)?,
        false => as_written(query.stream()?)?,
    };
    let ending = Ending {
        stop,
        timing: &timing,
        usage: &usage,
    };
    ending.notes(name, notes, common).iter().for_each(say);
    Ok(!ending.is_failure())
}

/// Prints an answer piece by piece; how it ended.
fn as_written(mut stream: Stream<'_>) -> Result<(StopReason, Timing, Usage)> {
    for piece in stream.by_ref() {
        print(&harmless(&piece?))?;
    }
    print("\n")?;
    Ok(stream.finish())
}

/// Prints an answer as a JSON object; how it ended.
fn as_json(
    answer: &Answer,
    question: &str,
    name: &str,
    notes: &[String],
) -> Result<(StopReason, Timing, Usage)> {
    let mut line = answered(name, answer, notes);
    line["question"] = json!(question);
    print(&format!("{line}\n"))?;
    Ok((answer.stop, answer.timing, answer.usage))
}

fn is_full(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<foveate::Error>();
    error.is_some_and(|e| e.kind() == ErrorKind::ContextFull)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_lines_of_bounded_length() {
        let mut input = b"one\r\n\ntwo".as_slice();
        let mut next = || question(&mut input).unwrap();
        assert_eq!(next().as_deref(), Some("one\r\n"));
        assert_eq!(next().as_deref(), Some("\n"));
        assert_eq!(next().as_deref(), Some("two"));
        assert_eq!(next(), None);
        let mut endless = io::BufReader::new(io::repeat(b'x'));
        assert!(question(&mut endless).is_err());
        assert!(question(&mut b"\xff\n".as_slice()).is_err());
    }
}
