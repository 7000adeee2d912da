//! Pages of running text, as in letters, programmes and books.

use crate::dice::Dice;
use crate::flyer::blocks::{Block, Column, Sheet, Text};
use crate::flyer::tagged::Tagged;
use crate::flyer::theme::{Theme, Voice};
use crate::flyer::{Document, PAGE, filler, layouts, titles};
use crate::fonts::{Fonts, Split};
use crate::looks::Ground;

/// A random page.
pub fn page(dice: &mut Dice, fonts: &Fonts, split: Split) -> Document {
    let mut theme = Theme::any(dice, fonts, split);
    if dice.chance(0.6) {
        theme.ground = Ground::within(dice, 215.0, 255.0);
        theme.palette = [
            theme.ground.ink(dice),
            theme.ground.ink(dice),
            theme.ground.ink(dice),
        ];
    }
    let size = if dice.chance(0.75) {
        [PAGE * 0.72, PAGE]
    } else {
        [PAGE, PAGE * 0.75]
    }
    .map(f32::round);
    let scene = layouts::ground(dice, &theme, size);
    let mut sheet = Sheet {
        scene,
        tags: Vec::new(),
        theme: &theme,
    };
    let margin = dice.range(0.04, 0.1) * size[0];
    let columns = if dice.chance(0.6) { 1 } else { dice.int(2, 3) };
    let gap = dice.range(20.0, 50.0);
    let width = (size[0] - 2.0 * margin - gap * (columns - 1) as f32) / columns as f32;
    let base = dice.log_range(14.0, if columns == 1 { 40.0 } else { 24.0 });
    for i in 0..columns {
        let x0 = margin + i as f32 * (width + gap);
        let column = Column {
            x0,
            x1: x0 + width,
            base,
            spread: 0.0,
            palette: theme.palette,
            draw: false,
        };
        fill(dice, &mut sheet, column, margin, size[1] - margin);
    }
    let Sheet {
        mut scene, tags, ..
    } = sheet;
    scene.clip_shapes();
    Document {
        scene,
        tags,
        values: Vec::new(),
        layout: "prose",
        kind: "page",
    }
}

/// Paragraphs and headings down to `end`.
fn fill(dice: &mut Dice, sheet: &mut Sheet, column: Column, mut y: f32, end: f32) {
    let indent = dice.range(0.3, 1.0);
    let measure = (column.x1 - column.x0) / column.base * 2.0;
    for _ in 0..60 {
        let heading = dice.chance(0.16);
        let text = if heading {
            titles::title(dice)
        } else {
            let n = (dice.range(1.0, 7.0) * measure / 6.0) as usize + 3;
            filler::prose(dice, n)
        };
        let (voice, size) = if heading {
            (Voice::Head, 1.5)
        } else {
            (Voice::Body, 1.0)
        };
        let block = [
            Block::Text(Text {
                tone: usize::from(heading) * 2,
                ..Text::new(Tagged::plain(text), voice, size)
            }),
            Block::Gap(indent),
        ];
        let next = sheet.flow(&block, column, y);
        if next > end + indent * column.base {
            continue;
        }
        sheet.flow(
            &block,
            Column {
                draw: true,
                ..column
            },
            y,
        );
        y = next;
    }
}
