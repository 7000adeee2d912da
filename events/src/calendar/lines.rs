//! Lines of iCalendar: escaped, folded, ended as RFC 5545 has it.
//!
//! Written here and not by the crate `icalendar` (0.17): that puts DTSTAMP and UID into every
//! component, which makes a VTIMEZONE invalid, and leaves control characters in place.
use std::fmt::Write;

/// The longest line in bytes, without its end (RFC 5545, 3.1).
const LONGEST: usize = 75;

/// Lines of iCalendar.
#[derive(Debug, Default)]
pub(super) struct Lines(String);

impl Lines {
    /// A line of a name with its parameters, and a value that is written as it is.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        let line = format!("{name}:{value}");
        let mut room = LONGEST;
        for c in line.chars() {
            if c.len_utf8() > room {
                self.0.push_str("\r\n ");
                room = LONGEST - 1;
            }
            self.0.push(c);
            room -= c.len_utf8();
        }
        self.0.push_str("\r\n");
    }

    /// A line whose value is text for people.
    pub(super) fn add_text(&mut self, name: &str, text: &str) {
        self.add(name, &escaped(text));
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// Text as a value of iCalendar: control characters are left out (RFC 5545 allows none but tabs),
/// ends of lines of every kind become `\n`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.trim().chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' | ';' | ',' => {
                out.push('\\');
                out.push(c);
            }
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push_str("\\n"),
            '\t' => out.push(' '),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// `+0530`.
pub(super) fn offset(minutes: i16) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
    let mut out = String::new();
    let _ = write!(out, "{sign}{hours:02}{rest:02}");
    out
}
