//! What goes to standard output and to standard error. Neither panics where nobody reads it.
use foveate::batch::printable;
use indicatif::{ProgressBar, ProgressStyle};
use std::fmt::Display;
use std::io::{ErrorKind, IsTerminal, Result, Write, stderr, stdout};
use std::time::Duration;

/// Time between two steps of a spinner: indicatif's own examples have it so.
const TICK: Duration = Duration::from_millis(100);

/// Writes to standard output at once.
pub fn print(text: &str) -> Result<()> {
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Writes a line to standard error. Where nobody reads it there is nobody to be told.
pub fn say(line: impl Display) {
    let _ = writeln!(stderr().lock(), "{}", harmless(&line.to_string()));
}

/// Says what is waited for, on a terminal alone, until it is told to finish.
pub fn waiting(what: &str) -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let mut bar = ProgressBar::new_spinner().with_message(harmless(what));
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar = bar.with_style(style);
    }
    // Once at once: what is quick is seen, too.
    bar.tick();
    bar.enable_steady_tick(TICK);
    bar
}

/// A text without characters that command a terminal: only line ends and tabs are left. Names of
/// files, prompts and what a model writes may hold any.
pub fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for piece in text.split_inclusive(['\n', '\t']) {
        let end = piece.len() - usize::from(piece.ends_with(['\n', '\t']));
        shown += &printable(&piece[..end]);
        shown += &piece[end..];
    }
    shown
}

/// Whether an error is that whoever read the output wants no more of it.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let of = |e: &std::io::Error| e.kind() == ErrorKind::BrokenPipe;
    error.downcast_ref().is_some_and(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_line_ends_and_tabs_are_left_of_what_commands_a_terminal() {
        let text = "a\tb\n\u{1b}[31mred\r\n\nend";
        assert_eq!(harmless(text), "a\tb\n\\u{1b}[31mred\\r\n\nend");
        assert_eq!(harmless("plain\n"), "plain\n");
    }
}
