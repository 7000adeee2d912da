//! What passes between the decoder and a track at a border.
//!
//! Little-endian, a length in front of each (u32, bytes that follow):
//! ```text
//! frame   u32 block, u64 conversation, u64 base, u64 past, u32 n, n x u64 forgotten, rows (f32)
//! answer  u32 0, u64 bytes of the conversation's cache, rows (f32);  or u32 1, text of an error
//! ```
//! `rows` are whole rows of `dim` numbers and fill what is left. A conversation that the track does
//! not know begins as a copy of `base`, or empty where that is 0.
use ndarray::Array2;
use std::io::{self, Read, Write};

/// Conversations that one frame can end; the others wait for the next.
pub(super) const MOST_FORGOTTEN: usize = 1024;
/// Bytes of an error's text; what is longer is cut.
const MOST_TEXT: usize = 4096;

/// Rows for a track block.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Frame {
    pub block: usize,
    pub conversation: u64,
    pub base: u64,
    /// Rows that the cache is to hold before these.
    pub past: usize,
    /// Conversations that are over.
    pub forgotten: Vec<u64>,
    /// `[t, dim]`
    pub rows: Array2<f32>,
}

/// What a track makes of a frame.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    /// `[t, dim]`
    pub rows: Array2<f32>,
    /// Of the conversation's cache in this track, all blocks together.
    pub bytes: usize,
}

/// Most bytes of a frame or an answer with up to `rows` rows.
fn limit(rows: usize, dim: usize) -> usize {
    (4 * rows * dim).max(MOST_TEXT) + 8 * MOST_FORGOTTEN + 64
}

impl Frame {
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let mut bytes = Vec::new();
        bytes.extend((self.block as u32).to_le_bytes());
        for number in [self.conversation, self.base, self.past as u64] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend((self.forgotten.len() as u32).to_le_bytes());
        bytes.extend(self.forgotten.iter().flat_map(|id| id.to_le_bytes()));
        send(out, bytes, &self.rows)
    }

    /// The next frame, of up to `rows` rows; `None` at the end of the stream.
    pub fn read(from: &mut impl Read, [rows, dim]: [usize; 2]) -> io::Result<Option<Self>> {
        let Some(bytes) = receive(from, limit(rows, dim))? else {
            return Ok(None);
        };
        let mut at = &bytes[..];
        let block = number4(&mut at)? as usize;
        let [conversation, base, past] = [number8(&mut at)?, number8(&mut at)?, number8(&mut at)?];
        let n = number4(&mut at)? as usize;
        if n > MOST_FORGOTTEN {
            return Err(broken("too many conversations are to be forgotten"));
        }
        let forgotten = (0..n).map(|_| number8(&mut at)).collect::<Result<_, _>>()?;
        Ok(Some(Self {
            block,
            conversation,
            base,
            past: usize::try_from(past).map_err(|_| broken("`past`"))?,
            forgotten,
            rows: numbers(at, dim)?,
        }))
    }
}

/// Writes a track's answer, or the text of its error.
pub(super) fn write_answer(
    answer: Result<&Answer, &str>,
    dim: usize,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut bytes = u32::from(answer.is_err()).to_le_bytes().to_vec();
    match answer {
        Ok(answer) => {
            bytes.extend((answer.bytes as u64).to_le_bytes());
            send(out, bytes, &answer.rows)
        }
        Err(text) => {
            bytes.extend(&text.as_bytes()[..text.floor_char_boundary(MOST_TEXT)]);
            send(out, bytes, &Array2::zeros((0, dim)))
        }
    }
}

/// A track's answer, or the text of its error; `None` at the end of the stream.
pub(super) fn read_answer(
    from: &mut impl Read,
    [rows, dim]: [usize; 2],
) -> io::Result<Option<Result<Answer, String>>> {
    let Some(bytes) = receive(from, limit(rows, dim))? else {
        return Ok(None);
    };
    let mut at = &bytes[..];
    Ok(Some(match number4(&mut at)? {
        0 => {
            let bytes = number8(&mut at)? as usize;
            let rows = numbers(at, dim)?;
            Ok(Answer { rows, bytes })
        }
        1 => Err(String::from_utf8_lossy(at).into_owned()),
        other => return Err(broken(&format!("an answer of kind {other}"))),
    }))
}

