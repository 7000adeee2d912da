//! The command line of foveate. The binary `foveate` calls [`run`]; the repository's examples call
//! [`run_from`], so that they do what the command does.
//!
//! Exit codes: 0, every picture was answered; 1, some were not, or the answer went round in
//! circles, filled the context or took longer than `--timeout` (each is named on standard error,
//! the others are answered all the same); 2, wrong usage; 3, the model or its adapter cannot be
//! loaded. Whoever closes the output early gets the code of what was answered until then. Ctrl-C
//! ends the command at once and without a word, as a signal does (130 in a shell).
#![forbid(unsafe_code)]

mod commands;
mod examples;
mod many;
mod options;
mod report;
mod terminal;

use anyhow::Result;
use clap::{CommandFactory, Parser};
use foveate::batch::printable;
use foveate::bundle::Bundle;
use foveate::{Adapter, Model, Options, Session};
use options::{Cli, Command, Common};
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

/// The exit code of wrong usage.
const USAGE: u8 = 2;
/// The exit code of a model that cannot be loaded.
const NO_MODEL: u8 = 3;

/// Carries out the command line of this process.
#[must_use]
pub fn run() -> ExitCode {
    run_from(std::env::args_os())
}

/// Carries out a command line, of which the first argument is the program's name.
#[must_use]
pub fn run_from(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let Cli { command, common } = Cli::parse_from(arguments);
    let outcome = match &command {
        Command::Completions { shell } => completions(*shell).map(|()| 0),
        Command::Man { folder } => commands::man::man(folder.as_deref()).map(|()| 0),
        #[cfg(feature = "serve")]
        Command::Serve(arguments) => commands::serve::serve(arguments, &common),
        command => carry_out(command, &common),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        // Whoever read the output wants no more of it.
        Err(e) if terminal::is_closed_pipe(&e) => ExitCode::SUCCESS,
        Err(e) => {
            terminal::say(format!("{e:#}"));
            ExitCode::from(1)
        }
    }
}

fn completions(shell: clap_complete::Shell) -> Result<()> {
    // Written at once: the generator panics where it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "foveate", &mut script);
    Ok(terminal::print(&String::from_utf8_lossy(&script))?)
}

fn carry_out(command: &Command, common: &Common) -> Result<u8> {
    let work = match commands::Work::of(command, common) {
        Ok(work) => work,
        Err(misuse) => return Ok(misused(&misuse)),
    };
    let began = Instant::now();
    let wait = terminal::waiting(&format!("loading {}", common.model.display()));
    let start = begun(common, &work.options(common));
    wait.finish_and_clear();
    let start = match start {
        Ok(start) => start,
        Err(e) => {
            terminal::say(e);
            return Ok(NO_MODEL);
        }
    };
    if common.timing {
        terminal::say(format!(
            "load {:.0} ms",
            began.elapsed().as_secs_f64() * 1e3
        ));
    }
    let failed = work.run(&start, common);
    // The process ends: the system takes the memory back in a fraction of the time.
    std::mem::forget(start);
    Ok(u8::from(failed? > 0))
}

/// Says what is wrong with the usage; the exit code.
fn misused(misuse: &str) -> u8 {
    terminal::say(format!(
        "error: {misuse}\n\nFor more information, try '--help'."
    ));
    USAGE
}

/// A conversation about nothing yet, with the adapter that was asked for.
fn begun(common: &Common, options: &Options) -> foveate::Result<Session> {
    let model = Model::load_with(&common.model, options)?;
    let adapter = common.adapter.as_deref().map(|name| adapter(&model, name));
    let mut start = model.session()?;
    start.set_adapter(adapter.transpose()?.as_ref())?;
    Ok(start)
}

/// An adapter by its name or, as models are, by its path.
fn adapter(model: &Model, name: &Path) -> foveate::Result<Adapter> {
    match name.to_str() {
        Some(name) if !Bundle::is_path(Path::new(name)) => model.adapter(name),
        _ => Adapter::load(name),
    }
}

/// A path for messages.
fn shown(path: &Path) -> String {
    printable(&path.display().to_string()).into_owned()
}
