//! From the sources that an answer was copied from to boxes in the picture.
use crate::answer::{Line, Region, Word};
use crate::readers::{Encoded, LeftOut, Source};
use foveate_language::{TokenId, Tokenizer};
use foveate_vision::Rect;
use std::ops::Range;
use std::sync::Arc;

/// The pictures of a conversation. Their sources are counted in the order they were shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gallery {
    pictures: Vec<Arc<Encoded>>,
    /// First source of each.
    first: Vec<usize>,
}

impl Gallery {
    pub(crate) fn add(&mut self, picture: Arc<Encoded>) {
        self.first.push(self.sources());
        self.pictures.push(picture);
    }

    pub(crate) fn pictures(&self) -> &[Arc<Encoded>] {
        &self.pictures
    }

    /// Sources of all pictures.
    pub(crate) fn sources(&self) -> usize {
        self.pictures.iter().map(|p| p.sources.len()).sum()
    }

    /// The smallest box around the sources that lie in the picture most of them lie in, and their
    /// mean confidence.
    fn region(&self, sources: impl Iterator<Item = usize>) -> Option<Region> {
        let mut found: Vec<Option<Found>> = vec![None; self.pictures.len()];
        for source in sources {
            let (picture, source) = self.source(source)?;
            let one = Found::of(source);
            found[picture] = Some(found[picture].map_or(one, |all| all.with(one)));
        }
        let count = |&i: &usize| found[i].map_or(0, |f: Found| f.count);
        let most = (0..found.len()).rev().max_by_key(count)?;
        let Found {
            canvas,
            count,
            confidence,
        } = found[most]?;
        Some(self.on_picture(most, canvas, confidence / count as f32))
    }

    fn on_picture(&self, picture: usize, canvas: Rect, confidence: f32) -> Region {
        let transform = self.pictures[picture].transform;
        Region {
            picture,
            rect: transform.rect_to_stored(canvas),
            upright: transform.rect_to_upright(canvas),
            confidence,
        }
    }

    /// A source, and the picture that it is in.
    fn source(&self, source: usize) -> Option<(usize, &Source)> {
        let after = self.first.partition_point(|first| *first <= source);
        let picture = after.checked_sub(1)?;
        let sources = &self.pictures[picture].sources;
        Some((picture, sources.get(source - self.first[picture])?))
    }

    /// Whether a source is hardly legible.
    pub(crate) fn is_doubtful(&self, source: usize) -> bool {
        self.source(source)
            .is_some_and(|(_, source)| source.doubtful)
    }

    /// Whether any source is hardly legible.
    pub(crate) fn has_doubts(&self) -> bool {
        let mut sources = self.pictures.iter().flat_map(|picture| &picture.sources);
        sources.any(|source| source.doubtful)
    }

    /// What was found in the pictures and transcripts leave out.
    pub(crate) fn left_out(&self, tokenizer: &Tokenizer) -> Vec<Line> {
        let line = |picture: usize, left: &LeftOut| Line {
            text: tokenizer.decode(&left.tokens),
            region: Some(self.on_picture(picture, left.canvas, left.confidence)),
            words: Vec::new(),
        };
        let pictures = self.pictures.iter().enumerate();
        pictures
            .flat_map(|(i, picture)| picture.left_out.iter().map(move |left| line(i, left)))
            .collect()
    }
}

/// Sources of one picture taken together.
#[derive(Debug, Clone, Copy)]
struct Found {
    canvas: Rect,
    count: usize,
    /// Sum over the sources.
    confidence: f32,
}

impl Found {
    fn of(source: &Source) -> Self {
        Self {
            canvas: source.canvas,
            count: 1,
            confidence: source.confidence,
        }
    }

    fn with(self, other: Self) -> Self {
        Self {
            canvas: union(self.canvas, other.canvas),
            count: self.count + other.count,
            confidence: self.confidence + other.confidence,
        }
    }
}

/// The smallest box around both.
pub(crate) fn union(a: Rect, b: Rect) -> Rect {
    Rect {
        x0: a.x0.min(b.x0),
        y0: a.y0.min(b.y0),
        x1: a.x1.max(b.x1),
        y1: a.y1.max(b.y1),
    }
}

/// The bytes of an answer, each with the source that it was copied from.
pub(crate) struct Traced {
    pub(crate) bytes: Vec<u8>,
    sources: Vec<Option<usize>>,
}

impl Traced {
    pub(crate) fn new(tokenizer: &Tokenizer, ids: &[TokenId], sources: &[Option<usize>]) -> Self {
        let mut traced = Self {
            bytes: Vec::new(),
            sources: Vec::new(),
        };
        for (&id, &source) in ids.iter().zip(sources) {
            traced.bytes.extend_from_slice(tokenizer.bytes(id));
            traced.sources.resize(traced.bytes.len(), source);
        }
        traced
    }

    fn region(&self, range: Range<usize>, gallery: &Gallery) -> Option<Region> {
        gallery.region(self.sources[range].iter().flatten().copied())
    }

