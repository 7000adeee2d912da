//! What each command does, with each picture or by itself.
mod answers;
mod bench;
mod chat;
mod event;
mod info;
pub mod man;
#[cfg(feature = "remote")]
pub mod remote;
#[cfg(feature = "serve")]
pub mod serve;

use crate::many::Job;
use crate::options::{Command, Common, Outputs, Pictures};
use crate::report::{Overlays, Report};
use crate::shown;
use anyhow::{Context, Result};
use foveate::batch::Source;
use foveate::language::Schema;
use foveate::readers::glyph::Rules;
use foveate::{Image, Options, Request, Session};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

/// Most bytes of a schema or of rules: a hundred times the meta-schema of JSON Schema itself.
const MAX_JSON: u64 = 4 << 20;

/// A command, and what it names looked up.
pub struct Work<'a> {
    command: &'a Command,
    job: Option<Job>,
    schema: Value,
    rules: Rules,
    #[cfg(feature = "remote")]
    server: Option<remote::Asked>,
}

impl<'a> Work<'a> {
    /// Looks up what `command` names. The error says what is wrong with its usage.
    pub fn of(command: &'a Command, common: &Common) -> Result<Self, String> {
        let pictures = command.pictures();
        if let Some(misuse) = pictures.and_then(Pictures::misuse) {
            return Err(misuse.into());
        }
        let mut schema = Value::Null;
        match command {
            Command::Read { schema: file, .. } => schema = schema_in(file)?,
            Command::Chat { image } if image.as_path() == Path::new("-") => {
                let why = "chat reads questions from standard input, so the picture is not there";
                return Err(format!("{why}; name its file"));
            }
            _ => {}
        }
        let job = pictures.map(|pictures| Job::new(pictures, common.threads));
        let mut job = job.transpose().map_err(|e| e.to_string())?;
        // Those of a benchmark one by one.
        if matches!(command, Command::Bench { .. }) {
            job = job.map(|job| job.one_by_one(common.threads));
        }
        if let (Some(job), Some(outputs)) = (&mut job, command.outputs()) {
            job.overlays = Overlays::new(outputs.overlay.as_deref(), job.is_single())?;
            let is_text = matches!(command, Command::Ocr { .. }) && !common.json;
            job.is_streamed = is_text && job.is_single();
        }
        Ok(Self {
            command,
            job,
            schema,
            rules: rules(common.rules.as_deref())?,
            #[cfg(feature = "remote")]
            server: match command {
                Command::Ask { server, .. } => server.asked(common)?,
                _ => None,
            },
        })
    }

    /// How the model is to be loaded for it.
    pub fn options(&self, common: &Common) -> Options {
        let plan = self.job.as_ref().map(|job| job.plan);
        Options {
            threads: plan.map_or(common.threads, |plan| plan.threads),
            at_once: plan.map_or(1, |plan| plan.workers),
            mode: common.mode,
            runtime: common.runtime.clone(),
            // Each picture is shown once.
            remembered_images: 0,
            rules: self.rules.clone(),
            view_memory: common.view_memory,
            ..Options::default()
        }
    }

    /// Carries it out; each picture has a conversation of its own that goes on from `start`. How
    /// many failed.
    pub fn run(self, start: &Session, common: &Common) -> Result<usize> {
        let report = self.report(start)?;
        let Some(mut job) = self.job else {
            return match self.command {
                Command::Chat { image } => chat::chat(start, image, common),
                _ => info::info(start.model(), common).map(|()| 0),
            };
        };
        job.report = report;
        #[cfg(feature = "remote")]
        if let (Some(server), Command::Ask { prompt, .. }) = (&self.server, self.command) {
            return job.each(
                |source, seen| server.ask(start, prompt, source, seen, common),
                |()| (),
            );
        }
        match self.command {
            Command::Ask {
                prompt, list: true, ..
            } => job.each(
                |source, seen| answers::ask_list(start, prompt, source, seen, common),
                |()| (),
            ),
            Command::Ask { prompt, .. } => job.each(
                |source, seen| answers::ask(start, prompt, source, seen, common),
                |()| (),
            ),
            Command::Read { max_tokens, .. } => {
                let schema = &self.schema;
                let reader = answers::Reader {
                    schema,
                    max_tokens: *max_tokens,
                };
                job.each(
                    |source, seen| reader.read(start, source, seen, common),
                    |()| (),
                )
            }
            Command::Event { today, .. } => event::events(start, job, *today, common),
            Command::Bench {
                runs, speculation, ..
            } => job.each(
                |source, _| bench::bench(start, *runs, *speculation, source, common),
                |()| (),
            ),
            _ if job.is_streamed => job.each(
                |source, seen| answers::stream_ocr(start, source, seen, common),
                |()| (),
            ),
            _ => job.each(
                |source, seen| answers::ocr(start, source, seen, common),
                |()| (),
            ),
        }
    }
}

