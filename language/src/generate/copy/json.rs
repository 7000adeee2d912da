//! Where in a JSON value its bytes stand: which strings are keys, which are values.

/// The state of a scanner over JSON that a grammar keeps valid.
#[derive(Debug, Clone, Default)]
pub(super) struct Json {
    /// Open objects (`{`) and lists (`[`).
    open: Vec<u8>,
    /// The key of each open object that was read last.
    keys: Vec<Vec<u8>>,
    string: Option<String8>,
    /// Whether the next string of the innermost object is a key.
    key_next: bool,
    edge: Edge,
}

/// A string that is being read.
#[derive(Debug, Clone, Default)]
struct String8 {
    is_key: bool,
    escaped: bool,
    bytes: usize,
}

/// What the last byte did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Edge {
    #[default]
    None,
    Opened,
    /// A string ended; whether it was empty.
    Closed(bool),
}

impl Json {
    /// Takes the next byte: what it stands for within a string.
    pub(super) fn push(&mut self, byte: u8) -> Option<u8> {
        self.edge = Edge::None;
        if self.string.is_some() {
            return self.push_in_string(byte);
        }
        match byte {
            b'"' => {
                let is_key = self.key_next && self.open.last() == Some(&b'{');
                if is_key && let Some(key) = self.keys.last_mut() {
                    key.clear();
                }
                self.string = Some(String8 {
                    is_key,
                    ..String8::default()
                });
                self.edge = Edge::Opened;
            }
            b'{' | b'[' => {
                self.open.push(byte);
                self.keys.push(Vec::new());
                self.key_next = byte == b'{';
            }
            b'}' | b']' => {
                self.open.pop();
                self.keys.pop();
                self.key_next = false;
            }
            b':' => self.key_next = false,
            b',' => self.key_next = self.open.last() == Some(&b'{'),
            _ => {}
        }
        None
    }

    fn push_in_string(&mut self, byte: u8) -> Option<u8> {
        let string = self.string.as_mut()?;
        let stands_for = match (string.escaped, byte) {
            (false, b'\\') => {
                string.escaped = true;
                return None;
            }
            (false, b'"') => {
                self.edge = Edge::Closed(string.bytes == 0);
                self.string = None;
                return None;
            }
            // Of the escapes that answers may hold, line ends and tabs stand for a space.
            (true, b'n' | b'r' | b't' | b'b' | b'f') => b' ',
            (_, byte) => byte,
        };
        string.escaped = false;
        string.bytes += 1;
        if string.is_key
            && let Some(key) = self.keys.last_mut()
        {
            key.push(stands_for);
        }
        Some(stands_for)
    }

    /// Whether the last byte opened a string.
    pub(super) fn opened(&self) -> bool {
        self.edge == Edge::Opened
    }

    /// Whether the last byte ended a string.
    pub(super) fn closed(&self) -> bool {
        matches!(self.edge, Edge::Closed(_))
    }

    /// Whether the string that the last byte ended was empty.
    pub(super) fn was_empty(&self) -> bool {
        self.edge == Edge::Closed(true)
    }

    /// Whether the string that is being read is a key.
    pub(super) fn in_key(&self) -> bool {
        self.string.as_ref().is_some_and(|string| string.is_key)
    }

    /// Whether a string that is a value may open here.
    pub(super) fn string_may_open(&self) -> bool {
        self.string.is_none()
    }

    /// The key whose value is being read: that of the innermost object.
    pub(super) fn key(&self) -> Option<&str> {
        let object = self.open.iter().rposition(|&one| one == b'{')?;
        std::str::from_utf8(self.keys.get(object)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_are_told_apart() {
        let mut json = Json::default();
        let mut values = Vec::new();
        for &byte in br#"{"a":"x\"y","b":["z",{"c":""}],"d":1}"# {
            let content = json.push(byte);
            if json.opened() && !json.in_key() {
                values.push((json.key().map(str::to_owned), String::new()));
            }
            if let (Some(byte), Some((_, text))) = (content, values.last_mut())
                && !json.in_key()
            {
                text.push(char::from(byte));
            }
        }
        let one = |key: &str, text: &str| (Some(key.to_owned()), text.to_owned());
        assert_eq!(values, [one("a", "x\"y"), one("b", "z"), one("c", "")]);
    }
}
