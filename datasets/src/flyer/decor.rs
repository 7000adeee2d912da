//! Blocks that hold no text.

use super::blocks::{Column, Sheet};
use crate::canvas::{Paint, Rgb, luma};
use crate::dice::Dice;
use crate::looks::Ground;
use crate::ornaments::{self, Icon};
use crate::scene::Style;

impl Sheet<'_> {
    pub(super) fn rule(
        &mut self,
        share: f32,
        thick: f32,
        align: f32,
        column: Column,
        y: f32,
    ) -> f32 {
        let width = (column.x1 - column.x0) * share;
        let x = column.x0 + (column.x1 - column.x0 - width) * align;
        let pad = column.base * 0.35;
        let height = (thick * column.base).max(1.0);
        if column.draw {
            self.scene.rect(
                [x, y + pad, x + width, y + pad + height],
                Paint::Solid(column.palette[2]),
                1.0,
            );
        }
        y + 2.0 * pad + height
    }

    pub(super) fn picture(&mut self, ground: &Ground, ratio: f32, column: Column, y: f32) -> f32 {
        let end = y + (column.x1 - column.x0) * ratio;
        if column.draw {
            self.scene
                .rect([column.x0, y, column.x1, end], ground.paint.clone(), 1.0);
        }
        end + column.base * 0.4
    }

    pub(super) fn ornament(&mut self, ems: f32, seed: u64, column: Column, y: f32) -> f32 {
        let end = y + ems * column.base;
        if column.draw {
            let dice = &mut Dice::new(seed, 0);
            let spare = ((column.x1 - column.x0) - (end - y) * dice.range(1.0, 4.0)).max(0.0);
            let left = column.x0 + spare * dice.pick(&[0.0, 0.5, 0.5, 1.0]);
            let area = [left, y, column.x1 - spare + (left - column.x0), end];
            let colors = [column.palette[2], column.palette[0]];
            ornaments::any(dice, &mut self.scene, area, colors, 1.0);
        }
        end + column.base * 0.3
    }

    pub(super) fn icon(&mut self, icon: Icon, style: &Style, x: f32, base: f32, color: Rgb) {
        let side = style.face.metrics().cap_height * style.em * 1.1;
        let hole = if luma(color) < 128.0 {
            [245; 3]
        } else {
            [20; 3]
        };
        ornaments::icon(&mut self.scene, icon, [x, base - side], side, color, hole);
    }
}
