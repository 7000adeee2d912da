//! Where the parts of a flyer stand. Every function fills one page.

use super::blocks::{Block, Sheet, Text};
use super::event::Event;
use super::parts::{Manner, Parts};
use super::tagged::Tagged;
use super::theme::{Theme, Voice, palette};
use crate::canvas::{Paint, Rgb};
use crate::dice::Dice;
use crate::looks::{self, Ground};
use crate::scene::Scene;

/// The layouts that training sees.
pub const TRAIN: &[Layout] = &[
    ("centred", centred), ("left", left), ("two_column", two_column), ("table", table), ("banner", banner), ("split", split), ("ticket", ticket),
    ("invitation", invitation), ("poster", poster), ("programme", programme), ("boxes", boxes), ("calendar_leaf", calendar_leaf), ("notice", notice), ("card", card),
];
/// The layouts that only tests see.
pub const TEST: &[Layout] = &[("sidebar", sidebar), ("grid_foot", grid_foot), ("newspaper", newspaper)];

/// A layout's name, and what fills the page.
pub type Layout = (&'static str, fn(&mut Frame<'_, '_>));

/// A page that is being filled.
pub struct Frame<'a, 'b> {
    /// Chance.
    pub dice: &'a mut Dice,
    /// The event.
    pub event: &'a mut Event,
    /// The look.
    pub theme: &'b Theme,
    /// The page.
    pub sheet: Sheet<'b>,
    /// Largest base em size.
    pub most: f32,
}

impl Frame<'_, '_> {
    fn parts(&mut self, align: f32) -> Parts<'_> {
        Parts { dice: self.dice, event: self.event, theme: self.theme, align }
    }

    fn size(&self) -> [f32; 2] {
        self.sheet.scene.size
    }

    /// The page within a margin.
    fn inner(&mut self) -> [f32; 4] {
        let [w, h] = self.size();
        let m = self.dice.range(0.035, 0.1) * w.min(h);
        [m, m, w - m, h - m]
    }

    fn fill(&mut self, area: [f32; 4], blocks: &[Block], colors: [Rgb; 3], place: f32) {
        self.sheet.region(area, blocks, colors, self.most, place);
    }

    fn panel(&mut self, area: [f32; 4]) -> [Rgb; 3] {
        let ground = Ground::any(self.dice);
        let colors = palette(self.dice, &ground);
        self.sheet.scene.rect(area, ground.paint.clone(), 1.0);
        colors
    }

    /// A part of the page that looks like a photograph.
    fn photo(&mut self, area: [f32; 4]) {
        let paint = looks::cloud(self.dice, 10.0, 240.0);
        self.sheet.scene.rect(area, paint, 1.0);
        let ground = Ground { paint: Paint::Solid([0; 3]), luma: [20.0, 230.0] };
        let inset = [area[0] * 0.75 + area[2] * 0.25, area[1] * 0.75 + area[3] * 0.25, area[0] * 0.5 + area[2] * 0.5, area[1] * 0.5 + area[3] * 0.5];
        looks::clutter(self.dice, &mut self.sheet.scene, &ground, inset, 3);
    }

    fn manner(&mut self) -> Manner {
        [Manner::Bare, Manner::Inline, Manner::Stacked, Manner::Table, Manner::Boxes][self.dice.weighted(&[0.36, 0.3, 0.12, 0.14, 0.08])]
    }

    fn title_size(&mut self) -> f32 {
        self.dice.range(2.2, 4.2)
    }

    fn spread(&mut self) -> f32 {
        self.dice.pick(&[0.0, 0.5, 2.0, 2.0, 2.0])
    }
}

fn stacked(frame: &mut Frame, align: f32) -> Vec<Block> {
    let (size, fill, manner) = (frame.title_size(), usize::from(frame.dice.chance(0.25)) * frame.dice.int(1, 3) as usize, frame.manner());
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
        blocks.extend(acts.into_iter().chain(body).chain([Block::Gap(0.5)]).chain(details));
    } else {
        blocks.extend(details.into_iter().chain(acts).chain([Block::Gap(0.4)]).chain(body));
    }
    blocks.push(Block::Gap(0.5));
    blocks.extend(parts.contacts(0.75));
    blocks
}

