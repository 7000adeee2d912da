//! Text out of tokens as they come.

/// Turns the bytes of tokens into text as they come, holding back the beginning of a character
/// until it is whole.
#[derive(Debug, Default, Clone)]
pub struct TextStream {
    held: Vec<u8>,
}

impl TextStream {
    /// Adds the bytes of one token and returns the characters that are complete now. Bytes that can
    /// never become UTF-8 give U+FFFD.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.held.extend_from_slice(bytes);
        let mut out = String::new();
        loop {
            match std::str::from_utf8(&self.held) {
                Ok(valid) => {
                    out.push_str(valid);
                    self.held.clear();
                    return out;
                }
                Err(e) => {
                    out.push_str(&String::from_utf8_lossy(&self.held[..e.valid_up_to()]));
                    let Some(bad) = e.error_len() else {
                        self.held.drain(..e.valid_up_to());
                        return out;
                    };
                    out.push(char::REPLACEMENT_CHARACTER);
                    self.held.drain(..e.valid_up_to() + bad);
                }
            }
        }
    }

    /// What is left when no more tokens come: U+FFFD for a character that was never finished, or
    /// nothing.
    pub fn finish(&mut self) -> String {
        let rest = String::from_utf8_lossy(&self.held).into_owned();
        self.held.clear();
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_never_splits_a_character() {
        let text = "aé日🎉z";
        let mut stream = TextStream::default();
        let pieces: Vec<String> = text.bytes().map(|b| stream.push(&[b])).collect();
        assert_eq!(pieces.concat() + &stream.finish(), text);
        assert!(pieces.iter().all(|p| p.chars().count() <= 1));
        assert_eq!(stream.push(&[0xe6, b'x']), "\u{fffd}x");
        assert_eq!(stream.push(&[0xe6]), "");
        assert_eq!(stream.finish(), "\u{fffd}");
    }
}