fn send(out: &mut impl Write, mut head: Vec<u8>, rows: &Array2<f32>) -> io::Result<()> {
    head.extend(rows.iter().flat_map(|x| x.to_le_bytes()));
    let length = u32::try_from(head.len()).map_err(|_| broken("more than 4 GiB"))?;
    // One write: a reader is never woken for the length alone.
    head.splice(0..0, length.to_le_bytes());
    out.write_all(&head)?;
    out.flush()
}

fn receive(from: &mut impl Read, limit: usize) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    // The end of the stream before a length is the end; within one it is an error.
    let first = loop {
        match from.read(&mut length) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            other => break other?,
        }
    };
    if first == 0 {
        return Ok(None);
    }
    from.read_exact(&mut length[first..])?;
    let length = u32::from_le_bytes(length) as usize;
    if length > limit {
        return Err(broken(&format!(
            "{length} bytes, at most {limit} are expected"
        )));
    }
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    Ok(Some(bytes))
}

fn number4(at: &mut &[u8]) -> io::Result<u32> {
    let (number, rest) = at.split_first_chunk().ok_or_else(|| broken("cut off"))?;
    *at = rest;
    Ok(u32::from_le_bytes(*number))
}

fn number8(at: &mut &[u8]) -> io::Result<u64> {
    let (number, rest) = at.split_first_chunk().ok_or_else(|| broken("cut off"))?;
    *at = rest;
    Ok(u64::from_le_bytes(*number))
}

fn numbers(bytes: &[u8], dim: usize) -> io::Result<Array2<f32>> {
    let row = 4 * dim;
    if row == 0 || !bytes.len().is_multiple_of(row) {
        return Err(broken("rows that are not whole"));
    }
    let numbers = bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b));
    let rows = Array2::from_shape_vec((bytes.len() / row, dim), numbers.collect());
    rows.map_err(|_| broken("rows that are not whole"))
}

fn broken(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("a broken frame: {what}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> Frame {
        Frame {
            block: 3,
            conversation: 7,
            base: 5,
            past: 1 << 40,
            forgotten: vec![1, 2],
            rows: Array2::from_shape_fn((2, 3), |(i, j)| i as f32 - 0.1 * j as f32),
        }
    }

    #[test]
    fn frames_and_answers_come_back() {
        let mut bytes = Vec::new();
        frame().write(&mut bytes).unwrap();
        frame().write(&mut bytes).unwrap();
        let mut from = &bytes[..];
        for _ in 0..2 {
            assert_eq!(Frame::read(&mut from, [2, 3]).unwrap(), Some(frame()));
        }
        assert_eq!(Frame::read(&mut from, [2, 3]).unwrap(), None);
        let answer = Answer {
            rows: frame().rows,
            bytes: 9,
        };
        for said in [Ok(&answer), Err("no")] {
            let mut bytes = Vec::new();
            write_answer(said, 3, &mut bytes).unwrap();
            let back = read_answer(&mut &bytes[..], [2, 3]).unwrap().unwrap();
            assert_eq!(back.as_ref().map_err(String::as_str), said);
        }
    }

    #[test]
    fn broken_frames_are_errors() {
        let mut bytes = Vec::new();
        frame().write(&mut bytes).unwrap();
        for cut in 1..bytes.len() {
            assert!(Frame::read(&mut &bytes[..cut], [2, 3]).is_err(), "{cut}");
        }
        // A length that nothing stands behind, and one beyond the limit.
        for length in [60u32, u32::MAX] {
            assert!(Frame::read(&mut &length.to_le_bytes()[..], [2, 3]).is_err());
        }
        assert!(Frame::read(&mut &bytes[..], [2, 4]).is_err());
    }
}
