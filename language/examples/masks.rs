//! What a constraint costs with a vocabulary: `masks MODEL SCHEMA ANSWER`.
//!
//! SCHEMA and ANSWER are JSON in files; the answer, a value of the schema, is written token by
//! token. Prints the milliseconds of setting up, and of a token: mean, and the longest; of
//! processor time on Linux, which other work on the machine disturbs less than the clock. A schema
//! is compiled by a thread of its own, so that its time is the clock's.

use std::sync::Arc;
use std::time::Instant;

use foveate_language::{
    ChatTemplate, CheckpointDecoder, CheckpointOptions, Constraint, Grammars, Schema, TextDecoder,
    Tokenizer,
};
use serde_json::Value;

type Failure = Box<dyn std::error::Error>;

/// Milliseconds that this thread has run, or of the clock.
fn processor(begin: Instant) -> f64 {
    let counted = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let first = counted
        .split(' ')
        .next()
        .and_then(|n| n.parse::<f64>().ok());
    first.map_or(begin.elapsed().as_secs_f64() * 1e3, |ns| ns / 1e6)
}

struct Times {
    clock: bool,
    begin: Instant,
    all: Vec<f64>,
}

impl Times {
    fn new(clock: bool) -> Self {
        let begin = Instant::now();
        let all = Vec::new();
        Self { clock, begin, all }
    }

    fn now(&self) -> f64 {
        match self.clock {
            true => self.begin.elapsed().as_secs_f64() * 1e3,
            false => processor(self.begin),
        }
    }

    fn of<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let start = self.now();
        let done = work();
        self.all.push(self.now() - start);
        done
    }

    fn show(&self, what: &str) {
        let (n, sum) = (self.all.len(), self.all.iter().sum::<f64>());
        let most = self.all.iter().copied().fold(0.0, f64::max);
        println!(
            "{what}: {n} times, mean {:.2} ms, longest {most:.2} ms",
            sum / n as f64
        );
    }
}

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [model, schema, answer] = &args[..] else {
        return Err("usage: masks MODEL SCHEMA ANSWER".into());
    };
    let json = |path: &String| -> Result<Value, Failure> {
        Ok(serde_json::from_slice(&std::fs::read(path)?)?)
    };
    let (mut opening, mut compiling) = (Times::new(false), Times::new(true));
    let (mut masks, mut commits) = (Times::new(false), Times::new(false));
    let decoder = CheckpointDecoder::open(model, &CheckpointOptions::default())?;
    let vocab_size = decoder.dims().vocab_size;
    let tokenizer = Arc::new(Tokenizer::from_checkpoint(model)?);
    let template = ChatTemplate::from_checkpoint(model)?.template(&tokenizer, vocab_size)?;
    let grammars = opening.of(|| Grammars::new(tokenizer.clone(), vocab_size, template.end))?;
    let schema = Schema::new(&json(schema)?)?;
    let text = json(answer)?.to_string();
    for _ in 0..5 {
        let mut constraint = compiling.of(|| grammars.json(&schema, 1000))?;
        let mut written = tokenizer.decode(&constraint.start()?);
        let mut logits = vec![0.0; vocab_size];
        while !constraint.is_done() && text.starts_with(&written) && text != written {
            logits.fill(0.0);
            masks.of(|| constraint.mask(&mut logits))?;
            let next = tokenizer.encode(&text[written.len()..])?;
            let allowed = |id: &u32| logits[*id as usize] > f32::NEG_INFINITY;
            let token = next.first().copied().filter(allowed);
            // Where the longest token runs over what is allowed, a byte alone.
            let token = token.unwrap_or(tokenizer.byte(text.as_bytes()[written.len()]));
            let commit = commits.of(|| constraint.commit(token))?;
            if commit.taken {
                written += &tokenizer.decode(&[token]);
            }
            written += &tokenizer.decode(&commit.forced);
        }
        if written != text {
            return Err(format!("written {written}, expected {text}").into());
        }
    }
    opening.show("Grammars::new");
    compiling.show("Grammars::json");
    masks.show("mask");
    commits.show("commit");
    Ok(())
}
