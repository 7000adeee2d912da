//! Token ids of lines: `checkpoint_ids MODEL < lines`, a line of ids for each line of text, which
//! is a JSON string and begins a conversation.

use std::io::{self, BufRead, Write};

use foveate_language::Tokenizer;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let path = std::env::args()
        .nth(1)
        .ok_or("usage: checkpoint_ids MODEL")?;
    let tokenizer = Tokenizer::from_checkpoint(path)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let text: String = serde_json::from_str(&line?)?;
        let ids: Vec<String> = tokenizer
            .encode_beginning(&text)?
            .iter()
            .map(u32::to_string)
            .collect();
        writeln!(out, "{}", ids.join(" "))?;
    }
    Ok(())
}
