//! Layouts that are one column from top to bottom.

use super::Frame;
use crate::flyer::blocks::{Block, Text};
use crate::flyer::filler;
use crate::flyer::parts::Manner;
use crate::flyer::places;
use crate::flyer::tagged::Tagged;
use crate::flyer::theme::{Voice, palette};
use crate::looks::Ground;

pub fn stacked(frame: &mut Frame, align: f32) -> Vec<Block> {
    let (size, fill, manner) = (
        frame.title_size(),
        usize::from(frame.dice.chance(0.25)) * frame.dice.int(1, 3) as usize,
        frame.manner(),
    );
    let swap = frame.dice.chance(0.25);
    let mut parts = frame.parts(align);
    let mut blocks = parts.headline(size, fill);
    blocks.push(Block::Gap(0.7));
    if parts.dice.chance(0.2) {
        blocks.push(Block::Rule(parts.dice.range(0.15, 1.0), 0.08, align));
    }
    let (details, body) = (parts.details(manner, 1.15), parts.body(0.8));
    let acts = parts.acts(1.0);
    if swap {
        blocks.extend(
            acts.into_iter()
                .chain(body)
                .chain([Block::Gap(0.5)])
                .chain(details),
        );
    } else {
        blocks.extend(
            details
                .into_iter()
                .chain(acts)
                .chain([Block::Gap(0.4)])
                .chain(body),
        );
    }
    blocks.push(Block::Gap(0.5));
    blocks.extend(parts.contacts(0.75));
    blocks
}

pub fn centred(frame: &mut Frame) {
    let area = frame.inner();
    if frame.dice.chance(0.3) {
        let m = frame.dice.range(0.01, 0.03) * frame.size()[0];
        let [w, h] = frame.size();
        frame.sheet.scene.frame(
            [m, m, w - m, h - m],
            frame.dice.range(1.0, 7.0),
            frame.theme.palette[2],
        );
    }
    let blocks = stacked(frame, 0.5);
    let place = frame.spread();
    frame.fill(area, &blocks, frame.theme.palette, place);
}

pub fn left(frame: &mut Frame) {
    let area = frame.inner();
    let align = if frame.dice.chance(0.88) { 0.0 } else { 1.0 };
    let blocks = stacked(frame, align);
    let place = frame.spread();
    frame.fill(area, &blocks, frame.theme.palette, place);
}

pub fn two_column(frame: &mut Frame) {
    let area = frame.inner();
    let (size, align) = (frame.title_size(), frame.theme.align);
    let manner = frame
        .dice
        .pick(&[Manner::Bare, Manner::Stacked, Manner::Inline]);
    let mut parts = frame.parts(align);
    let mut blocks = parts.headline(size, 0);
    parts.align = 0.0;
    let (details, mut other) = (parts.details(manner, 1.0), parts.body(0.8));
    other.extend(parts.acts(0.9));
    other.extend(parts.contacts(0.75));
    let share = parts.dice.range(0.7, 1.5);
    let columns = if parts.dice.chance(0.5) {
        vec![(share, details), (1.0, other)]
    } else {
        vec![(1.0, other), (share, details)]
    };
    blocks.extend([Block::Gap(0.8), Block::Columns(columns)]);
    let place = frame.spread();
    frame.fill(area, &blocks, frame.theme.palette, place);
}

pub fn table(frame: &mut Frame) {
    let area = frame.inner();
    let (size, align) = (frame.title_size(), frame.theme.align);
    let mut parts = frame.parts(align);
    let mut blocks = parts.headline(size, 0);
    blocks.push(Block::Gap(0.8));
    let rows = parts.details(Manner::Table, 1.1);
    if parts.dice.chance(0.3) {
        let ground = Ground::any(parts.dice);
        let colors = palette(parts.dice, &ground);
        blocks.push(Block::Panel(rows, ground, colors, 0.6, 0.0, true));
    } else {
        blocks.extend(rows);
    }
    blocks.extend(parts.acts(1.0));
    blocks.extend(parts.body(0.85));
    blocks.push(Block::Gap(0.4));
    blocks.extend(parts.contacts(0.8));
    let place = frame.spread();
    frame.fill(area, &blocks, frame.theme.palette, place);
}

pub fn invitation(frame: &mut Frame) {
    let area = frame.inner();
    if frame.dice.chance(0.5) {
        let [x0, y0, x1, y1] = area;
        let m = x0 * 0.5;
        frame.sheet.scene.frame(
            [x0 - m, y0 - m, x1 + m, y1 + m],
            frame.dice.range(1.0, 4.0),
            frame.theme.palette[2],
        );
    }
    let lead = frame.dice.pick(&[
        "You are cordially invited to",
        "Please join us for",
        "You're invited to",
        "Together with their families",
        "requests the pleasure of your company at",
        "Please come to",
        "We warmly invite you to",
        "Join us for",
        "It's time for",
    ]);
    frame.event.presenter.get_or_insert(Tagged::plain(lead));
    let size = frame.dice.range(1.8, 3.0);
    let mut parts = frame.parts(0.5);
    let mut blocks = parts.headline(size, 0);
    blocks.push(Block::Gap(0.6));
    for line in parts.event.invitation(parts.dice).unwrap_or_default() {
        blocks.push(Block::Text(Text {
            align: 0.5,
            ..Text::new(line, Voice::Body, 1.0)
        }));
        blocks.push(Block::Gap(0.15));
    }
    blocks.push(Block::Gap(0.3));
    let manner = parts.dice.pick(&[Manner::Bare, Manner::Inline]);
    blocks.extend(parts.details(manner, 0.95));
    blocks.extend(parts.body(0.85));
    blocks.push(Block::Gap(0.4));
    blocks.extend(parts.contacts(0.85));
    frame.fill(area, &blocks, frame.theme.palette, 2.0);
}

