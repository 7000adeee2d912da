//! Layouts put together anew for every page: parts in any order and any place, so that where a part
//! stands tells little about what it is.

use super::Frame;
use crate::dice::Dice;
use crate::flyer::blocks::Block;
use crate::flyer::parts::Manner;

/// Blocks that stay together, and how much room they want beside others.
type Group = (f32, Vec<Block>);

/// The groups of a flyer: the headline first, then the others in any order.
fn groups(frame: &mut Frame) -> Vec<Group> {
    let (size, align) = (frame.title_size(), frame.theme.align);
    let mut parts = frame.parts(align);
    let head = parts.headline(size, 0);
    let mut rest = Vec::new();
    if parts.dice.chance(0.55) {
        parts.align = 0.5;
        rest.extend(parts.stacked_day().map(|day| (1.5, day)));
    }
    for topic in details(frame) {
        let manner = frame.manner();
        frame.event.details = topic;
        let n = frame.event.details.len() as f32;
        rest.push((0.5 + n, frame.parts(align).details(manner, 1.1)));
    }
    let mut parts = frame.parts(align);
    rest.push((1.0, parts.acts(1.0)));
    rest.push((1.2, parts.body(0.85)));
    rest.push((0.6, parts.contacts(0.8)));
    rest.retain(|g| !g.1.is_empty());
    frame.dice.shuffle(&mut rest);
    rest.insert(0, (3.0, head));
    rest
}

/// The event's details in one run, or parted.
fn details(frame: &mut Frame) -> Vec<Vec<crate::flyer::event::Detail>> {
    let mut all = std::mem::take(&mut frame.event.details);
    if frame.dice.chance(0.4) {
        frame.dice.shuffle(&mut all);
    }
    let size = if frame.dice.chance(0.35) {
        all.len().max(1)
    } else {
        frame.dice.int(1, 3) as usize
    };
    all.chunks(size).map(<[_]>::to_vec).collect()
}

/// One column with its parts in any order; the headline mostly first.
pub fn shuffled(frame: &mut Frame) {
    let mut groups = groups(frame);
    if frame.dice.chance(0.25) {
        let to = frame.dice.below(groups.len());
        groups.swap(0, to);
    }
    let mut blocks = Vec::new();
    for (_, group) in groups {
        blocks.extend(group);
        let gap = frame.dice.range(0.2, 0.9);
        blocks.push(Block::Gap(gap));
        if frame.dice.chance(0.12) {
            let share = frame.dice.range(0.2, 1.0);
            blocks.push(Block::Rule(share, 0.06, frame.theme.align));
        }
    }
    let (area, place) = (frame.inner(), frame.spread());
    let area = narrowed(frame.dice, area);
    frame.fill(area, &blocks, frame.theme.palette, place);
}

/// An area, or often a column of it, so narrow that values go on in the next line.
fn narrowed(dice: &mut Dice, [x0, y0, x1, y1]: [f32; 4]) -> [f32; 4] {
    if dice.chance(0.45) {
        return [x0, y0, x1, y1];
    }
    let whole = x1 - x0;
    let width = (whole * dice.range(0.22, 0.7)).max(whole.min(170.0));
    let left = x0 + (whole - width) * dice.pick(&[0.0, 0.5, 1.0]);
    [left, y0, left + width, y1]
}

/// Areas beside and below each other, some of them panels, one perhaps a picture.
pub fn mosaic(frame: &mut Frame) {
    let mut groups = groups(frame);
    if frame.dice.chance(0.2) {
        let to = frame.dice.below(groups.len());
        groups.swap(0, to);
    }
    let most = frame.dice.int(2, 5) as usize;
    while groups.len() > most {
        // Neighbours join; the headline keeps to itself more often than not.
        let from = usize::from(frame.dice.chance(0.7)).min(groups.len() - 2);
        let at = from + frame.dice.below(groups.len() - 1 - from);
        let (weight, blocks) = groups.remove(at + 1);
        groups[at].0 += weight;
        groups[at].1.push(Block::Gap(0.5));
        groups[at].1.extend(blocks);
    }
    if frame.dice.chance(0.25) {
        let at = frame.dice.below(groups.len() + 1);
        groups.insert(at, (frame.dice.range(0.7, 2.5), Vec::new()));
    }
    let [w, h] = frame.size();
    let beside = frame.dice.chance(0.4);
    part(frame, [0.0, 0.0, w, h], &groups, beside);
}

