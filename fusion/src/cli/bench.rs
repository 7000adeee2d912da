//! How long each stage takes, and what guessing ahead is worth.
use super::many::Said;
use anyhow::{Result, ensure};
use foveate::batch::Source;
use foveate::{Image, Model, Reading, Request, Timing};
use std::time::Duration;

/// Reads a picture `runs` times, each time as if for the first; with `speculation` as often without guesses too.
pub fn bench(model: &Model, runs: usize, speculation: bool, source: &Source) -> Result<Said> {
    let image = source.open()?;
    let (mut guessed, mut plain) = (Vec::new(), Vec::new());
    // By turns, so that whatever else the machine does slows both down.
    for _ in 0..runs.max(1) {
        guessed.push(read(model, &image, true)?);
        if speculation {
            plain.push(read(model, &image, false)?);
        }
    }
    let mut out = format!("{}: {}\n", source.name(), stages(&guessed));
    if speculation {
        out += &format!("{}: {}\n", source.name(), compared(&guessed, &plain)?);
    }
    Ok(Said {
        out,
        ..Said::default()
    })
}

fn read(model: &Model, image: &Image, draft: bool) -> Result<Reading> {
    model.forget_images();
    let request = Request {
        draft,
        ..Request::default()
    };
    Ok(model.look_at(image)?.ocr_with(&request)?)
}

/// Milliseconds, the median over the runs.
fn median(readings: &[Reading], of: fn(&Timing) -> Duration) -> f64 {
    let mut all: Vec<_> = readings.iter().map(|r| of(&r.timing)).collect();
    all.sort();
    all[all.len() / 2].as_secs_f64() * 1e3
}

fn stages(readings: &[Reading]) -> String {
    let usage = readings[0].usage;
    let decode = median(readings, |t| t.decode);
    let speed = usage.generated as f64 / (decode / 1e3);
    format!(
        "encode {:.0} ms, adapter {:.0} ms, prefill {:.0} ms ({} rows), decode {decode:.0} ms ({} tokens, {speed:.0}/s, {} runs, {} of {} guesses right)",
        median(readings, |t| t.encode),
        median(readings, |t| t.adapter),
        median(readings, |t| t.prefill),
        usage.prompt,
        usage.generated,
        usage.runs,
        usage.accepted,
        usage.drafted
    )
}

/// What the guesses were worth; an error where they changed the answer, which they must not.
fn compared(guessed: &[Reading], plain: &[Reading]) -> Result<String> {
    let same = (&guessed[0].text, &guessed[0].lines) == (&plain[0].text, &plain[0].lines);
    ensure!(same, "guessing ahead changed what is read");
    let (fast, slow) = (guessed[0].usage, plain[0].usage);
    let (with, without) = (median(guessed, |t| t.decode), median(plain, |t| t.decode));
    let share = 100.0 * fast.accepted as f64 / fast.drafted.max(1) as f64;
    Ok(format!(
        "guessing ahead: {share:.0}% of {} guesses right, {} runs instead of {}, decode {with:.0} ms instead of {without:.0}: {:.2} times as fast, the same answer",
        fast.drafted,
        fast.runs,
        slow.runs,
        without / with.max(f64::MIN_POSITIVE)
    ))
}
