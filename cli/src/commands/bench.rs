//! How long each stage takes, what a second question costs, what drafting is worth, and how
//! fast an adapter is put to use.
use super::answers::notes_of;
use super::opened;
use crate::many::Said;
use crate::options::Common;
use anyhow::{Context, Result, ensure};
use foveate::batch::{Source, printable};
use foveate::{Adapter, ErrorKind, Image, Reading, Request, Session};
use serde_json::json;
use std::time::{Duration, Instant};

/// Asked when the picture's text was read.
const SECOND: &str = "What is the title?";

/// What came of one reading.
struct Run {
    reading: Reading,
    /// From the decoded picture to the first piece of its text.
    first: Duration,
    /// From the second question to the first piece of its answer; `None` where the text filled the
    /// context.
    second: Option<Duration>,
}

/// Reads a picture `runs` times, each time as if for the first; with `speculation` as often without
/// drafting too.
pub fn bench(
    start: &Session,
    runs: usize,
    speculation: bool,
    source: &Source,
    common: &Common,
) -> Result<Said> {
    let image = opened(source, common)?;
    let (mut drafted, mut plain, mut swaps) = (Vec::new(), Vec::new(), Vec::new());
    // By turns, so that whatever else the machine does slows all down.
    for _ in 0..runs.max(1) {
        drafted.push(read(start, &image, true)?);
        if speculation {
            plain.push(read(start, &image, false)?);
        }
        if let Some(adapter) = start.adapter() {
            swaps.push(swap(start, adapter, common)?);
        }
    }
    let mut lines = vec![stages(&drafted), second(&drafted)];
    if speculation {
        lines.push(compared(&drafted, &plain)?);
    }
    if let Some(adapter) = start.adapter() {
        lines.push(swapped(adapter, &swaps));
    }
    let name = source.name();
    let line = |line: &String| format!("{}: {line}\n", printable(&name));
    let out = match common.json {
        true => as_json(&name, &drafted, &notes_of(&image)),
        false => lines.iter().map(line).collect(),
    };
    Ok(Said {
        out,
        ..Said::default()
    })
}

fn read(start: &Session, image: &Image, draft: bool) -> Result<Run> {
    start.model().forget_images();
    let request = Request {
        draft,
        ..Request::default()
    };
    let began = Instant::now();
    let mut session = start.fork();
    session.add_image(image)?;
    let (mut text, mut first) = (String::new(), None);
    let mut stream = session.ocr().with(&request).stream()?;
    for piece in stream.by_ref() {
        first.get_or_insert_with(|| began.elapsed());
        text += &piece?;
    }
    let first = first.unwrap_or_else(|| began.elapsed());
    let (stop, timing, usage) = stream.finish();
    let reading = Reading {
        text,
        lines: session.last_lines(),
        left_out: Vec::new(),
        stop,
        timing,
        usage,
    };
    let began = Instant::now();
    let second = match session.ask(SECOND).with(&request).stream() {
        Ok(mut stream) => {
            stream.next().transpose()?;
            Some(began.elapsed())
        }
        Err(e) if e.kind() == ErrorKind::ContextFull => None,
        Err(e) => return Err(e.into()),
    };
    Ok(Run {
        reading,
        first,
        second,
    })
}

/// Milliseconds, the median over the runs; `None` where there are none.
fn median(times: impl Iterator<Item = Duration>) -> Option<f64> {
    let mut all: Vec<_> = times.collect();
    all.sort();
    Some(all.get(all.len() / 2)?.as_secs_f64() * 1e3)
}

/// The median over the runs, which are at least one.
fn typical(runs: &[Run], of: fn(&Run) -> Duration) -> f64 {
    median(runs.iter().map(of)).unwrap_or_default()
}

