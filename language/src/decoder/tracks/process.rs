//! Tracks in other processes, over Unix sockets.
//!
//! The socket is the process' standard input and output: there is no path that another user could
//! open, and each side sees at once when the other is gone.
use super::bundle::read_config;
use super::frame::{Answer, Frame, read_answer, write_answer};
use super::link::{Link, Lost};
use super::worker::Worker;
use super::{MOST_CHUNK, TrackCompute, TrackError, TracksConfig, graph_options};
use crate::{Error, Result};
use ndarray::Array2;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// Version of the frames, in a track's first answer.
const FORMAT: usize = 1;

/// Does a track's work: reads frames from `input`, writes an answer to `output` for each, and
/// returns when `input` ends. `threads` compute one operator of a graph; 0 takes as many as
/// there are cores for each track.
///
/// The program of [`TrackPlaces::Processes`](super::TrackPlaces::Processes) calls this with its
/// arguments `DIR TRACK THREADS`, its standard input and its standard output.
///
/// # Errors
/// A bundle that cannot be opened (the decoder is told as well); a broken stream.
pub fn serve_track(
    dir: impl AsRef<Path>,
    track: usize,
    threads: usize,
    mut input: impl Read,
    mut output: impl Write,
) -> Result<()> {
    let (mut worker, config) = match open(dir.as_ref(), track, threads) {
        Ok(opened) => opened,
        Err(error) => {
            write_answer(Err(&error.to_string()), 1, &mut output).map_err(|e| broken(&e))?;
            return Err(error.into());
        }
    };
    let hello = Answer {
        rows: Array2::zeros((0, config.dim)),
        bytes: FORMAT,
    };
    write_answer(Ok(&hello), config.dim, &mut output).map_err(|e| broken(&e))?;
    let size = [MOST_CHUNK, config.dim];
    while let Some(frame) = Frame::read(&mut input, size).map_err(|e| broken(&e))? {
        let answer = worker.answer(&frame);
        let answer = answer.as_ref().map_err(String::as_str);
        write_answer(answer, config.dim, &mut output).map_err(|e| broken(&e))?;
    }
    Ok(())
}

fn open(
    dir: &Path,
    track: usize,
    threads: usize,
) -> std::result::Result<(Worker, TracksConfig), TrackError> {
    let config = read_config(dir)?;
    let options = graph_options(threads, config.n_tracks);
    let worker = Worker::open(dir, &config, track, &options, TrackCompute::Auto)?;
    Ok((worker, config))
}

fn broken(error: &io::Error) -> Error {
    Error::decoder(format!("the way to the decoder: {error}"))
}

/// A track in a process of its own.
pub(super) struct ProcessLink {
    child: Child,
    socket: UnixStream,
    dim: usize,
}

impl ProcessLink {
    /// Starts `program` and waits until its graphs are open.
    pub fn start(
        program: &Path,
        dir: &Path,
        config: &TracksConfig,
        track: usize,
        threads: usize,
        stall: Duration,
    ) -> std::result::Result<Self, TrackError> {
        let failed = |what: String| TrackError::Failed { track, what };
        let mut link = Self::spawn(program, dir, config, track, threads, stall)
            .map_err(|e| failed(format!("{} could not be started: {e}", program.display())))?;
        match link.receive() {
            Ok(Ok(hello)) if hello.bytes == FORMAT => Ok(link),
            Ok(Ok(hello)) => Err(failed(format!(
                "its frames are of version {}, {FORMAT} is expected: {} is of another release",
                hello.bytes,
                program.display()
            ))),
            Ok(Err(what)) => Err(failed(what)),
            Err(lost) => Err(lost.of(track, stall)),
        }
    }

    fn spawn(
        program: &Path,
        dir: &Path,
        config: &TracksConfig,
        track: usize,
        threads: usize,
        stall: Duration,
    ) -> io::Result<Self> {
        let (socket, theirs) = UnixStream::pair()?;
        socket.set_read_timeout(Some(stall))?;
        socket.set_write_timeout(Some(stall))?;
        let input = OwnedFd::from(theirs.try_clone()?);
        let output = OwnedFd::from(theirs);
        let child = Command::new(program)
            .arg(dir)
            .args([track.to_string(), threads.to_string()])
            .stdin(Stdio::from(input))
            .stdout(Stdio::from(output))
            .spawn()?;
        Ok(Self {
            child,
            socket,
            dim: config.dim,
        })
    }

    /// What became of a process whose socket broke.
    fn lost(&mut self, error: &io::Error) -> Lost {
        if matches!(
            error.kind(),
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
        ) {
            return Lost::Stalled;
        }
        Lost::Died(match self.child.try_wait() {
            Ok(Some(status)) => format!("process {}: {status}", self.child.id()),
            _ => format!("process {}: {error}", self.child.id()),
        })
    }
}

impl Link for ProcessLink {
    fn send(&mut self, frame: &Arc<Frame>) -> std::result::Result<(), Lost> {
        frame.write(&mut self.socket).map_err(|e| self.lost(&e))
    }

    fn receive(&mut self) -> std::result::Result<std::result::Result<Answer, String>, Lost> {
        match read_answer(&mut self.socket, [MOST_CHUNK, self.dim]) {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(self.lost(&io::ErrorKind::UnexpectedEof.into())),
            Err(e) => Err(self.lost(&e)),
        }
    }

    fn process(&self) -> Option<u32> {
        Some(self.child.id())
    }
}

impl Drop for ProcessLink {
    fn drop(&mut self) {
        // Nothing is kept there that the end could spoil; either call fails only if it is gone.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
