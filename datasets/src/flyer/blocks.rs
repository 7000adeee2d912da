//! Blocks of a page, and how they flow from top to bottom in a column.

use super::lines::{Line, filling_em, line_width, word_width, wrap};
use super::tagged::{Tag, Tagged};
use super::theme::{Theme, Voice};
use crate::canvas::Rgb;
use crate::looks::Ground;
use crate::ornaments::Icon;
use crate::scene::{Placed, Run, Scene, Style};
use std::rc::Rc;

/// Least em size of anything printed, page units at a longer side of 1344.
const LEAST_EM: f32 = 14.0;

/// Text of one look.
#[derive(Clone)]
pub struct Text {
    /// What it says.
    pub text: Tagged,
    /// Which lettering.
    pub voice: Voice,
    /// Em size over the column's base size.
    pub size: f32,
    /// 0 left, 0.5 middle, 1 right.
    pub align: f32,
    /// Which colour of the palette.
    pub tone: usize,
    /// Grows or shrinks to fill the width in this many lines (0: does not).
    pub fill: usize,
    /// May be left out when space is short.
    pub optional: bool,
    /// A sign before the first line.
    pub icon: Option<Icon>,
}

/// A piece of a page.
#[derive(Clone)]
pub enum Block {
    /// Wrapped text.
    Text(Text),
    /// A label and its value beside it, as in a table: share of the width for the label.
    Pair(Text, Vec<Text>, f32),
    /// A line across: share of the width, thickness in ems, alignment.
    Rule(f32, f32, f32),
    /// Empty space in ems.
    Gap(f32),
    /// A picture: height over width.
    Picture(Ground, f32),
    /// A drawing: height in ems, and the seed of what it shows.
    Ornament(f32, u64),
    /// Columns: shares of the width and their blocks.
    Columns(Vec<(f32, Vec<Block>)>),
    /// A panel with its own ground: palette, padding in ems, frame in ems (0: none), whether the
    /// ground is painted.
    Panel(Vec<Block>, Ground, [Rgb; 3], f32, f32, bool),
}

impl Text {
    /// Left-aligned body text.
    pub fn new(text: Tagged, voice: Voice, size: f32) -> Self {
        Self {
            text,
            voice,
            size,
            align: 0.0,
            tone: 0,
            fill: 0,
            optional: false,
            icon: None,
        }
    }
}

/// What is being filled.
pub struct Sheet<'a> {
    /// The page.
    pub scene: Scene,
    /// Tag of every glyph of the page, in order.
    pub tags: Vec<Tag>,
    /// Faces and colours.
    pub theme: &'a Theme,
}

/// Where and how large.
#[derive(Clone, Copy)]
pub struct Column {
    /// Left edge.
    pub x0: f32,
    /// Right edge.
    pub x1: f32,
    /// Base em size.
    pub base: f32,
    /// Further space in every gap.
    pub spread: f32,
    /// Colours of text here.
    pub palette: [Rgb; 3],
    /// Whether to draw, or only to measure.
    pub draw: bool,
}

