//! CCITT coding of lines of black and white: modified Huffman (TIFF 6.0, section 10), Group 3 in
//! one and two dimensions (ITU-T T.4) and Group 4 (T.6). The code tables are crate `fax`'s.

use std::convert::Infallible;

use fax::{
    BitReader, ByteReader, Color,
    maps::{Mode, black, mode, white},
};

/// How lines are coded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scheme {
    /// Compression 2: each line in one dimension, from a whole byte.
    Huffman,
    /// Compression 3: lines end with a code of their own, which says what the next one is if there
    /// are `two` kinds.
    Group3 { two: bool },
    /// Compression 4: every line in two dimensions.
    Group4,
}

/// The end of a line: eleven zeros and a one.
const END_OF_LINE: (u8, u16) = (12, 1);

/// Decodes lines to one bit a pixel, each from a whole byte, black 1; and whether all of them were
/// sound. What is missing is white.
pub(super) fn decode(data: &[u8], width: u32, lines: usize, scheme: Scheme) -> (Vec<u8>, bool) {
    let stride = width.div_ceil(8) as usize;
    let mut packed = Vec::new();
    // The tables look at more bits than the last code may have.
    let bytes = data
        .iter()
        .chain(&[0; 2])
        .map(|byte| Ok::<u8, Infallible>(*byte));
    let Ok(bits) = ByteReader::new(bytes);
    let mut decoder = Decoder {
        bits,
        width,
        changes: Vec::new(),
        above: Vec::new(),
    };
    let mut sound = true;
    for line in 0..lines {
        let read = decoder.line(scheme);
        match read {
            Line::Sound => {}
            Line::Broken => sound = false,
            Line::End | Line::Cut => {
                // Group 4 may leave out white lines at the end.
                sound &= line > 0 && matches!(read, Line::End);
                break;
            }
        }
        let at = packed.len();
        packed.resize(at + stride, 0);
        blacken(&mut packed[at..], &decoder.changes, width);
        std::mem::swap(&mut decoder.changes, &mut decoder.above);
    }
    packed.resize(stride.saturating_mul(lines), 0);
    (packed, sound)
}

/// Sets the bits between each change to black and the next to white.
fn blacken(line: &mut [u8], changes: &[u32], width: u32) {
    for run in changes.chunks(2) {
        let end = run.get(1).copied().unwrap_or(width);
        for x in run[0]..end {
            line[x as usize / 8] |= 0x80 >> (x % 8);
        }
    }
}

enum Line {
    Sound,
    Broken,
    /// The code that ends the picture.
    End,
    /// No more data.
    Cut,
}

struct Decoder<R> {
    bits: ByteReader<R>,
    width: u32,
    /// Where the colour changes, the first time to black; ascending, none beyond the width.
    changes: Vec<u32>,
    /// The changes of the line above.
    above: Vec<u32>,
}

impl<R: Iterator<Item = Result<u8, Infallible>>> Decoder<R> {
    fn line(&mut self, scheme: Scheme) -> Line {
        self.changes.clear();
        let read = match scheme {
            Scheme::Huffman => {
                self.skip_to_whole_byte();
                self.one_dimension()
            }
            Scheme::Group4 => self.two_dimensions(),
            Scheme::Group3 { two } => match self.start_of_line(two) {
                Some(true) => self.one_dimension(),
                Some(false) => self.two_dimensions(),
                None if self.bits.peek(1).is_none() => return Line::Cut,
                None => return Line::End,
            },
        };
        match read {
            Some(()) => Line::Sound,
            None if self.bits.peek(1).is_none() => Line::Cut,
            None if self.at_end_of_line() => Line::End,
            None if scheme == Scheme::Group4 => self.give_up(),
            None => {
                self.skip_to_end_of_line();
                Line::Broken
            }
        }
    }

    /// Without marks between the lines nothing behind an error can be read.
    fn give_up(&mut self) -> Line {
        while self.bits.peek(1).is_some() {
            self.skip(16);
        }
        Line::Broken
    }

    fn skip_to_whole_byte(&mut self) {
        let bits = self.bits.bits_to_byte_boundary();
        self.skip(bits);
    }

    fn skip(&mut self, bits: u8) {
        let Ok(()) = self.bits.consume(bits);
    }

    fn at_end_of_line(&self) -> bool {
        self.bits.peek(END_OF_LINE.0) == Some(END_OF_LINE.1)
    }

    /// Passes the ends of lines before a Group 3 line, and says whether it has one dimension; none
    /// at the end.
    fn start_of_line(&mut self, two: bool) -> Option<bool> {
        let (mut ends, mut one) = (0, true);
        loop {
            // Zeros fill up to the end of a line.
            while self.bits.peek(END_OF_LINE.0) == Some(0) {
                self.skip(1);
            }
            if !self.at_end_of_line() {
                break;
            }
            self.skip(END_OF_LINE.0);
            ends += 1;
            if two {
                one = self.bits.peek(1)? == 1;
                self.skip(1);
            }
        }
        // Six in a row end the picture; two do already, since a line is not empty.
        (ends < 2 && self.bits.peek(1).is_some()).then_some(one)
    }