/// The medians of the stages as a JSON object, in milliseconds, and how the text ended.
fn as_json(name: &str, runs: &[Run], notes: &[String]) -> String {
    let reading = &runs[0].reading;
    let line = json!({
        "file": name,
        "runs": runs.len(),
        "encode": typical(runs, |r| r.reading.timing.encode),
        "adapter": typical(runs, |r| r.reading.timing.adapter),
        "prefill": typical(runs, |r| r.reading.timing.prefill),
        "decode": typical(runs, |r| r.reading.timing.decode),
        "first": typical(runs, |r| r.first),
        "second": median(runs.iter().filter_map(|r| r.second)),
        "tokens": reading.usage.generated,
        "stop": reading.stop.as_str(),
        "notes": notes,
    });
    format!("{line}\n")
}

fn stages(runs: &[Run]) -> String {
    let usage = runs[0].reading.usage;
    let decode = typical(runs, |r| r.reading.timing.decode);
    let speed = usage.generated as f64 / (decode / 1e3);
    format!(
        "encode {:.0} ms, adapter {:.0} ms, prefill {:.0} ms ({} rows), \
         decode {decode:.0} ms ({} tokens, {speed:.0}/s, {} runs, \
         {} of {} drafted tokens accepted)",
        typical(runs, |r| r.reading.timing.encode),
        typical(runs, |r| r.reading.timing.adapter),
        typical(runs, |r| r.reading.timing.prefill),
        usage.prompt,
        usage.generated,
        usage.runs,
        usage.accepted,
        usage.drafted
    )
}

/// What a second question about the same picture costs, beside the first.
fn second(runs: &[Run]) -> String {
    let first = typical(runs, |r| r.first);
    match median(runs.iter().filter_map(|r| r.second)) {
        Some(second) => format!(
            "second question: first token after {second:.1} ms, {first:.1} ms for the first \
             question: {:.1} times as fast",
            first / second.max(f64::MIN_POSITIVE)
        ),
        None => "second question: the text of the picture left no room for one".into(),
    }
}

/// What drafting was worth; an error where it changed the answer, which it must not.
fn compared(drafted: &[Run], plain: &[Run]) -> Result<String> {
    let (with, without) = (&drafted[0].reading, &plain[0].reading);
    let same = (&with.text, &with.lines) == (&without.text, &without.lines);
    ensure!(same, "drafting changed what is read");
    let (fast, slow) = (with.usage, without.usage);
    let [with, without] = [drafted, plain].map(|runs| typical(runs, |r| r.reading.timing.decode));
    let share = 100.0 * fast.accepted as f64 / fast.drafted.max(1) as f64;
    Ok(format!(
        "drafting: {share:.0}% of {} drafted tokens accepted, {} runs instead of {}, decode \
         {with:.0} ms instead of {without:.0}: {:.2} times as fast, the same answer",
        fast.drafted,
        fast.runs,
        slow.runs,
        without / with.max(f64::MIN_POSITIVE)
    ))
}

/// Time to read an adapter's files, to put it to use where nobody uses it, and where another
/// session does.
fn swap(start: &Session, adapter: &Adapter, common: &Common) -> Result<[Duration; 3]> {
    let mut session = start.fork();
    let began = Instant::now();
    // Another copy of the same: it shares no decoder with the one in use.
    let named = common.adapter.as_deref().context("no adapter is named")?;
    let fresh = crate::adapter(start.model(), named)?;
    let loaded = began.elapsed();
    let mut timed = |adapter: &Adapter| -> Result<Duration> {
        session.set_adapter(None)?;
        let began = Instant::now();
        session.set_adapter(Some(adapter))?;
        Ok(began.elapsed())
    };
    Ok([loaded, timed(&fresh)?, timed(adapter)?])
}

fn swapped(adapter: &Adapter, swaps: &[[Duration; 3]]) -> String {
    let [loaded, alone, shared] =
        [0, 1, 2].map(|i| median(swaps.iter().map(|s| s[i])).unwrap_or_default());
    format!(
        "adapter {} (rank {}): loaded in {loaded:.1} ms, swapped in in {alone:.1} ms, \
         in {shared:.2} ms where another session uses it",
        adapter.name(),
        adapter.lora().rank()
    )
}
