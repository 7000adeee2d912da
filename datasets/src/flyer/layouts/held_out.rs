//! Layouts that only tests see.

use super::Frame;
use crate::flyer::blocks::{Block, Text};
use crate::flyer::filler;
use crate::flyer::parts::Manner;
use crate::flyer::tagged::Tagged;
use crate::flyer::theme::Voice;

pub fn sidebar(frame: &mut Frame) {
    let [w, h] = frame.size();
    let pad = 0.05 * w.min(h);
    let at = w * frame.dice.range(0.58, 0.68);
    let colors = frame.panel([at, 0.0, w, h]);
    let size = frame.title_size();
    let mut parts = frame.parts(0.0);
    let mut main = parts.headline(size, 0);
    main.push(Block::Gap(0.6));
    main.extend(parts.acts(1.1));
    main.extend(parts.body(0.85));
    frame.fill(
        [pad, pad, at - pad, h - pad],
        &main,
        frame.theme.palette,
        0.0,
    );
    let mut parts = frame.parts(0.0);
    let mut side = parts.stacked_day().unwrap_or_default();
    side.push(Block::Gap(0.4));
    let manner = parts.dice.pick(&[Manner::Bare, Manner::Stacked]);
    side.extend(parts.details(manner, 1.0));
    side.extend(parts.contacts(0.75));
    frame.fill(
        [at + pad * 0.6, pad, w - pad * 0.6, h - pad],
        &side,
        colors,
        0.5,
    );
}

pub fn grid_foot(frame: &mut Frame) {
    let [x0, y0, x1, y1] = frame.inner();
    let h = frame.size()[1];
    let cut = h * frame.dice.range(0.28, 0.4);
    frame.photo([x0, y0, x1, cut]);
    let size = frame.title_size();
    let mut parts = frame.parts(0.0);
    let mut blocks = parts.headline(size, 0);
    blocks.push(Block::Gap(0.5));
    blocks.extend(parts.body(0.8));
    blocks.extend(parts.acts(0.9));
    blocks.push(Block::Gap(0.5));
    blocks.push(Block::Rule(1.0, 0.1, 0.0));
    let details = std::mem::take(&mut parts.event.details);
    for row in details.chunks(2) {
        let mut cells = Vec::new();
        for detail in row {
            parts.event.details = vec![detail.clone()];
            cells.push((1.0, parts.details(Manner::Stacked, 0.95)));
        }
        blocks.push(Block::Columns(cells));
    }
    blocks.extend(parts.contacts(0.75));
    frame.fill([x0, cut + 14.0, x1, y1], &blocks, frame.theme.palette, 1.0);
}

pub fn newspaper(frame: &mut Frame) {
    let area = frame.inner();
    let size = frame.dice.range(2.4, 3.4);
    let texts: Vec<String> = (0..3)
        .map(|_| {
            let n = frame.dice.int(12, 32) as usize;
            filler::prose(frame.dice, n)
        })
        .collect();
    let mut parts = frame.parts(0.5);
    let mut blocks = vec![Block::Rule(1.0, 0.08, 0.0)];
    blocks.extend(parts.headline(size, 1));
    blocks.push(Block::Rule(1.0, 0.08, 0.0));
    parts.align = 0.0;
    let mut text: Vec<Block> = texts
        .into_iter()
        .flat_map(|t| {
            [
                Block::Text(Text {
                    optional: false,
                    ..Text::new(Tagged::plain(t), Voice::Body, 0.75)
                }),
                Block::Gap(0.3),
            ]
        })
        .collect();
    text.extend(parts.body(0.75));
    let manner = parts.dice.pick(&[Manner::Inline, Manner::Table]);
    let details = parts.details(manner, 0.9);
    let ground = parts.theme.ground.clone();
    let colors = parts.theme.palette;
    let mut side = vec![Block::Panel(details, ground, colors, 0.5, 0.08, false)];
    side.extend(parts.acts(0.85));
    side.extend(parts.contacts(0.75));
    blocks.push(Block::Columns(vec![(1.2, text), (1.0, side)]));
    frame.fill(area, &blocks, frame.theme.palette, 0.0);
}