    fn skip_to_end_of_line(&mut self) {
        while self.bits.peek(1).is_some() && !self.at_end_of_line() {
            self.skip(1);
        }
    }

    fn one_dimension(&mut self) -> Option<()> {
        let (mut at, mut colour) = (0, Color::White);
        while at < self.width {
            at = at.checked_add(self.run(colour)?)?;
            self.change(at)?;
            colour = !colour;
        }
        Some(())
    }

    /// The length of a run: codes for multiples of 64, then one for the rest.
    fn run(&mut self, colour: Color) -> Option<u32> {
        let mut sum = 0_u32;
        loop {
            let part = match colour {
                Color::Black => black::decode(&mut self.bits)?,
                Color::White => white::decode(&mut self.bits)?,
            };
            sum = sum.checked_add(u32::from(part))?;
            if part < 64 {
                return Some(sum);
            }
        }
    }

    fn change(&mut self, at: u32) -> Option<()> {
        match self.changes.last() {
            // A run of no pixels: the two changes are none.
            Some(before) if *before == at => {
                self.changes.pop();
            }
            Some(before) if *before > at => return None,
            _ if at > self.width => return None,
            _ => self.changes.push(at),
        }
        Some(())
    }

    /// T.6, 2.2: changes are told by where those of the line above are.
    fn two_dimensions(&mut self) -> Option<()> {
        let (mut at, mut first) = (0, true);
        while at < self.width {
            let black = self.changes.len() % 2 == 1;
            let [b1, b2] = self.next_above(at, first, black);
            match mode::decode(&mut self.bits)? {
                Mode::Pass => at = b2,
                Mode::Vertical(by) => {
                    at = b1.checked_add_signed(i32::from(by))?;
                    self.change(at)?;
                }
                Mode::Horizontal => {
                    let (one, other) = (colour(black), colour(!black));
                    let middle = at.checked_add(self.run(one)?)?;
                    self.change(middle)?;
                    at = middle.checked_add(self.run(other)?)?;
                    self.change(at)?;
                }
                Mode::Extension | Mode::EOF => return None,
            }
            first = false;
        }
        Some(())
    }

    /// b1 and b2 of T.6: the first change above that is right of `at` and to the other colour, and
    /// the one behind it.
    fn next_above(&self, at: u32, first: bool, black: bool) -> [u32; 2] {
        let right = |change: u32| change > at || (first && change == at);
        let mut index = self.above.partition_point(|change| !right(*change));
        // Changes to black have even places.
        if (index % 2 == 1) != black {
            index += 1;
        }
        [index, index + 1].map(|index| self.above.get(index).copied().unwrap_or(self.width))
    }
}

fn colour(black: bool) -> Color {
    if black { Color::Black } else { Color::White }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture with runs of many lengths.
    fn lines() -> Vec<Vec<bool>> {
        let black = |x: usize, y: usize| (x * x / 7 + y * 13) % (5 + y * 9) < 3 + y;
        (0..12)
            .map(|y| (0..150).map(|x| y > 0 && black(x, y)).collect())
            .collect()
    }

    fn packed(lines: &[Vec<bool>]) -> Vec<u8> {
        let byte = |bits: &[bool]| {
            (0..8)
                .map(|i| u8::from(bits.get(i) == Some(&true)) << (7 - i))
                .sum()
        };
        lines
            .iter()
            .flat_map(|line| line.chunks(8).map(byte))
            .collect::<Vec<u8>>()
    }

    fn group4(lines: &[Vec<bool>]) -> Vec<u8> {
        let mut encoder = fax::encoder::Encoder::new(fax::VecWriter::new());
        for line in lines {
            let pels = line.iter().map(|black| colour(*black));
            encoder.encode_line(pels, line.len() as u32).unwrap();
        }
        encoder.finish().unwrap().finish()
    }

    #[test]
    fn group_4_comes_back() {
        let coded = group4(&lines());
        assert_eq!(
            decode(&coded, 150, 12, Scheme::Group4),
            (packed(&lines()), true)
        );
        // Lines that are missing are white.
        let (more, _) = decode(&coded, 150, 14, Scheme::Group4);
        assert_eq!(more, [packed(&lines()), vec![0; 38]].concat());
    }

    #[test]
    fn any_bytes_in_any_scheme_end() {
        let schemes = [
            Scheme::Huffman,
            Scheme::Group3 { two: false },
            Scheme::Group3 { two: true },
            Scheme::Group4,
        ];
        let coded = group4(&lines());
        for scheme in schemes {
            for step in 1..50 {
                let bytes: Vec<u8> = coded.iter().map(|byte| byte.wrapping_mul(step)).collect();
                assert_eq!(decode(&bytes, 150, 9, scheme).0.len(), 9 * 19);
            }
            assert_eq!(decode(&[], 9, 2, scheme), (vec![0; 4], false));
        }
    }
}
