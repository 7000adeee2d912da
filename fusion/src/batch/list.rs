//! Lists of names, read no further than the pictures are asked for.
use super::name::{Name, unfound};
use crate::{Error, Result};
use std::ffi::OsString;
use std::io::{BufRead, Read};

/// Longest name in a list: 16 times the longest path of Linux (`PATH_MAX`), and twice that of
/// Windows in UTF-8. What goes on for longer is no list of names.
const MAX_NAME: usize = 64 << 10;
/// Most empty names in a row: `/dev/zero` is a list of nothing else.
const MAX_EMPTY: usize = 64 << 10;
/// What may stand at the beginning of a text in UTF-8.
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";
/// What stands at the beginning of a text in UTF-16, in either order.
const UTF16_MARKS: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// What ends the names of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ends {
    /// Line ends, `\n` or `\r\n`.
    #[default]
    Lines,
    /// Zero bytes, as `find -print0` writes them.
    Zeros,
}

impl Ends {
    fn byte(self) -> u8 {
        match self {
            Self::Lines => b'\n',
            Self::Zeros => 0,
        }
    }

    fn what(self) -> &'static str {
        match self {
            Self::Lines => "line",
            Self::Zeros => "name",
        }
    }
}

/// The names of a list, in their order.
pub(super) struct List<R> {
    /// What errors call it.
    name: String,
    bytes: R,
    ends: Ends,
    /// Names read, empty ones included.
    count: usize,
    /// After an error there is nothing more: the list would go on at any place.
    broken: bool,
}

impl<R: BufRead> List<R> {
    pub(super) fn new(name: String, bytes: R, ends: Ends) -> Self {
        Self {
            name,
            bytes,
            ends,
            count: 0,
            broken: false,
        }
    }

    /// The next name that is not empty; `None` at the end.
    fn name(&mut self) -> Result<Option<Name>> {
        for _ in 0..MAX_EMPTY {
            let Some(bytes) = self.bytes()? else {
                return Ok(None);
            };
            self.count += 1;
            let bytes = self.without_marks(bytes)?;
            if !bytes.is_empty() {
                let place = format!("{} {} of {}", self.ends.what(), self.count, self.name);
                let path = path(bytes).map_err(|why| unfound(&place, why))?;
                return Ok(Some(Name {
                    path: path.into(),
                    place: Some(place),
                }));
            }
        }
        Err(self.refused(format!("{MAX_EMPTY} empty names in a row: this is no list")))
    }

    /// The bytes up to the next end, without it; `None` at the end of the list.
    fn bytes(&mut self) -> Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        let end = self.ends.byte();
        let most = MAX_NAME as u64 + 1;
        let read = (&mut self.bytes).take(most).read_until(end, &mut bytes);
        read.map_err(|e| self.refused(e.to_string()))?;
        if bytes.is_empty() {
            return Ok(None);
        }
        if bytes.last() == Some(&end) {
            bytes.pop();
        }
        if bytes.len() > MAX_NAME {
            let (what, n) = (self.ends.what(), self.count + 1);
            let why = format!(
                "{what} {n} is longer than {MAX_NAME} bytes: a list of names is expected, \
                 a {what} each (with --null: ended by zero bytes)"
            );
            return Err(self.refused(why));
        }
        Ok(Some(bytes))
    }

    /// A name without what editors put around it: a mark at the beginning of the list, a carriage
    /// return at the end of a line.
    fn without_marks(&self, mut bytes: Vec<u8>) -> Result<Vec<u8>> {
        if self.count == 1 {
            if UTF16_MARKS.iter().any(|mark| bytes.starts_with(mark)) {
                let why = "the list is in UTF-16; save it as UTF-8".to_owned();
                return Err(self.refused(why));
            }
            if bytes.starts_with(UTF8_MARK) {
                bytes.drain(..UTF8_MARK.len());
            }
        }
        if self.ends == Ends::Lines && bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        Ok(bytes)
    }

    fn refused(&self, why: String) -> Error {
        unfound(&self.name, why)
    }
}

impl<R: BufRead> Iterator for List<R> {
    type Item = Result<Name>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.broken {
            return None;
        }
        let name = self.name().transpose()?;
        self.broken = name.is_err();
        Some(name)
    }
}

/// A name of a file as the system has it: any bytes on Unix, UTF-8 elsewhere.
#[cfg(unix)]
#[allow(
    clippy::unnecessary_wraps,
    reason = "on other systems a name may not be one"
)]
fn path(bytes: Vec<u8>) -> Result<OsString, String> {
    Ok(std::os::unix::ffi::OsStringExt::from_vec(bytes))
}

/// A name of a file as the system has it: any bytes on Unix, UTF-8 elsewhere.
#[cfg(not(unix))]
fn path(bytes: Vec<u8>) -> Result<OsString, String> {
    String::from_utf8(bytes)
        .map(OsString::from)
        .map_err(|e| format!("{e}; save the list as UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names, or the errors.
    fn names(bytes: &[u8], ends: Ends) -> Vec<String> {
        List::new("list".into(), bytes, ends)
            .map(|name| match name {
                Ok(name) => name.path.to_string_lossy().into_owned(),
                Err(e) => e.to_string(),
            })
            .collect()
    }

    #[test]
    fn line_ends_marks_and_empty_lines_are_no_part_of_names() {
        let list = b"\xef\xbb\xbfa.png\r\n\r\n\nb c.png\n d.png";
        assert_eq!(names(list, Ends::Lines), ["a.png", "b c.png", " d.png"]);
        let list = b"a\nb.png\0\0c\r\0d";
        assert_eq!(names(list, Ends::Zeros), ["a\nb.png", "c\r", "d"]);
        assert_eq!(names(b"", Ends::Lines), [""; 0]);
    }

    #[test]
    fn names_know_their_place() {
        let mut list = List::new("list".into(), b"\na.png\n".as_slice(), Ends::Lines);
        let name = list.next().unwrap().unwrap();
        assert_eq!(name.place.as_deref(), Some("line 2 of list"));
    }

    #[test]
    #[cfg(unix)]
    fn names_are_any_bytes() {
        use std::os::unix::ffi::OsStrExt;
        let mut list = List::new("list".into(), b"a\xff.png\n".as_slice(), Ends::Lines);
        let path = list.next().unwrap().unwrap().path;
        assert_eq!(path.as_os_str().as_bytes(), b"a\xff.png");
    }

    #[test]
    fn what_is_no_list_is_one_error_soon() {
        let endless = |byte| std::io::BufReader::new(std::io::repeat(byte));
        for (byte, ends, told) in [
            (0, Ends::Lines, "longer than 65536 bytes"),
            (0, Ends::Zeros, "65536 empty names"),
            (b'\n', Ends::Lines, "65536 empty names"),
            (b'x', Ends::Zeros, "longer than 65536 bytes"),
        ] {
            let got: Vec<_> = List::new("list".into(), endless(byte), ends).collect();
            assert_eq!(got.len(), 1);
            let e = got[0].as_ref().err().unwrap().to_string();
            assert!(e.starts_with("list: ") && e.contains(told), "{e}");
        }
        let got = names(b"\xff\xfea\0\n\0", Ends::Lines);
        assert!(got.len() == 1 && got[0].contains("UTF-16"), "{got:?}");
        let longest = "x".repeat(MAX_NAME);
        assert_eq!(names(longest.as_bytes(), Ends::Lines), [longest]);
    }
}
