//! What a picture is asked for by, and how it is written for people.
use crate::Error;
use std::borrow::Cow;
use std::path::PathBuf;

/// A name, and where it stands if that is a list: there `-` is not standard input.
pub(super) struct Name {
    pub(super) path: PathBuf,
    pub(super) place: Option<String>,
}

/// The error of a name that stands for no picture; the name is made printable.
pub(super) fn unfound(name: &str, why: impl ToString) -> Error {
    Error::Unfound {
        name: printable(name).into_owned(),
        why: why.to_string(),
    }
}

/// A name as a terminal may be given it: what would move its cursor, colour it, begin a line or
/// turn the direction of writing stands escaped, as in `\u{1b}`. Names of files may hold all of
/// this.
#[must_use]
pub fn printable(name: &str) -> Cow<'_, str> {
    if !name.contains(is_command) {
        return Cow::Borrowed(name);
    }
    let mut text = String::with_capacity(name.len() + 8);
    for c in name.chars() {
        if is_command(c) {
            text.extend(c.escape_default());
        } else {
            text.push(c);
        }
    }
    Cow::Owned(text)
}

/// Control characters, and those that order or separate text without being seen.
fn is_command(c: char) -> bool {
    let unseen = ['\u{200e}', '\u{200f}', '\u{061c}', '\u{feff}'];
    c.is_control()
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || unseen.contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_command_a_terminal() {
        let name = "a\u{1b}[2J\nb\u{9b}c\u{202e}gnp.é";
        assert_eq!(printable(name), r"a\u{1b}[2J\nb\u{9b}c\u{202e}gnp.é");
        assert!(matches!(printable("é b.png"), Cow::Borrowed(_)));
    }
}
