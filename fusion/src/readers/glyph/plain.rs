//! A transcript without the decoder: the lines of glyphs, each as its likeliest letter.
use super::decode::Marks;
use super::layout;
use super::page::Page;
use super::rules::{Rules, plain};
use super::spacing::{gap, spaces, usual_gap};
use super::tokens::median;
use crate::readers::Written;
use foveate_language::Tokenizer;
use std::ops::Range;

/// The lines of a page from the top down, with a space where the gap between two glyphs asks for
/// one. Where `in_rows` says so, what stands in one row is one line: the amounts of a receipt.
pub(super) fn text(
    page: &Page,
    tokenizer: &Tokenizer,
    marks: &Marks,
    (rules, in_rows): (&Rules, bool),
) -> Vec<Written> {
    let (letters, canvas) = page.letters();
    let drift = if in_rows { rules.order.drift } else { 0.0 };
    let pitch = pitch(page.lines(), canvas);
    let usual = usual_gap(page.lines().iter().map(|line| &canvas[line.clone()]));
    let mut out: Vec<Written> = Vec::new();
    for row in rows(page.lines(), canvas, drift) {
        if !out.is_empty() {
            out.push((marks.line_end, None));
        }
        let places: Vec<[f32; 4]> = row.iter().map(|&glyph| canvas[glyph]).collect();
        let spaces = spaces(&places, usual);
        for (n, &glyph) in row.iter().enumerate() {
            let space = n > 0
                && match pitch {
                    Some(pitch) => step(canvas, &row[n - 1..=n]) > plain::WIDE * pitch,
                    None => spaces[n] || page.apart[glyph],
                };
            let closes = || {
                let first = tokenizer.bytes(letters[glyph]).first();
                first.is_some_and(|byte| plain::CLOSING.contains(byte))
            };
            if space && !closes() {
                out.push((marks.space, None));
            }
            out.push((letters[glyph], Some(glyph)));
        }
    }
    out
}

/// The pitch of a page whose letters stand at an even one, as a cash register sets them, in em
/// sizes.
fn pitch(lines: &[Range<usize>], canvas: &[[f32; 4]]) -> Option<f32> {
    let pairs = lines.iter().flat_map(|line| line.clone().skip(1));
    let steps: Vec<f32> = pairs.map(|at| step(canvas, &[at - 1, at])).collect();
    let pitch = median(steps.clone())?;
    let even = |step: &&f32| {
        let times = (**step / pitch).round().max(1.0);
        (**step / times - pitch).abs() < plain::EVEN * pitch
    };
    let enough = plain::MOST * steps.len() as f32;
    (steps.iter().filter(even).count() as f32 > enough).then_some(pitch)
}

/// From the middle of a glyph to that of the next, in em sizes of the smaller one.
fn step(canvas: &[[f32; 4]], two: &[usize]) -> f32 {
    let (a, b) = (canvas[two[0]], canvas[two[1]]);
    (b[0] - a[0]) / a[3].min(b[3])
}

/// Whether a page is a receipt: some of its rows end in an amount that stands by itself.
pub(super) fn is_receipt(page: &Page, tokenizer: &Tokenizer, rules: &Rules) -> bool {
    let (letters, canvas) = page.letters();
    let ends_in_amount = |row: &&Vec<usize>| {
        let apart = |two: &[usize]| gap(canvas[two[0]], canvas[two[1]]) > rules.order.gap;
        let Some(at) = row.windows(2).rposition(apart) else {
            return false;
        };
        let last = row[at + 1..].iter();
        let text = last.flat_map(|&glyph| tokenizer.bytes(letters[glyph]).iter().copied());
        is_amount(&text.collect::<Vec<u8>>())
    };
    let rows = rows(page.lines(), canvas, rules.order.drift);
    rows.iter().filter(ends_in_amount).count() >= plain::AMOUNTS
}

