//! A track of a server decoder in a process of its own: `foveate-track DIR TRACK THREADS`, started
//! by `TrackDecoder` with a socket as standard input and output.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            eprintln!("foveate-track: {what}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(unix)]
fn run() -> Result<(), String> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let number = |at: usize| {
        arguments
            .get(at)
            .and_then(|text| text.to_str()?.parse().ok())
    };
    let (Some(dir), Some(track), Some(threads)) = (arguments.first(), number(1), number(2)) else {
        return Err("DIR TRACK THREADS are expected, and a socket as standard input".to_owned());
    };
    foveate_language::serve_track(dir, track, threads, std::io::stdin(), std::io::stdout())
        .map_err(|error| error.to_string())
}

#[cfg(not(unix))]
fn run() -> Result<(), String> {
    Err("tracks in processes need Unix sockets".to_owned())
}