impl Work<'_> {
    /// The report that was asked for, begun.
    fn report(&self, start: &Session) -> Result<Option<Report>> {
        let outputs = self.command.outputs();
        let Some(file) = outputs.and_then(|outputs| outputs.report.as_deref()) else {
            return Ok(None);
        };
        let (name, columns) = self.command.columns(&self.schema);
        let title = format!("foveate {name}, {}", start.model().name());
        let report = Report::create(file, &title, columns);
        Ok(Some(report.with_context(|| shown(file))?))
    }
}

impl Command {
    /// Its name, and the names of what it reads off a picture.
    fn columns(&self, schema: &Value) -> (&'static str, Vec<String>) {
        let one = |name: &str| vec![name.to_owned()];
        match self {
            Self::Ask { prompt, .. } => ("ask", one(prompt)),
            Self::Event { .. } => ("event", event::COLUMNS.map(str::to_owned).to_vec()),
            Self::Read { .. } => {
                let fields = schema.get("properties").and_then(Value::as_object);
                let names: Vec<_> = fields.into_iter().flat_map(|f| f.keys().cloned()).collect();
                let is_object = !names.is_empty();
                ("read", if is_object { names } else { one("value") })
            }
            _ => ("ocr", one("text")),
        }
    }

    fn pictures(&self) -> Option<&Pictures> {
        match self {
            Self::Ask { pictures, .. }
            | Self::Read { pictures, .. }
            | Self::Event { pictures, .. }
            | Self::Ocr { pictures, .. }
            | Self::Bench { pictures, .. } => Some(pictures),
            _ => None,
        }
    }

    fn outputs(&self) -> Option<&Outputs> {
        match self {
            Self::Ask { outputs, .. }
            | Self::Read { outputs, .. }
            | Self::Event { outputs, .. }
            | Self::Ocr { outputs, .. } => Some(outputs),
            _ => None,
        }
    }
}

/// The schema in a file, checked.
fn schema_in(file: &Path) -> Result<Value, String> {
    let schema: Value = json_in(file, "a JSON Schema")?;
    Schema::new(&schema).map_err(|e| format!("{}: {e}", shown(file)))?;
    Ok(schema)
}

/// The thresholds of reading that `--rules` names.
pub fn rules(named: Option<&Path>) -> Result<Rules, String> {
    match named {
        None => Ok(Rules::default()),
        Some(off) if off.as_os_str() == "off" => Ok(Rules::off()),
        Some(file) => json_in(file, "a JSON object of rules"),
    }
}

/// What a file of JSON holds; the error names the file and what is `expected` in it.
fn json_in<T: DeserializeOwned>(file: &Path, expected: &str) -> Result<T, String> {
    let named = |why: String| format!("{}: {why}; {expected} is expected", shown(file));
    let mut bytes = Vec::new();
    let opened = File::open(file).map_err(|e| named(e.to_string()))?;
    let read = opened.take(MAX_JSON + 1).read_to_end(&mut bytes);
    read.map_err(|e| named(e.to_string()))?;
    if bytes.len() as u64 > MAX_JSON {
        return Err(named(format!("more than {MAX_JSON} bytes")));
    }
    serde_json::from_slice(&bytes).map_err(|e| named(e.to_string()))
}

/// A picture, read within the limits that were asked for.
fn opened(source: &Source, common: &Common) -> foveate::Result<Image> {
    source.open_within(&common.limits())
}

/// A conversation about a picture, and the request for an answer in the time that is left.
fn with_image(
    start: &Session,
    image: &Image,
    common: &Common,
) -> foveate::Result<(Session, Request)> {
    let began = Instant::now();
    let mut request = common.request();
    let mut session = start.fork();
    session.add_image_with(image, &request)?;
    let left = |limit: Duration| limit.saturating_sub(began.elapsed());
    request.time_limit = request.time_limit.map(left);
    Ok((session, request))
}