/// Figures with two decimals, perhaps a sign of money before or behind.
fn is_amount(text: &[u8]) -> bool {
    let figures = text.iter().filter(|byte| byte.is_ascii_digit()).count();
    let Some(mark) = text.iter().rposition(|byte| b".,".contains(byte)) else {
        return false;
    };
    let decimals = text[mark + 1..]
        .iter()
        .filter(|byte| byte.is_ascii_digit())
        .count();
    decimals == 2 && figures > 2 && text.len() <= figures + 4
}

/// The glyphs of each row, from left to right. Lines are in one row when they are beside each
/// other and their middles are no farther apart than `drift` of the smaller em size.
fn rows(lines: &[Range<usize>], canvas: &[[f32; 4]], drift: f32) -> Vec<Vec<usize>> {
    let beside = |one: &Range<usize>, other: &Range<usize>| {
        let (left, right) = match canvas[one.start][0] < canvas[other.start][0] {
            true => (one, other),
            false => (other, one),
        };
        let (last, first) = (canvas[left.end - 1], canvas[right.start]);
        let level = (last[1] - first[1]).abs() < drift * last[3].min(first[3]);
        level && layout::gap(last, first) > 0.0
    };
    let mut rows: Vec<Vec<Range<usize>>> = Vec::new();
    for line in lines {
        // Lines are sorted from the top down but for some pixels.
        let near = rows.len().saturating_sub(plain::RECENT);
        let mut recent = rows[near..].iter_mut().rev();
        match recent.find(|row| row.iter().all(|other| beside(other, line))) {
            Some(row) => row.push(line.clone()),
            None => rows.push(vec![line.clone()]),
        }
    }
    let across = |row: &mut Vec<Range<usize>>| {
        row.sort_by(|a, b| canvas[a.start][0].total_cmp(&canvas[b.start][0]));
        row.iter().cloned().flatten().collect()
    };
    rows.iter_mut().map(across).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_pitch_is_known() {
        let line = |steps: &[f32]| {
            let mut x = 0.0;
            let mut at = |step: &f32| {
                x += step * 20.0;
                [x, 10.0, 8.0, 20.0]
            };
            steps.iter().map(&mut at).collect::<Vec<_>>()
        };
        let pitch_of = |steps: &[f32]| pitch(std::slice::from_ref(&(0..steps.len())), &line(steps));
        let even = pitch_of(&[0.0, 0.6, 0.6, 1.2, 0.6, 0.61, 0.58, 0.6]);
        assert!((even.unwrap() - 0.6).abs() < 0.01);
        assert_eq!(pitch_of(&[0.0, 0.3, 0.6, 0.5, 0.8, 0.4, 0.55, 0.3]), None);
        assert_eq!(pitch_of(&[]), None);
    }

    #[test]
    fn an_amount_has_two_decimals() {
        let amounts = ["6.35", "$6.35", "1,204.50", "3,80\u{20ac}", "-1.09"];
        assert!(amounts.iter().all(|text| is_amount(text.as_bytes())));
        let others = ["12:47", "7.5", ".35", "2026", "555-0146", "at 6.35 a piece"];
        assert!(!others.iter().any(|text| is_amount(text.as_bytes())));
    }

    #[test]
    fn amounts_are_on_the_line_of_their_names() {
        let at = |x: f32, y: f32| [x, y, 8.0, 20.0];
        let canvas = [
            at(10.0, 20.0),
            at(18.0, 20.0),
            at(300.0, 22.0),
            at(10.0, 50.0),
        ];
        let lines = [0..2, 2..3, 3..4];
        assert_eq!(rows(&lines, &canvas, 0.4), [vec![0, 1, 2], vec![3]]);
        assert_eq!(rows(&lines, &canvas, 0.0).len(), 3);
        let amount_first = [2..3, 0..2, 3..4];
        assert_eq!(rows(&amount_first, &canvas, 0.4), [vec![0, 1, 2], vec![3]]);
    }
}
