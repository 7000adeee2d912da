//! Chat templates of published models: Jinja programs that write a conversation, reduced to the
//! tokens around its turns.
//!
//! ```text
//! rendered with placeholders      begin question [Q1] answer [A1] end question [Q2] answer
//! each part between, tokenized    control tokens are allowed there, and nowhere else
//! ```
//! The program runs once, when a model is opened, and never sees a user's text: what a user or a
//! document says is encoded by itself, without control tokens ([`Template::asked`]).
mod source;

use crate::{Error, Result, Template, TokenId, Tokenizer};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, Value, context};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Longest template, in bytes; the longest published one known to us (tools, images and code
/// execution) has some 20,000.
const MAX_SOURCE: usize = 256 << 10;
/// Longest output, in bytes: what a template writes around two questions is a few hundred, with
/// instructions some thousand.
const MAX_OUTPUT: usize = 64 << 10;
/// What a template may do, in steps of minijinja or pieces of 64 bytes that it makes. SmolLM2's
/// takes some 100, the longest published ones some thousand; 200,000 end within a tenth of a
/// second.
const FUEL: u64 = 200_000;

/// Stand where a conversation's texts would. Letters alone: templates trim, and search for marks.
const FIRST: &str = "FoveateFirstQuestion";
const SAID: &str = "FoveateFirstAnswer";
const SECOND: &str = "FoveateSecondQuestion";

/// A model's chat template, and the control tokens that it may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatTemplate {
    source: String,
    bos: String,
    eos: String,
    /// Whether a conversation begins with `bos` where the template does not write it.
    add_bos: bool,
}

impl ChatTemplate {
    /// A template of its source, and the text of `bos_token` and `eos_token`; empty where a model
    /// has none.
    ///
    /// # Errors
    /// A source of more than 256 KiB. Whether it can be run is found by
    /// [`ChatTemplate::template`].
    pub fn new(source: &str, bos: &str, eos: &str) -> Result<Self> {
        if source.len() > MAX_SOURCE {
            let n = source.len();
            return Err(refused(format!(
                "it has {n} bytes, at most {MAX_SOURCE} are read"
            )));
        }
        Ok(Self {
            source: source.to_owned(),
            bos: bos.to_owned(),
            eos: eos.to_owned(),
            add_bos: false,
        })
    }

    /// The template of a checkpoint: `tokenizer.chat_template` of a GGUF file; of a folder
    /// `chat_template.jinja`, or `chat_template` in `tokenizer_config.json`.
    pub fn from_checkpoint(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let read = match path.is_dir() {
            true => source::folder(path),
            false => source::gguf(path),
        };
        read.map_err(|e| match e {
            Error::Template(what) => refused(format!("{}: {what}", path.display())),
            other => other,
        })
    }

    /// The tokens around the turns, for a decoder with `vocab_size` rows. No system message is
    /// given; one that the template brings itself is part of the beginning.
    ///
    /// Between an answer and the next question some templates write more than before the first one
    /// (a line end behind the end token). Tokens that stand in one of the two places alone are
    /// kept for the first question and left out later.
    ///
    /// # Errors
    /// A template that fails, takes too long, writes too much or not what it was given; an answer
    /// that no control token ends.
    pub fn template(&self, tokenizer: &Tokenizer, vocab_size: usize) -> Result<Template> {
        let [first, answer] = parts(&self.render(&[FIRST])?, [FIRST])?;
        let [again, _, between, last] =
            parts(&self.render(&[FIRST, SAID, SECOND])?, [FIRST, SAID, SECOND])?;
        if (&first, &answer) != (&again, &last) {
            return Err(refused(format!(
                "it writes {first:?} and {answer:?} around one question, {again:?} and {last:?} \
                 around two; the same is expected"
            )));
        }
        let encode = |part: &str, begins| tokenizer.encode_with_specials(part, begins);
        let (mut before, between) = (encode(&first, true)?, encode(&between, false)?);
        let bos = tokenizer.special(&self.bos).filter(|_| self.add_bos);
        if let Some(bos) = bos.filter(|bos| before.first() != Some(bos)) {
            before.insert(0, bos);
        }
        let special = |id: &TokenId| tokenizer.special_name(*id).is_some();
        let Some(at) = between.iter().position(special) else {
            return Err(refused(
                "no control token ends an answer, so that its end could not be told from text; \
                 take a model that was taught conversations (often named Instruct or Chat)",
            ));
        };
        let (end, next) = (between[at], &between[at + 1..]);
        let pairs = before.iter().rev().zip(next.iter().rev());
        let shared = pairs.take_while(|(a, b)| a == b).count();
        let question = before.split_off(before.len() - shared);
        Ok(Template {
            begin: before,
            question,
            answer: encode(&answer, false)?,
            end,
            never: Template::never(tokenizer, end, vocab_size),
        })
    }

