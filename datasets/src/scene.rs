//! A page before it is drawn: shapes, then runs of glyphs in reading order, all in page units (y
//! down).

use crate::canvas::{Canvas, Paint, Rgb};
use crate::fonts::Face;
use crate::pen::{Pen, Screen};
use crate::warp::{Local, Warp};
use std::rc::Rc;

/// How a run of text looks.
#[derive(Clone)]
pub struct Style {
    /// The face.
    pub face: &'static Face,
    /// Em size in page units.
    pub em: f32,
    /// Horizontal stretch (1 is the face as drawn).
    pub stretch: f32,
    /// Slant added: x moves by this times the height.
    pub shear: f32,
    /// Space added after each character, in ems.
    pub tracking: f32,
    /// Emboldening, in ems.
    pub bold: f32,
    /// Cells that the letters are cut into.
    pub screen: Option<Screen>,
    /// Colour of the letters.
    pub color: Rgb,
    /// Opacity of the letters.
    pub opacity: f32,
    /// A halo or shadow behind: colour, shift in ems, growth in ems, opacity.
    pub behind: Option<(Rgb, [f32; 2], f32, f32)>,
}

/// A character with its place.
#[derive(Clone, Copy, Debug)]
pub struct Placed {
    /// The character.
    pub ch: char,
    /// Start of its advance on the baseline, page units.
    pub x: f32,
    /// Its advance, page units.
    pub advance: f32,
    /// Whether a space comes before it in its line.
    pub spaced: bool,
}

/// Glyphs of one style on one baseline.
pub struct Run {
    /// How they look.
    pub style: Rc<Style>,
    /// The baseline, page units.
    pub y: f32,
    /// Text line that they belong to; does not fall from run to run.
    pub line: usize,
    /// The glyphs, left to right.
    pub glyphs: Vec<Placed>,
}

/// A filled polygon.
pub struct Shape {
    /// Corners in page units; empty for the whole picture.
    pub points: Vec<[f32; 2]>,
    /// What fills it.
    pub paint: Paint,
    /// Opacity.
    pub opacity: f32,
}

/// Everything on a page.
#[derive(Default)]
pub struct Scene {
    /// Page size in page units.
    pub size: [f32; 2],
    /// Shapes, the lowest first.
    pub shapes: Vec<Shape>,
    /// Text in reading order.
    pub runs: Vec<Run>,
    /// How many lines there are.
    pub lines: usize,
}

impl Scene {
    /// Draws the page through `warp`.
    pub fn draw(&self, warp: &Warp, canvas: &mut Canvas, pen: &mut Pen) {
        for shape in &self.shapes {
            shape.draw(warp, canvas, pen);
        }
        for run in &self.runs {
            draw_run(run, warp, canvas, pen);
        }
    }

    /// A filled rectangle: x0, y0, x1, y1.
    pub fn rect(&mut self, [x0, y0, x1, y1]: [f32; 4], paint: Paint, opacity: f32) {
        self.shapes.push(Shape {
            points: vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1]],
            paint,
            opacity,
        });
    }

    /// A filled ellipse about (x, y).
    pub fn ellipse(&mut self, [x, y]: [f32; 2], [rx, ry]: [f32; 2], paint: Paint, opacity: f32) {
        let corner = |i: usize| {
            let a = i as f32 * std::f32::consts::TAU / 40.0;
            [x + rx * a.cos(), y + ry * a.sin()]
        };
        self.shapes.push(Shape {
            points: (0..40).map(corner).collect(),
            paint,
            opacity,
        });
    }

    /// A straight stroke.
    pub fn stroke(&mut self, a: [f32; 2], b: [f32; 2], width: f32, color: Rgb, opacity: f32) {
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let s = 0.5 * width / dx.hypot(dy).max(1e-3);
        let (nx, ny) = (-dy * s, dx * s);
        let points = vec![
            [a[0] + nx, a[1] + ny],
            [b[0] + nx, b[1] + ny],
            [b[0] - nx, b[1] - ny],
            [a[0] - nx, a[1] - ny],
        ];
        self.shapes.push(Shape {
            points,
            paint: Paint::Solid(color),
            opacity,
        });
    }

    /// The outline of a rectangle.
    pub fn frame(&mut self, [x0, y0, x1, y1]: [f32; 4], width: f32, color: Rgb) {
        let h = width * 0.5;
        self.stroke([x0 - h, y0], [x1 + h, y0], width, color, 1.0);
        self.stroke([x0 - h, y1], [x1 + h, y1], width, color, 1.0);
        self.stroke([x0, y0], [x0, y1], width, color, 1.0);
        self.stroke([x1, y0], [x1, y1], width, color, 1.0);
    }
}