/// Cuts an area in two, across or down by turns mostly, until each group has its own.
fn part(frame: &mut Frame, area: [f32; 4], groups: &[Group], beside: bool) {
    if let [(_, blocks)] = groups {
        return cell(frame, area, blocks);
    }
    let [x0, y0, x1, y1] = area;
    let at = 1 + frame.dice.below(groups.len() - 1);
    let (first, second) = groups.split_at(at);
    let share = share(frame.dice, first, second);
    // Narrow strips are not cut further.
    let beside = beside && x1 - x0 > 500.0 && (x1 - x0) * share.min(1.0 - share) > 220.0;
    let (a, b) = if beside {
        let x = x0 + (x1 - x0) * share;
        ([x0, y0, x, y1], [x, y0, x1, y1])
    } else {
        let y = y0 + (y1 - y0) * share;
        ([x0, y0, x1, y], [x0, y, x1, y1])
    };
    let next = if frame.dice.chance(0.75) {
        !beside
    } else {
        beside
    };
    part(frame, a, first, next);
    part(frame, b, second, next);
}

fn share(dice: &mut Dice, first: &[Group], second: &[Group]) -> f32 {
    let weight = |groups: &[Group]| groups.iter().map(|g| g.0).sum::<f32>();
    let (a, b) = (weight(first), weight(second));
    (a / (a + b) + dice.range(-0.08, 0.08)).clamp(0.15, 0.85)
}

fn cell(frame: &mut Frame, area: [f32; 4], blocks: &[Block]) {
    let [x0, y0, x1, y1] = area;
    if blocks.is_empty() {
        return frame.photo(area);
    }
    let colors = if frame.dice.chance(0.3) {
        frame.panel(area)
    } else {
        frame.theme.palette
    };
    let side = (x1 - x0).min(y1 - y0);
    let pad = (frame.dice.range(0.03, 0.1) * side).max(10.0);
    let place = frame.dice.pick(&[0.0, 0.0, 0.5, 0.5, 1.0, 2.0]);
    let area = narrowed(frame.dice, [x0 + pad, y0 + pad, x1 - pad, y1 - pad]);
    frame.fill(area, blocks, colors, place);
}

/// Details in cells of a row, each under its label.
pub fn cells(frame: &mut Frame) {
    let (size, align) = (frame.title_size(), frame.theme.align);
    let mut blocks = frame.parts(align).headline(size, 0);
    blocks.push(Block::Gap(0.5));
    let early = frame.dice.chance(0.5);
    if early {
        let mut parts = frame.parts(align);
        blocks.extend(parts.body(0.8));
        blocks.extend(parts.acts(0.95));
        blocks.push(Block::Gap(0.4));
    }
    let all = std::mem::take(&mut frame.event.details);
    let align_cells = frame.dice.pick(&[0.0, 0.0, 0.5]);
    let across = frame.dice.int(2, 4) as usize;
    for row in all.chunks(across) {
        let mut columns = Vec::new();
        for detail in row {
            frame.event.details = vec![detail.clone()];
            let manner = frame.dice.pick(&[
                Manner::Stacked,
                Manner::Stacked,
                Manner::Bare,
                Manner::Inline,
            ]);
            columns.push((
                frame.dice.range(0.8, 1.25),
                frame.parts(align_cells).details(manner, 1.0),
            ));
        }
        blocks.push(Block::Columns(columns));
    }
    let mut parts = frame.parts(align);
    blocks.extend(parts.acts(0.95));
    blocks.extend(parts.body(0.8));
    blocks.push(Block::Gap(0.4));
    blocks.extend(parts.contacts(0.75));
    let (area, place) = (frame.inner(), frame.spread());
    frame.fill(area, &blocks, frame.theme.palette, place);
}
