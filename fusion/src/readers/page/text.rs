//! What a spotter read, as lines of words in reading order.
use super::rules::{AHEAD, BELOW, MARGIN, OVER};
use super::spotted::{around, canvas_corners, centre, in_order, is_legible};
use crate::Result;
use crate::readers::{Encoded, LeftOut, Source, Why, Written};
use foveate_language::{TokenId, Tokenizer};
use foveate_vision::{BALANCED, Letterbox, Rect, Spotted, SpottedLine, Transform};
use std::sync::Arc;

/// What a turn that asks for all text says; no decoder sees it.
pub(in crate::readers) const ALL: &str = "All text.";
/// The canvas on which lines are sorted and boxes given. Nothing is drawn on it.
pub(in crate::readers) const CANVAS: Letterbox = Letterbox {
    edge: 2 * BALANCED,
    max_upscale: 65_536.0,
    pad: [0; 3],
};

/// A line of words.
pub(in crate::readers) struct PageLine {
    words: Vec<String>,
    /// Those of the words joined by spaces.
    pub tokens: Vec<TokenId>,
    sources: Vec<Source>,
    /// x, y in canvas pixels.
    pub centre: [f64; 2],
    /// Canvas pixels.
    pub height: f32,
    pub canvas: Rect,
    pub confidence: f32,
}

impl PageLine {
    fn of(line: &SpottedLine, transform: &Transform, tokenizer: &Tokenizer) -> Result<Self> {
        let (mut words, mut sources) = (Vec::<String>::new(), Vec::new());
        for chars in line.chars.split(|char| char.ch.trim().is_empty()) {
            if chars.is_empty() {
                continue;
            }
            words.push(chars.iter().map(|char| char.ch.as_str()).collect());
            let boxes = chars.iter().map(|char| around(&char.quad, transform));
            let confidences = chars.iter().map(|char| char.confidence);
            sources.push(Source {
                canvas: boxes.reduce(crate::grounding::union).unwrap_or_default(),
                confidence: confidences.sum::<f32>() / chars.len() as f32,
                doubtful: false,
            });
        }
        let corners = canvas_corners(&line.quad, transform);
        let [dx, dy] = [0, 1].map(|axis| corners[3][axis] - corners[0][axis]);
        Ok(Self {
            tokens: tokenizer.encode(&words.join(" "))?,
            words,
            sources,
            centre: centre(&line.quad, transform),
            height: dx.hypot(dy) as f32,
            canvas: around(&line.quad, transform),
            confidence: line.confidence,
        })
    }

    /// Its words joined by spaces.
    pub(in crate::readers) fn text(&self) -> String {
        self.words.join(" ")
    }

    /// Its words as sources.
    pub(in crate::readers) fn sources(&self) -> impl Iterator<Item = Source> + '_ {
        self.sources.iter().copied()
    }

    /// The line as one that the decoder is not shown.
    pub(in crate::readers) fn left_out(&self, why: Why) -> LeftOut {
        LeftOut {
            tokens: self.tokens.clone(),
            canvas: self.canvas,
            confidence: self.confidence,
            why,
        }
    }
}

/// The lines of all pictures, each word with its source, as the tokens of its bytes.
pub(in crate::readers) fn transcript(
    images: &[Arc<Encoded>],
    tokenizer: &Tokenizer,
) -> Vec<Written> {
    let mut script = Vec::new();
    let mut first = 0;
    let pages = images.iter().filter_map(|image| image.data::<PageText>());
    for line in pages.flat_map(|page| page.lines().to_vec()) {
        if !script.is_empty() {
            script.push((tokenizer.byte(b'\n'), None));
        }
        for (i, word) in line.iter().enumerate() {
            if i > 0 {
                script.push((tokenizer.byte(b' '), None));
            }
            let bytes = word.bytes().map(|byte| tokenizer.byte(byte));
            script.extend(bytes.map(|id| (id, Some(first + i))));
        }
        first += line.len();
    }
    script
}

/// The words of the lines that the decoder is shown.
#[derive(Debug)]
pub(in crate::readers) struct PageText {
    lines: Vec<Vec<String>>,
    /// Of each line.
    tokens: Vec<Vec<TokenId>>,
    follows: Vec<Vec<usize>>,
}

impl PageText {
    pub(in crate::readers) fn new(lines: Vec<PageLine>) -> Self {
        Self {
            follows: follows(&lines),
            tokens: lines.iter().map(|line| line.tokens.clone()).collect(),
            lines: lines.into_iter().map(|line| line.words).collect(),
        }
    }

    /// The tokens of each line.
    pub(in crate::readers) fn tokens(&self) -> &[Vec<TokenId>] {
        &self.tokens
    }

    /// Of each line, those with which a value that reaches its end may go on.
    pub(in crate::readers) fn follows(&self) -> &[Vec<usize>] {
        &self.follows
    }

    pub(in crate::readers) fn lines(&self) -> &[Vec<String>] {
        &self.lines
    }
}