fn centred(frame: &mut Frame) {
    let area = frame.inner();
    if frame.dice.chance(0.3) {
        let m = frame.dice.range(0.01, 0.03) * frame.size()[0];
        let [w, h] = frame.size();
        frame.sheet.scene.frame([m, m, w - m, h - m], frame.dice.range(1.0, 7.0), frame.theme.palette[2]);
    }
    let blocks = stacked(frame, 0.5);
    let place = frame.spread();
    frame.fill(area, &blocks, frame.theme.palette, place);
}

fn left(frame: &mut Frame) {
    let area = frame.inner();
    let align = if frame.dice.chance(0.88) { 0.0 } else { 1.0 };
    let blocks = stacked(frame, align);
    let place = frame.spread();
    frame.fill(area, &blocks, frame.theme.palette, place);
}

fn two_column(frame: &mut Frame) {
    let area = frame.inner();
    let (size, align) = (frame.title_size(), frame.theme.align);
    let manner = frame.dice.pick(&[Manner::Bare, Manner::Stacked, Manner::Inline]);
    let mut parts = frame.parts(align);
    let mut blocks = parts.headline(size, 0);
    parts.align = 0.0;
    let (details, mut other) = (parts.details(manner, 1.0), parts.body(0.8));
    other.extend(parts.acts(0.9));
    other.extend(parts.contacts(0.75));
    let share = parts.dice.range(0.7, 1.5);
    let columns = if parts.dice.chance(0.5) { vec![(share, details), (1.0, other)] } else { vec![(1.0, other), (share, details)] };
    blocks.extend([Block::Gap(0.8), Block::Columns(columns)]);
    let place = frame.spread();
    frame.fill(area, &blocks, frame.theme.palette, place);
}

fn table(frame: &mut Frame) {
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

fn banner(frame: &mut Frame) {
    let [x0, y0, x1, y1] = frame.inner();
    let [w, h] = frame.size();
    let (top, foot) = (h * frame.dice.range(0.2, 0.4), h * frame.dice.range(0.88, 0.94));
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
        frame.fill([x0, top + y0 * 0.5, x1, foot - 10.0], &blocks, frame.theme.palette, 2.0);
        let colors = frame.panel([0.0, foot, w, h]);
        frame.fill([x0, foot + 4.0, x1, h - 6.0], &contacts, colors, 0.5);
    } else {
        blocks.push(Block::Gap(0.4));
        blocks.extend(contacts);
        frame.fill([x0, top + y0 * 0.5, x1, y1], &blocks, frame.theme.palette, 2.0);
    }
}

fn split(frame: &mut Frame) {
    let [x0, y0, x1, y1] = frame.inner();
    let [w, h] = frame.size();
    let wide = w > h * 0.95;
    let at = frame.dice.range(0.35, 0.6);
    let (first, second) = if wide { ([0.0, 0.0, w * at, h], [w * at, 0.0, w, h]) } else { ([0.0, 0.0, w, h * at], [0.0, h * at, w, h]) };
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
    frame.fill(inset(second), &blocks, frame.theme.palette, if y1 > y0 { 0.5 } else { 0.0 });
}