    /// What the template writes of a conversation in which user and assistant take turns, with the
    /// beginning of the next answer.
    fn render(&self, turns: &[&str]) -> Result<String> {
        // A panic in the engine is an error of the template.
        let rendered = catch_unwind(AssertUnwindSafe(|| self.run(turns)));
        let rendered = rendered.map_err(|_| refused("the template engine gave up on it"))?;
        let text = rendered.map_err(|e| refused(explained(&e)))?;
        if text.len() > MAX_OUTPUT {
            let n = text.len();
            return Err(refused(format!(
                "it writes {n} bytes around a question, at most {MAX_OUTPUT} are taken"
            )));
        }
        Ok(text)
    }

    fn run(&self, turns: &[&str]) -> Result<String, minijinja::Error> {
        let env = environment();
        let template = env.template_from_str(&self.source)?;
        let roles = ["user", "assistant"].into_iter().cycle();
        let messages = turns.iter().zip(roles);
        let message = |(text, role): (&&str, &str)| context! { role => role, content => *text };
        // What `transformers` gives, without its clock. Models that think first are asked not to.
        template.render(context! {
            messages => messages.map(message).collect::<Vec<_>>(),
            add_generation_prompt => true,
            bos_token => self.bos.as_str(),
            eos_token => self.eos.as_str(),
            tools => (),
            documents => (),
            enable_thinking => false,
        })
    }
}

/// Jinja as `transformers` sets it up, with what Python's strings and dictionaries can do.
fn environment() -> Environment<'static> {
    let mut env = Environment::new();
    let mut syntax = SyntaxConfig::builder();
    let syntax = syntax.trim_blocks(true).lstrip_blocks(true).build();
    env.set_syntax(syntax.unwrap_or_default());
    env.set_fuel(Some(FUEL));
    env.set_recursion_limit(100);
    env.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    env.add_function("raise_exception", |what: String| {
        Err::<Value, _>(minijinja::Error::new(ErrorKind::InvalidOperation, what))
    });
    env
}

/// What a template got wrong, and where.
fn explained(e: &minijinja::Error) -> String {
    let line = e.line().map_or(String::new(), |n| format!(" in line {n}"));
    match e.kind() {
        ErrorKind::OutOfFuel => format!("it takes more than {FUEL} steps{line}"),
        kind => format!("{kind}{line}: {}", e.detail().unwrap_or("no more is known")),
    }
}

/// The text before, between and behind the placeholders, each of which stands there once.
fn parts<const N: usize, const M: usize>(text: &str, marks: [&str; N]) -> Result<[String; M]> {
    let (mut rest, mut parts) = (text, Vec::with_capacity(M));
    for mark in marks {
        let found = rest
            .split_once(mark)
            .filter(|_| text.matches(mark).count() == 1);
        let (before, behind) = found.ok_or_else(|| {
            refused("it does not write every message once, in order and unchanged")
        })?;
        parts.push(before.to_owned());
        rest = behind;
    }
    parts.push(rest.to_owned());
    parts.try_into().map_err(|_| refused("parts are missing"))
}

fn refused(what: impl Into<String>) -> Error {
    Error::Template(what.into())
}

#[cfg(test)]
mod tests;
