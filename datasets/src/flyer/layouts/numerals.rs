//! Pages whose day stands in large numerals over, under or beside the title.

use super::Frame;
use crate::flyer::blocks::Block;

pub fn numerals(frame: &mut Frame) {
    let (size, align) = (frame.title_size(), frame.theme.align);
    let mut parts = frame.parts(align);
    let day = parts.large_day().unwrap_or_default();
    let head = parts.headline(size, 0);
    let mut blocks = match parts.dice.below(6) {
        0..=2 => together(frame, day, head),
        3 => together(frame, head, day),
        4 => vec![Block::Columns(vec![
            (frame.dice.range(0.3, 0.8), day),
            (1.0, head),
        ])],
        _ => vec![Block::Columns(vec![
            (1.0, head),
            (frame.dice.range(0.3, 0.8), day),
        ])],
    };
    blocks.push(Block::Gap(0.5));
    let early = frame.dice.chance(0.5);
    if early {
        blocks.extend(said(frame));
    }
    blocks.extend(details(frame));
    if !early {
        blocks.extend(said(frame));
    }
    blocks.push(Block::Gap(0.4));
    blocks.extend(frame.parts(align).contacts(0.75));
    let (area, place) = (frame.inner(), frame.spread());
    frame.fill(area, &blocks, frame.theme.palette, place);
}

/// One over the other, perhaps with a rule between.
fn together(frame: &mut Frame, mut above: Vec<Block>, below: Vec<Block>) -> Vec<Block> {
    above.push(Block::Gap(frame.dice.range(0.05, 0.5)));
    if frame.dice.chance(0.3) {
        above.push(Block::Rule(
            frame.dice.range(0.3, 1.0),
            0.1,
            frame.theme.align,
        ));
    }
    above.extend(below);
    above
}

/// Running text and performers.
fn said(frame: &mut Frame) -> Vec<Block> {
    let mut parts = frame.parts(frame.theme.align);
    let mut blocks = parts.body(0.8);
    blocks.extend(parts.acts(0.95));
    blocks.push(Block::Gap(0.4));
    blocks
}

/// The details below each other, or in two columns, the second perhaps set to the right edge.
fn details(frame: &mut Frame) -> Vec<Block> {
    let (manner, align) = (frame.manner(), frame.theme.align);
    let mut all = std::mem::take(&mut frame.event.details);
    if all.len() < 2 || frame.dice.chance(0.5) {
        frame.event.details = all;
        return frame.parts(align).details(manner, 1.0);
    }
    let second = all.split_off(all.len().div_ceil(2));
    let right = frame.dice.pick(&[0.0, 1.0]);
    frame.event.details = all;
    let first = frame.parts(0.0).details(manner, 1.0);
    frame.event.details = second;
    let second = frame.parts(right).details(manner, 1.0);
    vec![Block::Columns(vec![
        (1.0, first),
        (frame.dice.range(0.8, 1.3), second),
    ])]
}
