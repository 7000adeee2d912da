//! Which line stands directly above which: blocks of text are read from the top down.
use crate::readers::glyph::rules::Blocks;
use std::ops::Range;

/// For each line the one directly above it in its block, of nearly the same size; glyphs are cx,
/// cy, w, h in canvas pixels.
pub(crate) fn above(
    lines: &[Range<usize>],
    glyphs: &[[f32; 4]],
    rule: &Blocks,
) -> Vec<Option<usize>> {
    let nearest = |below: &Range<usize>| {
        let up = |(i, line): (usize, &Range<usize>)| Some((pitch(line, below, glyphs, rule)?, i));
        lines
            .iter()
            .enumerate()
            .filter_map(up)
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, i)| i)
    };
    lines.iter().map(nearest).collect()
}

/// Em sizes from a line down to one directly below it, measured at the shorter one's middle, so
/// that lines may slope.
fn pitch(
    line: &Range<usize>,
    below: &Range<usize>,
    glyphs: &[[f32; 4]],
    rule: &Blocks,
) -> Option<f32> {
    let (short, long) = if line.len() <= below.len() {
        (line, below)
    } else {
        (below, line)
    };
    let middle = glyphs[short.start + short.len() / 2];
    let beside = |i: &usize| (glyphs[*i][0] - middle[0]).abs();
    let nearest = long
        .clone()
        .min_by(|a, b| beside(a).total_cmp(&beside(b)))?;
    let other = glyphs[nearest];
    let (small, large) = (middle[3].min(other[3]), middle[3].max(other[3]));
    let down = if short == line {
        other[1] - middle[1]
    } else {
        middle[1] - other[1]
    };
    let alike = large < rule.sizes * small && beside(&nearest) < rule.beside * large;
    (alike && rule.pitch.contains(&(down / large))).then_some(down / large)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::glyph::rules::Rules;

    fn above(lines: &[Range<usize>], glyphs: &[[f32; 4]]) -> Vec<Option<usize>> {
        super::above(lines, glyphs, &Rules::default().blocks.unwrap())
    }

    /// Glyphs of em 20, ten apart, from `x` on.
    fn line(glyphs: &mut Vec<[f32; 4]>, x: f32, y: f32, n: usize) -> Range<usize> {
        let first = glyphs.len();
        glyphs.extend((0..n).map(|i| [x + 10.0 * i as f32, y, 10.0, 20.0]));
        first..glyphs.len()
    }

    #[test]
    fn lines_of_a_block_know_the_one_above() {
        let mut glyphs = Vec::new();
        let label = line(&mut glyphs, 0.0, 100.0, 5);
        let value = line(&mut glyphs, 90.0, 100.0, 20);
        let rest = line(&mut glyphs, 90.0, 124.0, 6);
        let far = line(&mut glyphs, 90.0, 200.0, 6);
        let centred = line(&mut glyphs, 40.0, 224.0, 20);
        let lines = [label, value, rest, far, centred];
        assert_eq!(above(&lines, &glyphs), [None, None, Some(1), None, Some(3)]);
        for glyph in &mut glyphs[..5] {
            glyph[3] = 40.0;
        }
        let title = line(&mut glyphs, 0.0, 124.0, 5);
        let lines = [lines[0].clone(), title];
        assert_eq!(above(&lines, &glyphs), [None, None], "another size");
    }
}
