//! What each command does with each picture.
use super::pictures::{self, Source};
use super::{Command, Common};
use anyhow::{Context, Result};
use foveate::calendar::{Entry, Flyer, ics};
use foveate::when::{Date, Printed};
use foveate::{Image, Line, Model, Region, Request, StopReason, Timing, Typed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::io::{BufRead, Write};

/// What is to be read off a flyer, word for word.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct CalendarEvent {
    title: Option<String>,
    date: Option<String>,
    start: Option<String>,
    end: Option<String>,
    venue: Option<String>,
}

/// Carries a command out; how many pictures failed.
pub fn run(model: &Model, command: Command, common: &Common) -> Result<usize> {
    match command {
        Command::Ask { prompt, images } => {
            each(&images, |source| ask(model, &prompt, source, common))
        }
        Command::Read {
            schema,
            max_tokens,
            images,
        } => {
            let text = std::fs::read(&schema).with_context(|| schema.display().to_string())?;
            let schema: Value =
                serde_json::from_slice(&text).with_context(|| schema.display().to_string())?;
            let request = Request {
                max_tokens,
                ..Request::default()
            };
            each(&images, |source| {
                read(model, &schema, &request, source, common)
            })
        }
        Command::Event { today, images } => {
            let today = today.unwrap_or_else(Date::today);
            let mut entries = Vec::new();
            let failed = each(&images, |source| {
                entries.push(event(model, today, source, common)?);
                Ok(())
            })?;
            if !common.json && !entries.is_empty() {
                print!("{}", ics(&entries, today));
            }
            Ok(failed)
        }
        Command::Ocr { images } => each(&images, |source| ocr(model, source, common)),
        Command::Chat { image } => chat(model, &image, common).map(|()| 0),
        Command::Bench {
            runs,
            draft,
            images,
        } => each(&images, |source| bench(model, runs, draft, source)),
        Command::Info | Command::Completions { .. } => info(model).map(|()| 0),
    }
}

fn each(arguments: &[String], mut work: impl FnMut(&Source) -> Result<()>) -> Result<usize> {
    let mut failed = 0;
    for source in pictures::find(arguments)? {
        if let Err(e) = work(&source) {
            let (name, why) = (source.name(), format!("{e:#}"));
            let named = if why.starts_with(&name) {
                why
            } else {
                format!("{name}: {why}")
            };
            eprintln!("{named}");
            failed += 1;
        }
    }
    Ok(failed)
}

fn note(source: &Source, stop: StopReason, timing: &Timing, common: &Common) {
    if !stop.is_complete() {
        eprintln!("{}: the answer is not complete: {stop}", source.name());
    }
    if common.timing {
        eprintln!("{}: {timing}", source.name());
    }
}

fn ask(model: &Model, prompt: &str, source: &Source, common: &Common) -> Result<()> {
    let answer = model.ask(&source.open()?, prompt)?;
    if common.json {
        println!(
            "{}",
            json!({"file": source.name(), "answer": answer.text, "stop": answer.stop.as_str()})
        );
    } else {
        println!("{}", answer.text);
    }
    note(source, answer.stop, &answer.timing, common);
    Ok(())
}

fn read(
    model: &Model,
    schema: &Value,
    request: &Request,
    source: &Source,
    common: &Common,
) -> Result<()> {
    let typed: Typed<Value> = model
        .look_at(&source.open()?)?
        .read_schema(schema, request)?;
    if common.json {
        let boxes: Vec<Value> = typed
            .fields
            .iter()
            .map(|(path, r)| json!({"path": path, "box": corners(r)}))
            .collect();
        println!(
            "{}",
            json!({"file": source.name(), "value": typed.value, "stop": typed.stop.as_str(), "boxes": boxes})
        );
    } else {
        println!("{}", typed.json);
    }
    note(source, typed.stop, &typed.timing, common);
    Ok(())
}

fn event(model: &Model, today: Date, source: &Source, common: &Common) -> Result<Entry> {
    let read: Typed<CalendarEvent> = model.look_at(&source.open()?)?.read()?;
    note(source, read.stop, &read.timing, common);
    let CalendarEvent {
        title,
        date,
        start,
        end,
        venue,
    } = &read.value;
    let flyer = Flyer {
        title: title.as_deref(),
        when: Printed {
            date: date.as_deref(),
            start: start.as_deref(),
            end: end.as_deref(),
        },
        venue: venue.as_deref(),
        transcript: read.transcript.as_deref(),
    };
    let entry = Entry::from_flyer(flyer, today)?;
    if common.json {
        println!(
            "{}",
            json!({"file": source.name(), "read": read.value, "starts": entry.starts(), "ends": entry.ends()})
        );
    }
    Ok(entry)
}

