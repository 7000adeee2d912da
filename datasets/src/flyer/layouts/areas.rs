//! Layouts that part the page into areas.

use super::Frame;
use super::column::stacked;
use crate::flyer::blocks::{Block, Text};
use crate::flyer::parts::Manner;
use crate::flyer::tagged::Tagged;
use crate::flyer::theme::Voice;

pub fn banner(frame: &mut Frame) {
    let [x0, y0, x1, y1] = frame.inner();
    let [w, h] = frame.size();
    let (top, foot) = (
        h * frame.dice.range(0.2, 0.4),
        h * frame.dice.range(0.88, 0.94),
    );
    let head_colors = frame.panel([0.0, 0.0, w, top]);
    let (size, align, fill) = (frame.title_size(), frame.theme.align, frame.dice.below(3));
    let head = frame.parts(align).headline(size, fill);
    frame.fill([x0, y0 * 0.6, x1, top - y0 * 0.4], &head, head_colors, 0.5);
    let manner = frame.manner();
    let with_foot = frame.dice.chance(0.6);
    let mut parts = frame.parts(align);
    let contacts = parts.contacts(0.8);
    let mut blocks = parts.details(manner, 1.2);
    blocks.extend(parts.acts(1.0));
    blocks.extend(parts.body(0.85));
    if with_foot && !contacts.is_empty() {
        frame.fill(
            [x0, top + y0 * 0.5, x1, foot - 10.0],
            &blocks,
            frame.theme.palette,
            2.0,
        );
        let colors = frame.panel([0.0, foot, w, h]);
        frame.fill([x0, foot + 4.0, x1, h - 6.0], &contacts, colors, 0.5);
    } else {
        blocks.push(Block::Gap(0.4));
        blocks.extend(contacts);
        frame.fill(
            [x0, top + y0 * 0.5, x1, y1],
            &blocks,
            frame.theme.palette,
            2.0,
        );
    }
}

pub fn split(frame: &mut Frame) {
    let [x0, y0, x1, y1] = frame.inner();
    let [w, h] = frame.size();
    let wide = w > h * 0.95;
    let at = frame.dice.range(0.35, 0.6);
    let (first, second) = if wide {
        ([0.0, 0.0, w * at, h], [w * at, 0.0, w, h])
    } else {
        ([0.0, 0.0, w, h * at], [0.0, h * at, w, h])
    };
    let colors = frame.panel(first);
    let (size, align, manner) = (frame.title_size(), frame.theme.align, frame.manner());
    let mut head = frame.parts(align).headline(size, 0);
    head.push(Block::Gap(0.4));
    if frame.dice.chance(0.4) {
        head.extend(frame.parts(align).acts(1.0));
    }
    let pad = (w - x1 + x0) * 0.45;
    let inset = |a: [f32; 4]| [a[0] + pad, a[1] + pad, a[2] - pad, a[3] - pad];
    frame.fill(inset(first), &head, colors, 0.5);
    let mut parts = frame.parts(align);
    let mut blocks = parts.details(manner, 1.15);
    blocks.extend(parts.acts(0.95));
    blocks.extend(parts.body(0.8));
    blocks.push(Block::Gap(0.4));
    blocks.extend(parts.contacts(0.8));
    frame.fill(
        inset(second),
        &blocks,
        frame.theme.palette,
        if y1 > y0 { 0.5 } else { 0.0 },
    );
}

pub fn ticket(frame: &mut Frame) {
    let [w, h] = frame.size();
    let m = 0.06 * h.min(w);
    let stub = w * frame.dice.range(0.68, 0.78);
    let mut y = m * 0.3;
    while y < h {
        frame
            .sheet
            .scene
            .stroke([stub, y], [stub, y + 9.0], 2.0, frame.theme.palette[2], 1.0);
        y += 18.0;
    }
    let (size, align, manner) = (frame.title_size(), frame.theme.align, frame.manner());
    let mut parts = frame.parts(align);
    let mut blocks = parts.headline(size, 1);
    blocks.push(Block::Gap(0.3));
    blocks.extend(parts.details(manner, 1.0));
    blocks.extend(parts.contacts(0.7));
    frame.fill([m, m, stub - m, h - m], &blocks, frame.theme.palette, 0.5);
    let number = frame.dice.int(1, 99999);
    let mut side = vec![
        Tagged::plain(
            frame
                .dice
                .pick(&["ADMIT ONE", "Admit One", "TICKET", "Entry"]),
        ),
        Tagged::plain(format!("No. {number:05}")),
    ];
    if frame.dice.chance(0.5) {
        side.push(frame.event.title.clone().untagged());
    }
    let side: Vec<Block> = side
        .into_iter()
        .flat_map(|t| {
            [
                Block::Text(Text {
                    align: 0.5,
                    ..Text::new(t, Voice::Accent, 0.9)
                }),
                Block::Gap(0.4),
            ]
        })
        .collect();
    frame.fill(
        [stub + m * 0.6, m, w - m * 0.6, h - m],
        &side,
        frame.theme.palette,
        0.5,
    );
}

pub fn poster(frame: &mut Frame) {
    let [x0, y0, x1, y1] = frame.inner();
    let high = y0 + (y1 - y0) * frame.dice.range(0.4, 0.65);
    let fill = frame.dice.int(1, 4) as usize;
    let align = frame.theme.align;
    let head = frame.parts(align).headline(5.5, fill);
    let bottom_first = frame.dice.chance(0.12);
    let manner = frame
        .dice
        .pick(&[Manner::Bare, Manner::Bare, Manner::Inline]);
    let mut parts = frame.parts(align);
    let mut blocks = parts.details(manner, 1.25);
    blocks.extend(parts.acts(1.1));
    blocks.extend(parts.body(0.75));
    blocks.extend(parts.contacts(0.8));
    let colors = frame.theme.palette;
    if bottom_first {
        frame.fill([x0, y0, x1, y1 - (high - y0)], &blocks, colors, 0.0);
        frame.fill([x0, y1 - (high - y0), x1, y1], &head, colors, 1.0);
    } else {
        frame.fill([x0, y0, x1, high], &head, colors, 0.0);
        frame.fill([x0, high + 8.0, x1, y1], &blocks, colors, 1.0);
    }
}

/// A panel in the middle of a picture.
pub fn card(frame: &mut Frame) {
    let [w, h] = frame.size();
    frame.photo([0.0, 0.0, w, h]);
    let (mx, my) = (
        w * frame.dice.range(0.05, 0.16),
        h * frame.dice.range(0.05, 0.16),
    );
    let colors = frame.panel([mx, my, w - mx, h - my]);
    let blocks = stacked(frame, frame.theme.align);
    let pad = 0.04 * w.min(h);
    let place = frame.spread();
    frame.fill(
        [mx + pad, my + pad, w - mx - pad, h - my - pad],
        &blocks,
        colors,
        place,
    );
}