pub fn programme(frame: &mut Frame) {
    let area = frame.inner();
    while frame.event.acts.len() < 4 {
        let act = places::act(frame.dice);
        frame.event.acts.push(Tagged::plain(act));
    }
    let (size, align, manner) = (frame.title_size(), frame.theme.align, frame.manner());
    let mut parts = frame.parts(align);
    let mut blocks = parts.headline(size, 0);
    blocks.push(Block::Gap(0.4));
    blocks.extend(parts.details(manner, 1.15));
    let timed = parts.dice.chance(0.6);
    blocks.extend(if timed {
        parts.programme(0.95)
    } else {
        parts.acts(1.2)
    });
    blocks.extend(parts.body(0.75));
    blocks.push(Block::Gap(0.3));
    blocks.extend(parts.contacts(0.75));
    let place = frame.spread();
    frame.fill(area, &blocks, frame.theme.palette, place);
}

pub fn boxes(frame: &mut Frame) {
    let area = frame.inner();
    let (size, align) = (frame.title_size(), frame.theme.align);
    let mut parts = frame.parts(align);
    let mut blocks = parts.headline(size, 0);
    blocks.push(Block::Gap(0.6));
    if parts.dice.chance(0.4) {
        blocks.push(Block::Picture(
            Ground::picture(parts.dice),
            parts.dice.range(0.2, 0.45),
        ));
    }
    blocks.extend(parts.details(Manner::Boxes, 1.0));
    blocks.extend(parts.acts(1.0));
    blocks.extend(parts.body(0.8));
    blocks.push(Block::Gap(0.4));
    blocks.extend(parts.contacts(0.75));
    let place = frame.spread();
    frame.fill(area, &blocks, frame.theme.palette, place);
}

pub fn calendar_leaf(frame: &mut Frame) {
    let area = frame.inner();
    let (size, align, manner) = (
        frame.title_size(),
        frame.theme.align,
        frame
            .dice
            .pick(&[Manner::Bare, Manner::Inline, Manner::Stacked]),
    );
    let share = frame.dice.range(0.25, 0.5);
    let mut parts = frame.parts(align);
    let mut blocks = parts.headline(size, 0);
    blocks.push(Block::Gap(0.6));
    let leaf = parts.stacked_day();
    parts.align = if leaf.is_some() { 0.0 } else { align };
    let mut details = parts.details(manner, 1.05);
    if let Some(leaf) = leaf {
        let ground = Ground::any(parts.dice);
        let colors = palette(parts.dice, &ground);
        let (painted, first) = (parts.dice.chance(0.6), parts.dice.chance(0.75));
        let leaf = (
            share,
            vec![Block::Panel(
                leaf,
                ground,
                colors,
                0.4,
                if painted { 0.0 } else { 0.1 },
                painted,
            )],
        );
        let rest = (1.0, std::mem::take(&mut details));
        blocks.push(Block::Columns(if first {
            vec![leaf, rest]
        } else {
            vec![rest, leaf]
        }));
    }
    parts.align = align;
    blocks.extend(details);
    blocks.extend(parts.acts(1.0));
    blocks.extend(parts.body(0.8));
    blocks.push(Block::Gap(0.4));
    blocks.extend(parts.contacts(0.8));
    let place = frame.spread();
    frame.fill(area, &blocks, frame.theme.palette, place);
}

/// Mostly running text, as in a letter or on a notice board.
pub fn notice(frame: &mut Frame) {
    let area = frame.inner();
    for _ in 0..frame.dice.int(1, 3) {
        let n = frame.dice.int(10, 40) as usize;
        let text = filler::prose(frame.dice, n);
        frame.event.body.push(Tagged::plain(text));
    }
    let heading = frame.dice.range(1.4, 2.4);
    let mut parts = frame.parts(0.0);
    let mut blocks = parts.headline(heading, 0);
    blocks.push(Block::Gap(0.5));
    let half = parts.event.body.len() / 2;
    let later = parts.event.body.split_off(half);
    blocks.extend(parts.body(0.9));
    blocks.push(Block::Gap(0.4));
    let lines = if parts.dice.chance(0.6) {
        parts.event.invitation(parts.dice).unwrap_or_default()
    } else {
        Vec::new()
    };
    for line in lines {
        let line = Tagged::plain(parts.dice.pick(&[
            "We meet ",
            "It takes place ",
            "Come and see us ",
            "Please come ",
            "The event is ",
        ]))
        .then(line);
        blocks.push(Block::Text(Text::new(line, Voice::Body, 0.95)));
    }
    blocks.extend(parts.details(Manner::Inline, 0.95));
    parts.event.body = later;
    blocks.extend(parts.body(0.9));
    blocks.push(Block::Gap(0.4));
    blocks.extend(parts.contacts(0.9));
    frame.fill(area, &blocks, frame.theme.palette, 0.0);
}