fn ocr(model: &Model, source: &Source, common: &Common) -> Result<()> {
    let image: Image = source.open()?;
    let mut session = model.look_at(&image)?;
    if common.json {
        let reading = session.ocr()?;
        let line = |l: &Line| json!({"text": l.text, "box": l.region.as_ref().map(corners)});
        let lines: Vec<Value> = reading.lines.iter().map(line).collect();
        println!(
            "{}",
            json!({"file": source.name(), "lines": lines, "stop": reading.stop.as_str()})
        );
        note(source, reading.stop, &reading.timing, common);
        return Ok(());
    }
    let mut out = std::io::stdout().lock();
    let mut stream = session.stream_ocr()?;
    for piece in stream.by_ref() {
        out.write_all(piece?.as_bytes())?;
        out.flush()?;
    }
    let (stop, timing, _) = stream.finish();
    writeln!(out)?;
    note(source, stop, &timing, common);
    Ok(())
}

/// The picture is encoded once; each question computes only its own rows.
fn chat(model: &Model, image: &str, common: &Common) -> Result<()> {
    let source = pictures::find(&[image.to_owned()])?;
    let source = source.first().context("no picture")?;
    let mut session = model.look_at(&source.open()?)?;
    session.prewarm()?;
    let mut out = std::io::stdout().lock();
    for question in std::io::stdin().lock().lines() {
        let mut stream = session.stream(&question?)?;
        for piece in stream.by_ref() {
            out.write_all(piece?.as_bytes())?;
            out.flush()?;
        }
        let (stop, timing, _) = stream.finish();
        writeln!(out)?;
        note(source, stop, &timing, common);
    }
    Ok(())
}

/// The median of each stage over `runs` transcripts of a picture that is never remembered.
fn bench(model: &Model, runs: usize, draft: bool, source: &Source) -> Result<()> {
    let image = source.open()?;
    let mut timings = Vec::new();
    let mut usage = foveate::Usage::default();
    for _ in 0..runs.max(1) {
        model.forget_images();
        let mut session = model.look_at(&image)?;
        let reading = session.ocr_with(&Request {
            draft,
            ..Request::default()
        })?;
        timings.push(reading.timing);
        usage = reading.usage;
    }
    let median = |of: fn(&Timing) -> std::time::Duration| {
        let mut all: Vec<_> = timings.iter().map(of).collect();
        all.sort();
        all[all.len() / 2].as_secs_f64() * 1e3
    };
    let decode = median(|t| t.decode);
    let speed = usage.generated as f64 / (decode / 1e3);
    println!(
        "{}: encode {:.0} ms, adapter {:.0} ms, prefill {:.0} ms ({} rows), decode {decode:.0} ms ({} tokens, {speed:.0}/s, {} runs, {} of {} guesses right)",
        source.name(),
        median(|t| t.encode),
        median(|t| t.adapter),
        median(|t| t.prefill),
        usage.prompt,
        usage.generated,
        usage.runs,
        usage.accepted,
        usage.drafted
    );
    Ok(())
}

/// Left, top, right, bottom in the stored picture's pixels, to a tenth.
fn corners(region: &Region) -> [f64; 4] {
    let r = region.rect;
    [r.x0, r.y0, r.x1, r.y1].map(|v| (v * 10.0).round() / 10.0)
}

fn info(model: &Model) -> Result<()> {
    let shape = model.decoder().shape();
    println!("name           {}", model.name());
    println!(
        "decoder        {} layers with keys and values, {} that share them",
        shape.n_layers_kv, shape.n_layers_shared
    );
    println!(
        "width          {}, {} heads of {}, {} for keys and values",
        shape.dim, shape.n_heads, shape.head_dim, shape.n_kv_heads
    );
    println!("vocabulary     {} tokens", shape.vocab_size);
    println!("context        {} tokens", shape.context);
    println!("pictures       {:?} by default", model.default_mode());
    Ok(())
}