impl Scene {
    /// Cuts off what stands over the page's edge.
    pub fn clip_shapes(&mut self) {
        let [w, h] = self.size;
        for shape in self.shapes.iter_mut().filter(|s| !s.points.is_empty()) {
            shape.points = clip(std::mem::take(&mut shape.points), w, h);
        }
        self.shapes.retain(|s| s.points.len() > 2);
    }
}

impl Shape {
    /// Fills the shape through `warp`.
    pub fn draw(&self, warp: &Warp, canvas: &mut Canvas, pen: &mut Pen) {
        draw_shape(self, warp, canvas, pen);
    }
}

fn draw_shape(shape: &Shape, warp: &Warp, canvas: &mut Canvas, pen: &mut Pen) {
    let whole = [0.0, 0.0, canvas.width as f32, canvas.height as f32];
    if shape.points.is_empty() {
        return canvas.cover(whole, &shape.paint);
    }
    let points = mapped(&shape.points, warp);
    let area = bounds(&points);
    let clipped = clip(points, canvas.width as f32, canvas.height as f32);
    if clipped.len() < 3 {
        return;
    }
    let [l, t, r, b] = bounds(&clipped);
    let (x0, y0) = (l.floor(), t.floor());
    let (w, h) = ((r.ceil() - x0) as usize, (b.ceil() - y0) as usize);
    if w == 0 || h == 0 {
        return;
    }
    pen.begin(w, h);
    let local: Vec<[f32; 2]> = clipped.iter().map(|p| [p[0] - x0, p[1] - y0]).collect();
    pen.polygon(&local);
    canvas.wash(pen, x0 as i32, y0 as i32, area, &shape.paint, shape.opacity);
}

fn mapped(points: &[[f32; 2]], warp: &Warp) -> Vec<[f32; 2]> {
    if warp.is_straight() {
        return points.iter().map(|p| warp.map(*p)).collect();
    }
    let mut out = Vec::new();
    for (i, a) in points.iter().enumerate() {
        let b = points[(i + 1) % points.len()];
        let steps = if (b[0] - a[0]).abs() > 20.0 { 16 } else { 1 };
        for k in 0..steps {
            let t = k as f32 / steps as f32;
            out.push(warp.map([a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]));
        }
    }
    out
}

fn bounds(points: &[[f32; 2]]) -> [f32; 4] {
    let start = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
    points.iter().fold(start, |[l, t, r, b], p| {
        [l.min(p[0]), t.min(p[1]), r.max(p[0]), b.max(p[1])]
    })
}

/// Sutherland-Hodgman against the picture.
fn clip(mut points: Vec<[f32; 2]>, w: f32, h: f32) -> Vec<[f32; 2]> {
    for (axis, limit, sign) in [(0, 0.0, 1.0), (0, w, -1.0), (1, 0.0, 1.0), (1, h, -1.0)] {
        let inside = |p: &[f32; 2]| (p[axis] - limit) * sign;
        let mut out = Vec::with_capacity(points.len() + 4);
        for (i, a) in points.iter().enumerate() {
            let b = &points[(i + 1) % points.len()];
            let (da, db) = (inside(a), inside(b));
            if da >= 0.0 {
                out.push(*a);
            }
            if (da >= 0.0) != (db >= 0.0) {
                let t = da / (da - db);
                out.push([a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]);
            }
        }
        points = out;
    }
    points
}

