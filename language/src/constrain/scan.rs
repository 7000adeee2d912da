//! JSON read as it is written, byte by byte: what is open, and where the next byte stands.
//!
//! The text is taken to be valid JSON, or the beginning of it. What cannot be is passed over, not
//! refused.
use std::sync::Arc;

/// An object or array that is open.
#[derive(Debug, Clone)]
pub(crate) struct Open {
    pub(crate) is_object: bool,
    /// The last key written in an object, as text without its quotes; escapes stand as they were
    /// written.
    pub(crate) key: Arc<str>,
    /// Values begun so far.
    pub(crate) count: usize,
}

/// Where the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Before a value, or before the end of an empty array.
    Before,
    /// Before a key, or before the end of an empty object.
    BeforeKey,
    /// In a string; `escaped` behind a backslash.
    String { key: bool, escaped: bool },
    /// In a number, or in `true`, `false` or `null`.
    Word,
    /// Behind a whole value or key.
    After,
}

/// What a byte did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// Nothing that ends or begins.
    Inside,
    /// A value began: a string, a word, an object or an array.
    Began,
    /// A key or value in quotes ended with this byte.
    Quoted { key: bool },
    /// An object or array was closed by this byte.
    Closed,
    /// A word ended before this byte, which separates or closes.
    WordEnded { closed: bool },
}

/// The state of a JSON text that is being written.
#[derive(Debug, Clone)]
pub(crate) struct Scanner {
    open: Vec<Open>,
    place: Place,
    /// The string or word that is being written, without quotes; the last one once it ended.
    text: Vec<u8>,
}

impl Default for Scanner {
    fn default() -> Self {
        Self {
            open: Vec::new(),
            place: Place::Before,
            text: Vec::new(),
        }
    }
}

impl Scanner {
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    pub(crate) fn in_string(&self) -> bool {
        matches!(self.place, Place::String { .. })
    }

    /// What is open, outermost first.
    pub(crate) fn open(&self) -> &[Open] {
        &self.open
    }

    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    pub(crate) fn push(&mut self, byte: u8) -> Event {
        match self.place {
            Place::String { key, escaped } => self.in_quotes(byte, key, escaped),
            Place::Word if matches!(byte, b',' | b'}' | b']') => {
                let closed = byte != b',';
                self.structural(byte);
                Event::WordEnded { closed }
            }
            Place::Word => {
                self.text.push(byte);
                Event::Inside
            }
            Place::Before | Place::BeforeKey | Place::After => self.structural(byte),
        }
    }

    fn in_quotes(&mut self, byte: u8, key: bool, escaped: bool) -> Event {
        if byte == b'"' && !escaped {
            self.place = Place::After;
            if let (true, Some(open)) = (key, self.open.last_mut()) {
                open.key = String::from_utf8_lossy(&self.text).into();
            }
            return Event::Quoted { key };
        }
        let escaped = byte == b'\\' && !escaped;
        self.place = Place::String { key, escaped };
        self.text.push(byte);
        Event::Inside
    }

    fn structural(&mut self, byte: u8) -> Event {
        let key = self.place == Place::BeforeKey;
        match byte {
            b'{' | b'[' => {
                self.begin();
                let is_object = byte == b'{';
                self.open.push(Open {
                    is_object,
                    key: Arc::from(""),
                    count: 0,
                });
                self.place = if is_object {
                    Place::BeforeKey
                } else {
                    Place::Before
                };
                return Event::Began;
            }
            b'}' | b']' => {
                self.open.pop();
                self.place = Place::After;
                return Event::Closed;
            }
            b',' => {
                let in_object = self.open.last().is_some_and(|o| o.is_object);
                self.place = if in_object {
                    Place::BeforeKey
                } else {
                    Place::Before
                };
            }
            b':' => self.place = Place::Before,
            b' ' | b'\n' | b'\r' | b'\t' => {}
            b'"' => {
                self.text.clear();
                if !key {
                    self.begin();
                }
                self.place = Place::String {
                    key,
                    escaped: false,
                };
                return Event::Began;
            }
            word => {
                self.begin();
                self.text.clear();
                self.text.push(word);
                self.place = Place::Word;
                return Event::Began;
            }
        }
        Event::Inside
    }

    /// Notes that a value begins.
    fn begin(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.count += 1;
        }
    }
}
