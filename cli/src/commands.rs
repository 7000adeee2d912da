//! What each command does with each picture.
use crate::bench::bench;
use crate::many::{Job, Said};
use crate::{Command, Common};
use anyhow::{Context, Result};
use foveate::batch::{Source, Sources};
use foveate::{Image, Line, Model, Region, Request, Session, StopReason, Timing, Typed, Usage};
use foveate_events::{CalendarEvent, Date, Entry, ics};
use serde_json::{Value, json};
use std::io::{BufRead, Write};
use std::path::Path;

/// Carries out a command that is about the pictures of `job`, each in a conversation of its own that goes on from `start`; how
/// many failed.
pub fn run(start: &Session, command: &Command, job: Job, common: &Common) -> Result<usize> {
    match command {
        Command::Ask { prompt, .. } => {
            job.each(|source| ask(start, prompt, source, common), |()| ())
        }
        Command::Read {
            schema, max_tokens, ..
        } => {
            let schema = &schema_in(schema)?;
            let request = &Request {
                max_tokens: *max_tokens,
                ..Request::default()
            };
            let work = |source: &Source| read(start, schema, request, source, common);
            job.each(work, |()| ())
        }
        Command::Event { today, .. } => {
            let today = today.unwrap_or_else(Date::today);
            let mut entries = Vec::new();
            let work = |source: &Source| event(start, today, source, common);
            let failed = job.each(work, |entry| entries.push(entry))?;
            if !common.json && !entries.is_empty() {
                write!(std::io::stdout(), "{}", ics(&entries, today))?;
            }
            Ok(failed)
        }
        Command::Ocr { .. } if job.is_single() && !common.json => {
            job.each(|source| stream_ocr(start, source, common), |()| ())
        }
        Command::Ocr { .. } => job.each(|source| ocr(start, source, common), |()| ()),
        Command::Bench {
            runs, speculation, ..
        } => job.each(|source| bench(start, *runs, *speculation, source), |()| ()),
        Command::Chat { .. } | Command::Info | Command::Completions { .. } => Ok(0),
    }
}

fn schema_in(file: &Path) -> Result<Value> {
    let name = || file.display().to_string();
    let text = std::fs::read(file).with_context(name)?;
    serde_json::from_slice(&text).with_context(name)
}

/// A conversation about a picture.
pub(crate) fn shown(start: &Session, image: &Image) -> foveate::Result<Session> {
    let mut session = start.fork();
    session.add_image(image)?;
    Ok(session)
}

/// What people are told besides the answer.
fn notes(
    name: &str,
    stop: StopReason,
    timing: &Timing,
    usage: &Usage,
    common: &Common,
) -> Vec<String> {
    let mut notes = Vec::new();
    if !stop.is_complete() {
        notes.push(format!("{name}: the answer is not complete: {stop}"));
    }
    if common.timing {
        notes.push(format!(
            "{name}: {timing}, {} runs of the decoder, {} of {} guesses right",
            usage.runs, usage.accepted, usage.drafted
        ));
    }
    notes
}

fn ask(start: &Session, prompt: &str, source: &Source, common: &Common) -> Result<Said> {
    let name = source.name();
    let answer = shown(start, &source.open()?)?.ask(prompt).run()?;
    let out = if common.json {
        json!({"file": name, "answer": answer.text, "stop": answer.stop.as_str()}).to_string()
    } else {
        answer.text
    };
    Ok(Said {
        out: out + "\n",
        notes: notes(&name, answer.stop, &answer.timing, &answer.usage, common),
        value: (),
    })
}

fn read(
    start: &Session,
    schema: &Value,
    request: &Request,
    source: &Source,
    common: &Common,
) -> Result<Said> {
    let name = source.name();
    let mut session = shown(start, &source.open()?)?;
    let typed: Typed<Value> = session.read_schema(schema).with(request).run()?;
    let out = if common.json {
        let place = |(path, r): &(String, Region)| json!({"path": path, "box": corners(r)});
        let boxes: Vec<Value> = typed.fields.iter().map(place).collect();
        json!({"file": name, "value": typed.value, "stop": typed.stop.as_str(), "boxes": boxes})
            .to_string()
    } else {
        typed.json
    };
    Ok(Said {
        out: out + "\n",
        notes: notes(&name, typed.stop, &typed.timing, &typed.usage, common),
        value: (),
    })
}

