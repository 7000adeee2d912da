//! One question to a model of others: `chat MODEL QUESTION [SCHEMA]`.
//!
//! MODEL is a GGUF file or a Hugging Face folder with a chat template. With SCHEMA, a JSON Schema
//! in a file, the answer is a value of it. Times go to standard error.

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use foveate_language::{
    ChatTemplate, CheckpointDecoder, CheckpointOptions, Context, Generator, Grammars, Sampler,
    Sampling, Schema, Suppress, TextDecoder, TextStream, TokenStream, Tokenizer,
};

type Failure = Box<dyn std::error::Error>;

/// Longest answer, in tokens.
const MOST: usize = 400;

/// Says on standard error what took how long.
fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = work();
    let took = start.elapsed().as_secs_f64() * 1e3;
    eprintln!("{what}: {took:.1} ms");
    done
}

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [model, question, schema @ ..] = &args[..] else {
        return Err("usage: chat MODEL QUESTION [SCHEMA]".into());
    };
    let options = CheckpointOptions::default();
    let decoder = timed("weights", || CheckpointDecoder::open(model, &options))?;
    let tokenizer = timed("tokenizer", || Tokenizer::from_checkpoint(model))?;
    decoder.check_vocabulary(&tokenizer)?;
    let vocab_size = decoder.dims().vocab_size;
    let template = timed("template", || {
        ChatTemplate::from_checkpoint(model)?.template(&tokenizer, vocab_size)
    })?;
    let tokenizer = Arc::new(tokenizer);

    let mut context = Context::new(&decoder);
    context.push_ids(&template.begin)?;
    context.push_ids(&template.asked(&tokenizer, question)?)?;
    let sampler = Sampler::new(Sampling::Greedy);
    let mut generator = Generator::new(&decoder, &mut context, sampler, template.end)
        .processed(Box::new(Suppress(&template.never)))
        .watching_for_loops();
    if let [path, ..] = schema {
        let schema = Schema::new(&serde_json::from_slice(&std::fs::read(path)?)?)?;
        let grammars = timed("grammars", || {
            Grammars::new(tokenizer.clone(), vocab_size, template.end)
        })?;
        let constraint = timed("schema", || grammars.json(&schema, MOST))?;
        generator = generator.constrained(Box::new(constraint));
    }

    let mut text = TextStream::default();
    let mut stream = generator.max_tokens(MOST);
    for token in stream.by_ref() {
        print!("{}", text.push(tokenizer.bytes(token?.id)));
        std::io::stdout().flush()?;
    }
    println!("{}", text.finish());
    let work = stream.work();
    let rate = |n: usize, time: Duration| n as f64 / time.as_secs_f64();
    eprintln!(
        "read: {} rows, {:.1} ms; written: {} tokens, {} of them forced, {:.1} runs a second; {}",
        work.prefill_rows,
        work.prefill.as_secs_f64() * 1e3,
        work.tokens,
        work.forced,
        rate(work.runs.saturating_sub(1), work.decode),
        stream.stop().map_or("no end", |stop| stop.as_str()),
    );
    Ok(())
}