fn ticket(frame: &mut Frame) {
    let [w, h] = frame.size();
    let m = 0.06 * h.min(w);
    let stub = w * frame.dice.range(0.68, 0.78);
    let mut y = m * 0.3;
    while y < h {
        frame.sheet.scene.stroke([stub, y], [stub, y + 9.0], 2.0, frame.theme.palette[2], 1.0);
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
    let mut side = vec![Tagged::plain(frame.dice.pick(&["ADMIT ONE", "Admit One", "TICKET", "Entry"])), Tagged::plain(format!("No. {number:05}"))];
    if frame.dice.chance(0.5) {
        side.push(frame.event.title.clone().untagged());
    }
    let side: Vec<Block> = side.into_iter().flat_map(|t| [Block::Text(Text { align: 0.5, ..Text::new(t, Voice::Accent, 0.9) }), Block::Gap(0.4)]).collect();
    frame.fill([stub + m * 0.6, m, w - m * 0.6, h - m], &side, frame.theme.palette, 0.5);
}

fn invitation(frame: &mut Frame) {
    let area = frame.inner();
    if frame.dice.chance(0.5) {
        let [x0, y0, x1, y1] = area;
        let m = x0 * 0.5;
        frame.sheet.scene.frame([x0 - m, y0 - m, x1 + m, y1 + m], frame.dice.range(1.0, 4.0), frame.theme.palette[2]);
    }
    let lead = frame.dice.pick(&["You are cordially invited to", "Please join us for", "You're invited to", "Together with their families", "requests the pleasure of your company at", "Please come to", "We warmly invite you to", "Join us for", "It's time for"]);
    frame.event.presenter.get_or_insert(Tagged::plain(lead));
    let size = frame.dice.range(1.8, 3.0);
    let mut parts = frame.parts(0.5);
    let mut blocks = parts.headline(size, 0);
    blocks.push(Block::Gap(0.6));
    for line in parts.event.invitation(parts.dice).unwrap_or_default() {
        blocks.push(Block::Text(Text { align: 0.5, ..Text::new(line, Voice::Body, 1.0) }));
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

fn poster(frame: &mut Frame) {
    let [x0, y0, x1, y1] = frame.inner();
    let high = y0 + (y1 - y0) * frame.dice.range(0.4, 0.65);
    let fill = frame.dice.int(1, 4) as usize;
    let align = frame.theme.align;
    let head = frame.parts(align).headline(5.5, fill);
    let bottom_first = frame.dice.chance(0.12);
    let manner = frame.dice.pick(&[Manner::Bare, Manner::Bare, Manner::Inline]);
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

fn programme(frame: &mut Frame) {
    let area = frame.inner();
    while frame.event.acts.len() < 4 {
        let act = super::places::act(frame.dice);
        frame.event.acts.push(Tagged::plain(act));
    }
    let (size, align, manner) = (frame.title_size(), frame.theme.align, frame.manner());
    let mut parts = frame.parts(align);
    let mut blocks = parts.headline(size, 0);
    blocks.push(Block::Gap(0.4));
    blocks.extend(parts.details(manner, 1.15));
    let timed = parts.dice.chance(0.6);
    blocks.extend(if timed { parts.programme(0.95) } else { parts.acts(1.2) });
    blocks.extend(parts.body(0.75));
    blocks.push(Block::Gap(0.3));
    blocks.extend(parts.contacts(0.75));
    let place = frame.spread();
    frame.fill(area, &blocks, frame.theme.palette, place);
}

fn boxes(frame: &mut Frame) {
    let area = frame.inner();
    let (size, align) = (frame.title_size(), frame.theme.align);
    let mut parts = frame.parts(align);
    let mut blocks = parts.headline(size, 0);
    blocks.push(Block::Gap(0.6));
    if parts.dice.chance(0.4) {
        blocks.push(Block::Picture(Ground::any(parts.dice), parts.dice.range(0.2, 0.45)));
    }
    blocks.extend(parts.details(Manner::Boxes, 1.0));
    blocks.extend(parts.acts(1.0));
    blocks.extend(parts.body(0.8));
    blocks.push(Block::Gap(0.4));
    blocks.extend(parts.contacts(0.75));
    let place = frame.spread();
    frame.fill(area, &blocks, frame.theme.palette, place);
}

fn calendar_leaf(frame: &mut Frame) {
    let area = frame.inner();
    let (size, align, manner) = (frame.title_size(), frame.theme.align, frame.dice.pick(&[Manner::Bare, Manner::Inline, Manner::Stacked]));
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
        let leaf = (share, vec![Block::Panel(leaf, ground, colors, 0.4, if painted { 0.0 } else { 0.1 }, painted)]);
        let rest = (1.0, std::mem::take(&mut details));
        blocks.push(Block::Columns(if first { vec![leaf, rest] } else { vec![rest, leaf] }));
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
fn notice(frame: &mut Frame) {
    let area = frame.inner();
    for _ in 0..frame.dice.int(1, 3) {
        let n = frame.dice.int(10, 40) as usize;
        let text = super::filler::prose(frame.dice, n);
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
    let lines = if parts.dice.chance(0.6) { parts.event.invitation(parts.dice).unwrap_or_default() } else { Vec::new() };
    for line in lines {
        let line = Tagged::plain(parts.dice.pick(&["We meet ", "It takes place ", "Come and see us ", "Please come ", "The event is "])).then(line);
        blocks.push(Block::Text(Text::new(line, Voice::Body, 0.95)));
    }
    blocks.extend(parts.details(Manner::Inline, 0.95));
    parts.event.body = later;
    blocks.extend(parts.body(0.9));
    blocks.push(Block::Gap(0.4));
    blocks.extend(parts.contacts(0.9));
    frame.fill(area, &blocks, frame.theme.palette, 0.0);
}

/// A panel in the middle of a picture.
fn card(frame: &mut Frame) {
    let [w, h] = frame.size();
    frame.photo([0.0, 0.0, w, h]);
    let (mx, my) = (w * frame.dice.range(0.05, 0.16), h * frame.dice.range(0.05, 0.16));
    let colors = frame.panel([mx, my, w - mx, h - my]);
    let blocks = stacked(frame, frame.theme.align);
    let pad = 0.04 * w.min(h);
    let place = frame.spread();
    frame.fill([mx + pad, my + pad, w - mx - pad, h - my - pad], &blocks, colors, place);
}

fn sidebar(frame: &mut Frame) {
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
    frame.fill([pad, pad, at - pad, h - pad], &main, frame.theme.palette, 0.0);
    let mut parts = frame.parts(0.0);
    let mut side = parts.stacked_day().unwrap_or_default();
    side.push(Block::Gap(0.4));
    let manner = parts.dice.pick(&[Manner::Bare, Manner::Stacked]);
    side.extend(parts.details(manner, 1.0));
    side.extend(parts.contacts(0.75));
    frame.fill([at + pad * 0.6, pad, w - pad * 0.6, h - pad], &side, colors, 0.5);
}

fn grid_foot(frame: &mut Frame) {
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

fn newspaper(frame: &mut Frame) {
    let area = frame.inner();
    let size = frame.dice.range(2.4, 3.4);
    let texts: Vec<String> = (0..3).map(|_| { let n = frame.dice.int(20, 50) as usize; super::filler::prose(frame.dice, n) }).collect();
    let mut parts = frame.parts(0.5);
    let mut blocks = vec![Block::Rule(1.0, 0.08, 0.0)];
    blocks.extend(parts.headline(size, 1));
    blocks.push(Block::Rule(1.0, 0.08, 0.0));
    parts.align = 0.0;
    let mut text: Vec<Block> = texts.into_iter().flat_map(|t| [Block::Text(Text { optional: false, ..Text::new(Tagged::plain(t), Voice::Body, 0.75) }), Block::Gap(0.3)]).collect();
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

/// A page with its ground and what is scattered over it.
pub fn ground(dice: &mut Dice, theme: &Theme, size: [f32; 2]) -> Scene {
    let mut scene = Scene { size, ..Scene::default() };
    scene.rect([0.0, 0.0, size[0], size[1]], theme.ground.paint.clone(), 1.0);
    if dice.chance(0.45) {
        let amount = dice.int(1, 14) as usize;
        looks::clutter(dice, &mut scene, &theme.ground, [0.0, 0.0, size[0], size[1]], amount);
    }
    scene
}