/// The next lines in reading order, and the next line below in the same column. Not the line after
/// that one: no value leaves out a line of its column.
fn follows(lines: &[PageLine]) -> Vec<Vec<usize>> {
    let shares = |i: usize, j: usize| {
        let [a, b] = [i, j].map(|i| lines[i].canvas);
        b.x0.max(a.x0) < b.x1.min(a.x1)
    };
    let below = |i: usize| {
        let height = f64::from(lines[i].height);
        let gap = |j: usize| lines[j].canvas.y0 - lines[i].canvas.y1;
        let near = |&j: &usize| shares(i, j) && gap(j) > -OVER * height && gap(j) < BELOW * height;
        let others = (0..lines.len()).filter(|&j| j != i).filter(near);
        others.min_by(|&j, &k| gap(j).total_cmp(&gap(k)))
    };
    let below: Vec<Option<usize>> = (0..lines.len()).map(below).collect();
    let of = |i: usize| {
        let after = below[i].and_then(|next| below[next]);
        let ahead = (i + 1..lines.len())
            .take(AHEAD)
            .filter(|&j| Some(j) != after);
        let mut all: Vec<usize> = ahead.chain(below[i]).collect();
        all.dedup();
        all
    };
    (0..lines.len()).map(of).collect()
}

/// The lines of a picture in reading order.
pub(in crate::readers) struct Reading {
    pub lines: Vec<PageLine>,
    pub illegible: Vec<PageLine>,
}

/// Sorts what was spotted; `legible` leaves out what hardly is.
pub(in crate::readers) fn read(
    spotted: &Spotted,
    transform: &Transform,
    tokenizer: &Tokenizer,
    legible: bool,
) -> Result<Reading> {
    let of = |line: &SpottedLine| PageLine::of(line, transform, tokenizer);
    let (lines, illegible): (Vec<_>, Vec<_>) = in_order(spotted, transform)
        .into_iter()
        .partition(|line| !legible || is_legible(line));
    Ok(Reading {
        lines: lines.into_iter().map(of).collect::<Result<_>>()?,
        illegible: illegible.into_iter().map(of).collect::<Result<_>>()?,
    })
}

/// The box around all lines with a margin: the page, wherever in the picture it lies.
pub(in crate::readers) fn around_all(lines: &[PageLine]) -> Rect {
    let boxes = lines.iter().map(|line| line.canvas);
    let all = boxes.reduce(crate::grounding::union).unwrap_or_default();
    let (dx, dy) = ((all.x1 - all.x0) / MARGIN, (all.y1 - all.y0) / MARGIN);
    Rect {
        x0: all.x0 - dx,
        y0: all.y0 - dy,
        x1: all.x1 + dx,
        y1: all.y1 + dy,
    }
}

/// The middle of the lines' heights, 0 without lines.
pub(in crate::readers) fn median_height(lines: &[PageLine]) -> f32 {
    let mut heights: Vec<f32> = lines.iter().map(|line| line.height).collect();
    heights.sort_by(f32::total_cmp);
    let middle = heights.len() / 2;
    match heights.len() % 2 {
        _ if heights.is_empty() => 0.0,
        0 => f32::midpoint(heights[middle - 1], heights[middle]),
        _ => heights[middle],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of one word at x, y, 100 wide and 20 high.
    fn line(x: f64, y: f64) -> PageLine {
        PageLine {
            words: vec!["word".into()],
            tokens: Vec::new(),
            sources: Vec::new(),
            centre: [x + 50.0, y + 10.0],
            height: 20.0,
            canvas: Rect {
                x0: x,
                y0: y,
                x1: x + 100.0,
                y1: y + 20.0,
            },
            confidence: 1.0,
        }
    }

    #[test]
    fn a_value_goes_on_with_the_lines_next_to_its_own() {
        // Two columns of three lines, in reading order, and a foot far below.
        let columns = [0.0, 30.0, 60.0]
            .into_iter()
            .flat_map(|y| [line(0.0, y), line(200.0, y)]);
        let mut lines: Vec<PageLine> = columns.collect();
        lines.push(line(0.0, 400.0));
        let follows = follows(&lines);
        assert_eq!(follows[0], [1, 2], "the next two, of which one is below");
        assert_eq!(follows[4], [5, 6], "nothing is near below");
        assert!(follows[6].is_empty());
    }

    #[test]
    fn no_value_leaves_a_line_of_its_column_out() {
        let block = [line(0.0, 0.0), line(0.0, 30.0), line(0.0, 60.0)];
        assert_eq!(follows(&block), [vec![1], vec![2], vec![]]);
        let beside = [line(0.0, 0.0), line(200.0, 0.0), line(0.0, 30.0)];
        assert_eq!(follows(&beside)[0], [1, 2]);
    }

    #[test]
    fn heights_have_a_middle() {
        let mut lines = vec![line(0.0, 0.0), line(0.0, 30.0)];
        lines[1].height = 40.0;
        assert_eq!(median_height(&lines), 30.0);
        assert_eq!(median_height(&[]), 0.0);
        assert_eq!(around_all(&lines).y1, 52.5);
    }
}
