//! The server.
use crate::options::Common;
use crate::terminal::{say, waiting};
use crate::{NO_MODEL, misused, shown};
use anyhow::Result;
use clap::Args;
use foveate::batch::Plan;
use foveate::{Model, Options};
use foveate_serve::Server;
use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Names the token where no file does.
const TOKEN: &str = "FOVEATE_TOKEN";
/// Most bytes of a file that holds a token.
const MAX_TOKEN: u64 = 4096;
/// Most seconds of an option: a day.
const MAX_SECONDS: u64 = 24 * 60 * 60;
/// Most of anything that is counted: more than any machine carries.
const MAX_COUNT: u64 = 100_000;

const HELP: &str = "\
Examples:
  foveate serve
  foveate --model base serve --workers 2
  FOVEATE_TOKEN=... foveate serve --listen 0.0.0.0:8080

  curl -F image=@flyer.png -H 'Accept: text/calendar' http://127.0.0.1:8080/v1/events

Any address but a loopback one needs a token: --token-file, or FOVEATE_TOKEN in the environment. \
Requests name it as 'Authorization: Bearer TOKEN'. Nothing of a request is logged. SIGTERM and \
Ctrl-C end the server in order; a second one ends it at once.
Exit codes: 0 it was ended; 1 the address is taken; 2 wrong usage; 3 the model cannot be loaded.";

/// What can be said of the server.
#[derive(Args)]
#[command(after_help = HELP)]
pub struct Arguments {
    /// Where to listen; port 0 is any free one.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    /// A file that holds the token.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Requests answered at once; the cores are shared among them.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1024))]
    workers: u64,
    /// Requests that may wait; others are refused with 429.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=MAX_COUNT))]
    queue: u64,
    /// Longest time from a request to the end of its answer; what is late is refused with 408.
    #[arg(long, default_value_t = 60, value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=MAX_SECONDS))]
    deadline: u64,
    /// Most bytes of a request; larger ones are refused with 413.
    #[arg(long, default_value_t = 32 << 20, value_name = "N",
        value_parser = clap::value_parser!(u64).range(1..=1 << 30))]
    max_body: u64,
    /// Connections at once; others wait.
    #[arg(long, default_value_t = 512, value_name = "N",
        value_parser = clap::value_parser!(u64).range(1..=MAX_COUNT))]
    connections: u64,
    /// Pictures whose image tokens are kept in memory, for further questions.
    #[arg(long, default_value_t = 16, value_name = "N",
        value_parser = clap::value_parser!(u64).range(0..=MAX_COUNT))]
    remember: u64,
    /// Time that requests in hand have to end once the server is to stop.
    #[arg(long, default_value_t = 10, value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(0..=MAX_SECONDS))]
    grace: u64,
}

/// Serves until it is told to stop. The exit code.
pub fn serve(arguments: &Arguments, common: &Common) -> Result<u8> {
    let options = match server_options(arguments, common) {
        Ok(options) => options,
        Err(misuse) => return Ok(misused(&misuse)),
    };
    let rules = match super::rules(common.rules.as_deref()) {
        Ok(rules) => rules,
        Err(misuse) => return Ok(misused(&misuse)),
    };
    let wait = waiting(&format!("loading {}", common.model.display()));
    let model = Model::load_with(&common.model, &model_options(arguments, common, rules));
    wait.finish_and_clear();
    let model = match model {
        Ok(model) => model,
        Err(e) => {
            say(e);
            return Ok(NO_MODEL);
        }
    };
    let name = model.name().to_owned();
    let server = match Server::bind(model, options) {
        Err(e @ (foveate_serve::Error::NoToken(_) | foveate_serve::Error::BadToken)) => {
            return Ok(misused(&e.to_string()));
        }
        server => server?,
    };
    say(format!("{name} is served at http://{}", server.address()?));
    server.run()?;
    Ok(0)
}

fn server_options(
    arguments: &Arguments,
    common: &Common,
) -> Result<foveate_serve::Options, String> {
    if common.adapter.is_some() {
        return Err("serve takes no --adapter".into());
    }
    if common.timeout.is_some() {
        return Err("serve takes no --timeout; --deadline is its limit".into());
    }
    let usual = foveate_serve::Options::default();
    let seconds = Duration::from_secs;
    Ok(foveate_serve::Options {
        address: arguments.listen,
        token: token(arguments.token_file.as_deref())?,
        workers: count(arguments.workers),
        queue: count(arguments.queue),
        deadline: seconds(arguments.deadline),
        max_body: count(arguments.max_body),
        max_bodies: usual.max_bodies.max(2 * count(arguments.max_body)),
        limits: common.limits(),
        connections: count(arguments.connections),
        grace: seconds(arguments.grace),
        ..usual
    })
}

fn model_options(
    arguments: &Arguments,
    common: &Common,
    rules: foveate::readers::glyph::Rules,
) -> Options {
    let workers = count(arguments.workers);
    let threads = match common.threads {
        0 => (Plan::cores() / workers).max(1),
        threads => threads,
    };
    Options {
        threads,
        at_once: workers,
        mode: common.mode,
        runtime: common.runtime.clone(),
        remembered_images: count(arguments.remember),
        rules,
        view_memory: common.view_memory,
        ..Options::default()
    }
}

/// A number whose range was checked.
fn count(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The token in a file or, without one, in the environment. Space around it does not count.
fn token(file: Option<&Path>) -> Result<Option<String>, String> {
    let Some(file) = file else {
        return match std::env::var(TOKEN) {
            Ok(token) => Ok(Some(token.trim().to_owned())),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(e) => Err(format!("{TOKEN}: {e}")),
        };
    };
    let named = |why: String| format!("{}: {why}; a token is expected", shown(file));
    let mut token = String::new();
    let opened = File::open(file).map_err(|e| named(e.to_string()))?;
    let read = opened.take(MAX_TOKEN + 1).read_to_string(&mut token);
    read.map_err(|e| named(e.to_string()))?;
    if token.len() as u64 > MAX_TOKEN {
        return Err(named(format!("more than {MAX_TOKEN} bytes")));
    }
    Ok(Some(token.trim().to_owned()))
}