impl Sheet<'_> {
    /// Puts blocks below each other from `y` on; gives the end.
    pub fn flow(&mut self, blocks: &[Block], column: Column, mut y: f32) -> f32 {
        for block in blocks {
            y = match block {
                Block::Text(text) => self.text(text, column, y),
                Block::Pair(label, values, share) => self.pair(label, values, *share, column, y),
                Block::Rule(share, thick, align) => self.rule(*share, *thick, *align, column, y),
                Block::Gap(ems) => y + ems * column.base + column.spread,
                Block::Picture(ground, ratio) => self.picture(ground, *ratio, column, y),
                Block::Ornament(ems, seed) => self.ornament(*ems, *seed, column, y),
                Block::Columns(columns) => self.columns(columns, column, y),
                Block::Panel(inner, ground, palette, pad, frame, painted) => {
                    self.panel(inner, ground, *palette, [*pad, *frame], *painted, column, y)
                }
            };
        }
        y
    }

    /// Fills an area, at the largest base size up to `most` that lets the blocks fit; `place` 0 is
    /// top, 1 bottom, 2 spread.
    pub fn region(
        &mut self,
        area: [f32; 4],
        blocks: &[Block],
        palette: [Rgb; 3],
        most: f32,
        place: f32,
    ) {
        let [x0, y0, x1, y1] = area;
        let mut blocks = blocks.to_vec();
        let mut column = Column {
            x0,
            x1,
            base: most,
            spread: 0.0,
            palette,
            draw: false,
        };
        let room = y1 - y0;
        let mut used = self.flow(&blocks, column, 0.0);
        while used > room {
            if column.base > LEAST_EM {
                column.base = (column.base * 0.93).max(LEAST_EM * 0.999);
            } else if let Some(last) = blocks
                .iter()
                .rposition(|b| matches!(b, Block::Text(t) if t.optional))
            {
                blocks.remove(last);
            } else if let Some(picture) = blocks
                .iter()
                .rposition(|b| matches!(b, Block::Picture(..) | Block::Ornament(..)))
            {
                blocks.remove(picture);
            } else if column.base > 5.0 {
                column.base *= 0.9;
            } else {
                break;
            }
            used = self.flow(&blocks, column, 0.0);
        }
        let free = (room - used).max(0.0);
        let gaps = blocks.iter().filter(|b| matches!(b, Block::Gap(_))).count();
        column.draw = true;
        if place > 1.0 && gaps > 0 {
            column.spread = free / gaps as f32 * 0.85;
            self.flow(&blocks, column, y0 + free * 0.07);
        } else {
            self.flow(&blocks, column, y0 + free * place.min(1.0));
        }
    }

    fn text(&mut self, text: &Text, column: Column, y: f32) -> f32 {
        let indent = text.icon.map_or(0.0, |_| text.size * column.base * 1.3);
        let column = Column {
            x0: column.x0 + indent,
            ..column
        };
        let width = column.x1 - column.x0;
        let (style, lines) = self.wrapped(text, column, width);
        let mut at = y;
        if let (Some(icon), true) = (text.icon, column.draw) {
            self.icon(
                icon,
                &style,
                column.x0 - indent,
                y + style.ascent(),
                column.palette[2],
            );
        }
        let lead = (style.ascent() + style.descent()).max(0.92 * style.em)
            * self.theme.leading(text.voice);
        for line in &lines {
            if column.draw {
                let x = column.x0 + (width - line_width(&style, line)) * text.align;
                let number = self.scene.lines;
                self.scene.lines += 1;
                self.set(number, &style, line, x, at + style.ascent(), false);
            }
            at += lead;
        }
        at
    }

    /// The style that suits the width, and the lines.
    fn wrapped(&self, text: &Text, column: Column, width: f32) -> (Rc<Style>, Vec<Line>) {
        let em = (text.size * column.base).max(LEAST_EM.min(column.base));
        let mut style = self.theme.style(text.voice, em, column.palette[text.tone]);
        let words = text.text.words(&style);
        if text.fill > 0 {
            style.em = filling_em(&style, &words, width, text.fill)
                .min(em * 2.2)
                .min(230.0);
        }
        let longest = words
            .iter()
            .map(|w| word_width(&style, w))
            .fold(0.0, f32::max);
        if longest > width {
            style.em *= (width / longest) * 0.995;
        }
        let lines = wrap(&style, &words, width);
        (Rc::new(style), lines)
    }

    fn pair(&mut self, label: &Text, values: &[Text], share: f32, column: Column, y: f32) -> f32 {
        let width = column.x1 - column.x0;
        let split = column.x0 + width * share;
        let (label_style, label_lines) =
            self.wrapped(label, column, width * share - column.base * 0.4);
        let first = values
            .first()
            .map(|v| self.wrapped(v, column, column.x1 - split));
        let base = first
            .as_ref()
            .map_or(0.0, |f| f.0.ascent())
            .max(label_style.ascent());
        let number = self.scene.lines;
        let label_end = y
            + base
            + label_lines.len().saturating_sub(1) as f32 * label_style.em * 1.1
            + label_style.descent();
        if column.draw {
            self.scene.lines += 1;
            for (i, line) in label_lines.iter().enumerate() {
                self.set(
                    number,
                    &label_style,
                    line,
                    column.x0,
                    y + base + i as f32 * label_style.em * 1.1,
                    i > 0,
                );
            }
        }
        let mut at = y;
        for (i, value) in values.iter().enumerate() {
            let (style, lines) = self.wrapped(value, column, column.x1 - split);
            let lead = (style.ascent() + style.descent()) * self.theme.leading(value.voice);
            for (k, line) in lines.iter().enumerate() {
                let on_label = i == 0 && k == 0;
                if column.draw {
                    let line_number = if on_label { number } else { self.scene.lines };
                    self.scene.lines += usize::from(!on_label);
                    let rise = if on_label { base } else { style.ascent() };
                    self.set(line_number, &style, line, split, at + rise, on_label);
                }
                at += lead + if on_label { base - style.ascent() } else { 0.0 };
            }
        }
        at.max(label_end) + column.base * 0.25 + column.spread * 0.4
    }

    fn set(&mut self, number: usize, style: &Rc<Style>, line: &Line, x: f32, y: f32, joined: bool) {
        let text: String = line
            .iter()
            .flat_map(|w| std::iter::once(' ').chain(w.iter().map(|c| c.0)))
            .skip(1)
            .collect();
        let (mut glyphs, _): (Vec<Placed>, f32) = style.place(&text, x);
        if let Some(first) = glyphs.first_mut() {
            first.spaced = joined;
        }
        self.tags.extend(line.iter().flatten().map(|c| c.1));
        self.scene.runs.push(Run {
            style: style.clone(),
            y,
            line: number,
            glyphs,
        });
    }

    fn columns(&mut self, columns: &[(f32, Vec<Block>)], column: Column, y: f32) -> f32 {
        let total: f32 = columns.iter().map(|c| c.0).sum();
        let gap = column.base * 0.9;
        let width = column.x1 - column.x0 - gap * (columns.len() as f32 - 1.0);
        let mut x = column.x0;
        let mut end = y;
        for (share, blocks) in columns {
            let w = width * share / total;
            end = self
                .flow(
                    blocks,
                    Column {
                        x0: x,
                        x1: x + w,
                        spread: 0.0,
                        ..column
                    },
                    y,
                )
                .max(end);
            x += w + gap;
        }
        end
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "the parts of one enum variant, and the place"
    )]
    fn panel(
        &mut self,
        inner: &[Block],
        ground: &Ground,
        palette: [Rgb; 3],
        [pad, frame]: [f32; 2],
        painted: bool,
        column: Column,
        y: f32,
    ) -> f32 {
        let inset = pad * column.base;
        let (x0, x1) = (column.x0 + inset, column.x1 - inset);
        let within = Column {
            x0,
            x1,
            palette: if painted { palette } else { column.palette },
            spread: 0.0,
            ..column
        };
        let end = self.flow(
            inner,
            Column {
                draw: false,
                ..within
            },
            y + inset,
        ) + inset;
        if column.draw {
            if painted {
                self.scene
                    .rect([column.x0, y, column.x1, end], ground.paint.clone(), 1.0);
            }
            if frame > 0.0 {
                self.scene.frame(
                    [column.x0, y, column.x1, end],
                    (frame * column.base).max(1.0),
                    within.palette[2],
                );
            }
            self.flow(inner, within, y + inset);
        }
        end + column.base * 0.3
    }
}