fn event(start: &Session, today: Date, source: &Source, common: &Common) -> Result<Said<Entry>> {
    let name = source.name();
    let read: Typed<CalendarEvent> = shown(start, &source.open()?)?.read().run()?;
    let flyer = read.value.as_flyer(read.transcript.as_deref());
    let entry = Entry::from_flyer(flyer, today)?;
    let out = if common.json {
        let (starts, ends) = (entry.starts(), entry.ends());
        json!({"file": name, "read": read.value, "starts": starts, "ends": ends}).to_string() + "\n"
    } else {
        String::new()
    };
    Ok(Said {
        out,
        notes: notes(&name, read.stop, &read.timing, &read.usage, common),
        value: entry,
    })
}

fn ocr(start: &Session, source: &Source, common: &Common) -> Result<Said> {
    let name = source.name();
    let reading = shown(start, &source.open()?)?.ocr().run()?;
    let out = if common.json {
        let line = |l: &Line| json!({"text": l.text, "box": l.region.as_ref().map(corners)});
        let lines: Vec<Value> = reading.lines.iter().map(line).collect();
        json!({"file": name, "lines": lines, "stop": reading.stop.as_str()}).to_string()
    } else {
        format!("== {name}\n{}", reading.text)
    };
    Ok(Said {
        out: out + "\n",
        notes: notes(&name, reading.stop, &reading.timing, &reading.usage, common),
        value: (),
    })
}

/// The text of the only picture, printed as it is read.
fn stream_ocr(start: &Session, source: &Source, common: &Common) -> Result<Said> {
    let mut session = shown(start, &source.open()?)?;
    let mut out = std::io::stdout().lock();
    let mut stream = session.ocr().stream()?;
    for piece in stream.by_ref() {
        match out.write_all(piece?.as_bytes()).and_then(|()| out.flush()) {
            // Whoever read the output wants no more of it.
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => break,
            written => written?,
        }
    }
    let (stop, timing, usage) = stream.finish();
    Ok(Said {
        out: "\n".into(),
        notes: notes(&source.name(), stop, &timing, &usage, common),
        value: (),
    })
}

/// The picture is encoded once; each question computes only its own rows.
pub fn chat(start: &Session, image: &Path, common: &Common) -> Result<()> {
    let source = Sources::of([image.to_owned()]).next();
    let source = source.context("no picture")??;
    let mut session = shown(start, &source.open()?)?;
    session.prewarm()?;
    let mut out = std::io::stdout().lock();
    for question in std::io::stdin().lock().lines() {
        let mut stream = session.ask(question?).stream()?;
        for piece in stream.by_ref() {
            out.write_all(piece?.as_bytes())?;
            out.flush()?;
        }
        let (stop, timing, usage) = stream.finish();
        writeln!(out)?;
        let notes = notes(&source.name(), stop, &timing, &usage, common);
        notes.iter().for_each(|note| eprintln!("{note}"));
    }
    Ok(())
}

/// Left, top, right, bottom in the stored picture's pixels, to a tenth.
fn corners(region: &Region) -> [f64; 4] {
    let r = region.rect;
    [r.x0, r.y0, r.x1, r.y1].map(|v| (v * 10.0).round() / 10.0)
}

pub fn info(model: &Model) {
    let dims = model.decoder().dims();
    println!("name           {}", model.name());
    println!("width          {}", dims.dim);
    println!("vocabulary     {} tokens", dims.vocab_size);
    println!("context        {} tokens", dims.context);
    println!("pictures       {:?} by default", model.default_mode());
    match model.adapters().as_slice() {
        [] => println!("adapters       none"),
        names => println!("adapters       {}", names.join(", ")),
    }
}