/// Where the ink of a glyph lies: left, top, right, bottom in pixels; `local` is the warp about it.
/// A turned glyph's box is that around its turned upright one. `None` without an outline.
pub(crate) fn ink(run: &Run, placed: &Placed, local: &Local) -> Option<[f32; 4]> {
    let style = &*run.style;
    let (glyph, em) = (style.face.glyph(placed.ch)?, style.em);
    let start = placed.x + style.tracking * 0.5 * em;
    let page = |[x, y]: [f32; 2]| {
        local.map([
            start + (x * style.stretch + y * style.shear) * em,
            run.y - y * em,
        ])
    };
    let [l, b, r, t] = glyph.ink;
    let [x0, y0, x1, y1] = bounds(&[[l, b], [r, b], [r, t], [l, t]].map(page));
    let bold = style.bold * em * local.measure().0;
    Some([x0 - bold, y0 - bold, x1 + bold, y1 + bold])
}

fn draw_run(run: &Run, warp: &Warp, canvas: &mut Canvas, pen: &mut Pen) {
    let style = &*run.style;
    if let Some((color, shift, grow, opacity)) = style.behind {
        for placed in &run.glyphs {
            draw_glyph(
                run,
                placed,
                warp,
                canvas,
                pen,
                color,
                opacity,
                shift,
                grow + style.bold,
            );
        }
    }
    for placed in &run.glyphs {
        draw_glyph(
            run,
            placed,
            warp,
            canvas,
            pen,
            style.color,
            style.opacity,
            [0.0; 2],
            style.bold,
        );
    }
}

#[allow(
    clippy::too_many_arguments,
    reason = "one place, two callers, all of it needed"
)]
fn draw_glyph(
    run: &Run,
    placed: &Placed,
    warp: &Warp,
    canvas: &mut Canvas,
    pen: &mut Pen,
    color: Rgb,
    opacity: f32,
    shift: [f32; 2],
    grow: f32,
) {
    let style = &*run.style;
    let Some(glyph) = style.face.glyph(placed.ch) else {
        return;
    };
    let em = style.em;
    let center = [placed.x + placed.advance * 0.5, run.y - em * 0.25];
    let local = warp.local(center, em * 0.1);
    let side = style.tracking * 0.5 * em;
    let origin = [placed.x + side + shift[0] * em, run.y + shift[1] * em];
    let page = |[x, y]: [f32; 2]| {
        local.map([
            origin[0] + (x * style.stretch + y * style.shear) * em,
            origin[1] - y * em,
        ])
    };
    let [l, b, r, t] = glyph.bounds;
    let [x0, y0, x1, y1] = bounds(&[page([l, b]), page([r, b]), page([r, t]), page([l, t])]);
    let (along, _, _) = local.measure();
    let extra = grow * em * along;
    let pad = extra.abs().ceil() + 1.0;
    let (ox, oy) = ((x0 - pad).floor(), (y0 - pad).floor());
    if x1 + pad < 0.0 || y1 + pad < 0.0 || ox >= canvas.width as f32 || oy >= canvas.height as f32 {
        return;
    }
    pen.begin(
        (x1 + pad - ox).ceil() as usize,
        (y1 + pad - oy).ceil() as usize,
    );
    pen.outline(&glyph.outline, em * along, |p| {
        let q = page(p);
        [q[0] - ox, q[1] - oy]
    });
    if extra > 0.05 {
        pen.embolden(extra);
    }
    if let Some(screen) = style.screen {
        let corners = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]].map(page);
        cut(pen, &screen, corners, [ox, oy]);
    }
    canvas.ink(pen, ox as i32, oy as i32, color, opacity);
}

/// Cuts a glyph into cells; `corners` are where (0, 0), (1, 0) and (0, 1) em of it lie in the
/// picture, `origin` the pen's. Cells too small to be told apart are left whole.
fn cut(pen: &mut Pen, screen: &Screen, [o, right, up]: [[f32; 2]; 3], origin: [f32; 2]) {
    const LEAST: f32 = 2.5; // pixels
    let (a, b) = (
        [right[0] - o[0], right[1] - o[1]],
        [up[0] - o[0], up[1] - o[1]],
    );
    let area = a[0] * b[1] - a[1] * b[0];
    let side = area.abs().sqrt() * screen.pitch;
    if side < LEAST {
        return;
    }
    pen.screen(screen, 1.0 / side, |p| {
        let d = [p[0] + origin[0] - o[0], p[1] + origin[1] - o[1]];
        let em = [d[0] * b[1] - d[1] * b[0], a[0] * d[1] - a[1] * d[0]];
        em.map(|x| x / area / screen.pitch)
    });
}
