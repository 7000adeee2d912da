//! Pages of running text, as in letters, programmes and books.

use crate::dice::Dice;
use crate::flyer::blocks::{Block, Column, Sheet, Text};
use crate::flyer::tagged::Tagged;
use crate::flyer::theme::{Theme, Voice};
use crate::flyer::{Document, PAGE, filler, layouts, titles};
use crate::fonts::{Fonts, Split};
use crate::looks::Ground;

/// Longer side of a page of small print, in page units: nothing is set under 14 of them, and drawn
/// at 1344 pixels that is an em size of 10.
pub const SMALL: f32 = PAGE * 1.4;
/// Em sizes of small print, in page units: 10 to 16 pixels at 1344.
const SMALL_EM: [f32; 2] = [14.0, 22.4];
/// Letters of a column of small print, about: what a model may show its decoder of a page is
/// bounded (`max_glyphs` of nano is 1200), and reading is what is asked, not room.
const LETTERS: f32 = 700.0;

/// A random theme, on light paper more often than not, and the page's size for its longer side.
fn look(dice: &mut Dice, fonts: &Fonts, split: Split, longer: f32) -> (Theme, [f32; 2]) {
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
        [longer * 0.72, longer]
    } else {
        [longer, longer * 0.75]
    };
    (theme, size.map(f32::round))
}

fn document(sheet: Sheet, layout: &'static str) -> Document {
    let Sheet {
        mut scene, tags, ..
    } = sheet;
    scene.clip_shapes();
    Document {
        scene,
        tags,
        values: Vec::new(),
        layout,
        kind: "page",
    }
}

/// A page with a column of small print somewhere on it, its longer side [`SMALL`].
pub fn small_print(dice: &mut Dice, fonts: &Fonts, split: Split) -> Document {
    let (theme, size) = look(dice, fonts, split, SMALL);
    let scene = layouts::ground(dice, &theme, size);
    let mut sheet = Sheet {
        scene,
        tags: Vec::new(),
        theme: &theme,
    };
    let base = dice.log_range(SMALL_EM[0], SMALL_EM[1]);
    let margin = 0.06 * size[0];
    let width = (size[0] - 2.0 * margin) / dice.range(1.8, 3.2);
    // A letter is half an em wide, a line 1.4 high.
    let height = LETTERS / (2.0 * width / base) * 1.4 * base;
    let x0 = dice.range(margin, size[0] - margin - width);
    let y0 = dice.range(margin, (size[1] - margin - height).max(margin + 1.0));
    let column = Column {
        x0,
        x1: x0 + width,
        base,
        spread: 0.0,
        palette: theme.palette,
        draw: false,
    };
    let end = (y0 + height).min(size[1] - margin);
    fill(dice, &mut sheet, column, [y0, end], 1.0);
    document(sheet, "small print")
}

/// A random page.
pub fn page(dice: &mut Dice, fonts: &Fonts, split: Split) -> Document {
    let (theme, size) = look(dice, fonts, split, PAGE);
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
        fill(dice, &mut sheet, column, [margin, size[1] - margin], 1.5);
    }
    document(sheet, "prose")
}

/// Paragraphs and headings, `head` times as large, from `y` down to `end`.
fn fill(dice: &mut Dice, sheet: &mut Sheet, column: Column, [mut y, end]: [f32; 2], head: f32) {
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
            (Voice::Head, head)
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