    /// The box around everything that the answer was copied from.
    pub(crate) fn whole(&self, gallery: &Gallery) -> Option<Region> {
        self.region(0..self.bytes.len(), gallery)
    }

    /// The lines of a transcript.
    pub(crate) fn lines(&self, gallery: &Gallery) -> Vec<Line> {
        let line = |range: Range<usize>| Line {
            text: String::from_utf8_lossy(&self.bytes[range.clone()]).into_owned(),
            region: self.region(range.clone(), gallery),
            words: split(&self.bytes, range, b' ')
                .into_iter()
                .map(|r| self.word(r, gallery))
                .collect(),
        };
        split(&self.bytes, 0..self.bytes.len(), b'\n')
            .into_iter()
            .map(line)
            .collect()
    }

    fn word(&self, range: Range<usize>, gallery: &Gallery) -> Word {
        let text = String::from_utf8_lossy(&self.bytes[range.clone()]).into_owned();
        Word {
            text,
            region: self.region(range, gallery),
        }
    }

    /// Where the strings and numbers of a JSON answer were read.
    pub(crate) fn fields(&self, gallery: &Gallery) -> Vec<(String, Region)> {
        let values = json_values(&self.bytes).into_iter();
        values
            .filter_map(|(path, range)| Some((path, self.value_region(range, gallery)?)))
            .collect()
    }

    /// Where a string was read, or a number: that with its last figure, as others may begin so too.
    fn value_region(&self, range: Range<usize>, gallery: &Gallery) -> Option<Region> {
        let quoted = range.start > 0 && self.bytes[range.start - 1] == b'"';
        let from = if quoted { range.start } else { range.end - 1 };
        self.region(from..range.end, gallery)
    }
}

/// The non-empty pieces of `bytes[range]` between `separator`s.
fn split(bytes: &[u8], range: Range<usize>, separator: u8) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut from = range.start;
    for i in range.clone().chain([range.end]) {
        if i == range.end || bytes[i] == separator {
            if from < i {
                pieces.push(from..i);
            }
            from = i + 1;
        }
    }
    pieces
}

/// One level of a JSON value: the index of the next item, or the key of the next value.
enum Level {
    Array(usize),
    Object(Option<String>),
}

/// JSON pointer and byte range (without quotes) of every string and number. `json` may break off;
/// what is whole is found.
pub(crate) fn json_values(json: &[u8]) -> Vec<(String, Range<usize>)> {
    let mut levels: Vec<Level> = Vec::new();
    let mut found = Vec::new();
    let mut i = 0;
    while i < json.len() {
        match json[i] {
            b'{' => levels.push(Level::Object(None)),
            b'[' => levels.push(Level::Array(0)),
            b'}' | b']' => drop(levels.pop()),
            b',' => match levels.last_mut() {
                Some(Level::Array(n)) => *n += 1,
                Some(Level::Object(key)) => *key = None,
                None => {}
            },
            b'"' => {
                let Some(end) = string_end(json, i + 1) else {
                    break;
                };
                match levels.last_mut() {
                    Some(Level::Object(key @ None)) => {
                        *key = serde_json::from_slice(&json[i..=end]).ok()
                    }
                    _ => found.push((pointer(&levels), i + 1..end)),
                }
                i = end;
            }
            b'-' | b'0'..=b'9' => {
                let length = json[i..].iter().position(|b| b",]} \n\r\t".contains(b));
                let Some(length) = length else { break };
                found.push((pointer(&levels), i..i + length));
                i += length - 1;
            }
            _ => {}
        }
        i += 1;
    }
    found
}

fn string_end(json: &[u8], from: usize) -> Option<usize> {
    let mut i = from;
    while i < json.len() {
        match json[i] {
            b'\\' => i += 2,
            b'"' => return Some(i),
            _ => i += 1,
        }
    }
    None
}

fn pointer(levels: &[Level]) -> String {
    let step = |level: &Level| match level {
        Level::Array(n) => format!("/{n}"),
        Level::Object(key) => format!(
            "/{}",
            key.as_deref()
                .unwrap_or_default()
                .replace('~', "~0")
                .replace('/', "~1")
        ),
    };
    levels.iter().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_numbers_are_found_by_pointer() {
        let json = br#"{"a":"x","b":[1,"y",{"c/d":"q\"{"}],"e":null,"f":"","h":-2.5,"g":"cut"#;
        let got = json_values(json);
        let text = |r: &Range<usize>| std::str::from_utf8(&json[r.clone()]).unwrap();
        let got: Vec<(&str, &str)> = got.iter().map(|(p, r)| (p.as_str(), text(r))).collect();
        assert_eq!(
            got,
            [
                ("/a", "x"),
                ("/b/0", "1"),
                ("/b/1", "y"),
                ("/b/2/c~1d", "q\\\"{"),
                ("/f", ""),
                ("/h", "-2.5")
            ]
        );
    }

    #[test]
    fn pieces_between_separators() {
        assert_eq!(split(b"ab  c\n", 0..6, b' '), [0..2, 4..6]);
        assert_eq!(split(b"", 0..0, b' '), Vec::<Range<usize>>::new());
    }
}
