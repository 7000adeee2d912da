//! Pixels in memory and what may be painted on them.

use crate::dice::Dice;
use crate::pen::Pen;
use crate::photos::{Piece, Sampler};

/// RGB, 8 bits.
pub type Rgb = [u8; 3];

/// How bright a colour looks, 0..=255.
pub fn luma(c: Rgb) -> f32 {
    0.299 * f32::from(c[0]) + 0.587 * f32::from(c[1]) + 0.114 * f32::from(c[2])
}

/// `a` moved towards `b` by `t` in 0..=1.
pub fn mix(a: Rgb, b: Rgb, t: f32) -> Rgb {
    std::array::from_fn(|i| (f32::from(a[i]) + (f32::from(b[i]) - f32::from(a[i])) * t + 0.5) as u8)
}

/// A picture in rows of RGB.
pub struct Canvas {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// width * height * 3 bytes.
    pub data: Vec<u8>,
}

/// What fills a shape. Positions are pixels of the shape's own bounding box, scaled to 0..=1.
#[derive(Clone, Debug)]
pub enum Paint {
    /// One colour.
    Solid(Rgb),
    /// From the first colour to the second along a direction (radians).
    Gradient(Rgb, Rgb, f32),
    /// A small picture of `columns` x `rows` colours, smoothed: looks like an unsharp photograph.
    Cloud(usize, usize, Vec<Rgb>),
    /// Stripes of two colours: width as a share of the box's diagonal, direction in radians.
    Stripes(Rgb, Rgb, f32, f32),
    /// Two colours mixed at random at every pixel; the third is the seed.
    Grain(Rgb, Rgb, u64),
    /// A piece of a photograph.
    Photo(Piece),
}

impl Canvas {
    /// A black picture.
    pub fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            data: vec![0; width * height * 3],
        }
    }

    /// Fills what `pen` holds, whose top left lies at (x0, y0), with one colour.
    pub fn ink(&mut self, pen: &mut Pen, x0: i32, y0: i32, color: Rgb, opacity: f32) {
        self.lay(pen, x0, y0, |_, row, pixels| {
            lay(pixels, row.coverage, opacity, 0, |_| color);
        });
    }

    /// Fills what `pen` holds with a paint that spans `area` (x0, y0, x1, y1 in pixels).
    pub fn wash(
        &mut self,
        pen: &mut Pen,
        x0: i32,
        y0: i32,
        area: [f32; 4],
        paint: &Paint,
        opacity: f32,
    ) {
        if let Paint::Solid(color) = paint {
            return self.ink(pen, x0, y0, *color, opacity);
        }
        let mut brush = Brush::new(paint, area);
        self.lay(pen, x0, y0, |y, row, pixels| {
            brush.row(y as f32);
            brush.lay(pixels, row.coverage, opacity, row.x);
        });
    }

    /// Gives every row of what `pen` holds that lies in the picture: y, what is covered of it from
    /// which x on, and the pixels there.
    fn lay(
        &mut self,
        pen: &mut Pen,
        x0: i32,
        y0: i32,
        mut paint: impl FnMut(i32, Row<'_>, &mut [u8]),
    ) {
        let (width, height) = (self.width as i32, self.height as i32);
        pen.rows(|y, row| {
            let y = y0 + y as i32;
            if y < 0 || y >= height {
                return;
            }
            let from = (-x0).max(0) as usize;
            let to = (width - x0).clamp(0, row.len() as i32) as usize;
            if from >= to {
                return;
            }
            let x = x0 + from as i32;
            let start = (y * width + x) as usize * 3;
            let coverage = &row[from..to];
            paint(
                y,
                Row { x, coverage },
                &mut self.data[start..start + (to - from) * 3],
            );
        });
    }

    /// Covers everything with a paint that spans `area`.
    pub fn cover(&mut self, area: [f32; 4], paint: &Paint) {
        if let Paint::Solid(color) = paint {
            self.data
                .chunks_exact_mut(3)
                .for_each(|p| p.copy_from_slice(color));
            return;
        }
        let mut brush = Brush::new(paint, area);
        let all = vec![255; self.width];
        for (y, row) in self.data.chunks_exact_mut(self.width * 3).enumerate() {
            brush.row(y as f32);
            brush.lay(row, &all, 1.0, 0);
        }
    }
}

/// A part of a row of the picture: where it begins, and how much of each pixel is covered.
struct Row<'a> {
    x: i32,
    coverage: &'a [u8],
}

/// Blends the colours at x0, x0 + 1, ... into the pixels that are covered.
fn lay(
    pixels: &mut [u8],
    coverage: &[u8],
    opacity: f32,
    x0: i32,
    mut color: impl FnMut(f32) -> Rgb,
) {
    let strength = (opacity * 256.0) as u32;
    for (i, (pixel, &a)) in pixels.chunks_exact_mut(3).zip(coverage).enumerate() {
        if a == 0 {
            continue;
        }
        let (color, a) = (
            color((x0 + i as i32) as f32),
            (u32::from(a) * strength) >> 8,
        );
        if a == 255 {
            pixel.copy_from_slice(&color);
        } else {
            blend(pixel, color, a);
        }
    }
}

fn blend(pixel: &mut [u8], color: Rgb, a: u32) {
    for (p, c) in pixel.iter_mut().zip(color) {
        *p = ((u32::from(*p) * (255 - a) + u32::from(c) * a + 127) / 255) as u8;
    }
}

/// Gives a paint's colours along a row.
struct Brush<'a> {
    paint: &'a Paint,
    ramp: Vec<Rgb>,
    /// Along = x * dir[0] + y * dir[1] + dir[2], in 0..=1 over the area.
    dir: [f32; 3],
    area: [f32; 4],
    base: f32,
    colors: Vec<[f32; 3]>,
    noise: u64,
    y: f32,
    photo: Option<Sampler<'a>>,
}

impl<'a> Brush<'a> {
    fn new(paint: &'a Paint, area: [f32; 4]) -> Self {
        let mut brush = Self {
            paint,
            ramp: Vec::new(),
            dir: [0.0; 3],
            area,
            base: 0.0,
            colors: Vec::new(),
            noise: 1,
            y: 0.0,
            photo: None,
        };
        match paint {
            Paint::Gradient(a, b, angle) => {
                brush.aim(*angle);
                brush.ramp = (0..256).map(|i| mix(*a, *b, i as f32 / 255.0)).collect();
            }
            Paint::Stripes(.., angle) => brush.aim(*angle),
            Paint::Grain(a, b, _) => {
                brush.ramp = (0..256).map(|i| mix(*a, *b, i as f32 / 255.0)).collect()
            }
            Paint::Photo(piece) => brush.photo = Some(Sampler::new(piece, area, 1.0)),
            _ => {}
        }
        brush
    }

    fn aim(&mut self, angle: f32) {
        let [x0, y0, x1, y1] = self.area;
        let (c, s) = (angle.cos(), angle.sin());
        let reach = ((x1 - x0) * c.abs() + (y1 - y0) * s.abs()).max(1.0);
        let middle = 0.5 * ((x0 + x1) * c + (y0 + y1) * s);
        self.dir = [c / reach, s / reach, 0.5 - middle / reach];
    }

    fn row(&mut self, y: f32) {
        self.y = y;
        self.base = y * self.dir[1] + self.dir[2];
        match self.paint {
            Paint::Cloud(columns, rows, colors) => {
                let v = ((y - self.area[1]) / (self.area[3] - self.area[1]).max(1.0))
                    .clamp(0.0, 0.9999)
                    * (*rows as f32 - 1.0);
                let (r, f) = (v as usize, smooth(fraction(v)));
                let at = |r: usize, c: usize| colors[r.min(rows - 1) * columns + c];
                let line = (0..*columns).map(|c| {
                    let (a, b) = (at(r, c), at(r + 1, c));
                    std::array::from_fn(|k| {
                        f32::from(a[k]) + (f32::from(b[k]) - f32::from(a[k])) * f
                    })
                });
                self.colors.clear();
                self.colors.extend(line);
            }
            Paint::Grain(.., seed) => {
                self.noise = (seed ^ (y as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)) | 1
            }
            _ => {}
        }
    }

    /// Blends the row's colours from `x0` on into the pixels that are covered.
    fn lay(&mut self, pixels: &mut [u8], coverage: &[u8], opacity: f32, x0: i32) {
        let (base, dir, area, ramp) = (self.base, self.dir, self.area, &self.ramp);
        match self.paint {
            Paint::Solid(c) => lay(pixels, coverage, opacity, x0, |_| *c),
            Paint::Gradient(..) => lay(pixels, coverage, opacity, x0, |x| {
                ramp[((x * dir[0] + base) * 255.0).clamp(0.0, 255.0) as usize]
            }),
            Paint::Stripes(a, b, width, _) => lay(pixels, coverage, opacity, x0, |x| {
                let t = (x * dir[0] + base) / width;
                if t.floor() as i32 & 1 == 0 { *a } else { *b }
            }),
            Paint::Grain(..) => {
                let noise = &mut self.noise;
                lay(pixels, coverage, opacity, x0, |_| {
                    *noise = noise
                        .wrapping_mul(0x5851_f42d_4c95_7f2d)
                        .wrapping_add(0x1405_7b7e_f767_814f);
                    ramp[(*noise >> 56) as usize]
                });
            }
            Paint::Photo(_) => {
                let (Some(photo), y) = (&self.photo, self.y) else {
                    return;
                };
                lay(pixels, coverage, opacity, x0, |x| {
                    photo.at(x + 0.5, y + 0.5)
                });
            }
            Paint::Cloud(columns, ..) => {
                let (colors, wide) = (&self.colors, (area[2] - area[0]).max(1.0));
                lay(pixels, coverage, opacity, x0, |x| {
                    let u = ((x - area[0]) / wide).clamp(0.0, 0.9999) * (*columns as f32 - 1.0);
                    let (c, f) = (u as usize, smooth(fraction(u)));
                    let (a, b) = (colors[c], colors[(c + 1).min(columns - 1)]);
                    std::array::from_fn(|k| (a[k] + (b[k] - a[k]) * f) as u8)
                });
            }
        }
    }
}

/// `x.fract()` of numbers from 0 on, without a call into the C library, which x86-64's baseline
/// takes for it.
pub fn fraction(x: f32) -> f32 {
    x - (x as i32) as f32
}

fn smooth(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

/// A colour whose brightness lies in `low..=high`.
pub fn color_within(dice: &mut Dice, low: f32, high: f32) -> Rgb {
    let want = dice.range(low, high);
    let dull = if dice.chance(0.4) {
        dice.range(0.7, 1.0)
    } else {
        dice.range(0.0, 0.5)
    };
    let raw: Rgb = std::array::from_fn(|_| (dice.unit() * 255.0) as u8);
    let grey = [want as u8; 3];
    let tinted = at_luma(mix(raw, grey, dull), want);
    if dice.chance(0.2) {
        at_luma(grey, want)
    } else {
        tinted
    }
}

/// The colour moved towards black or white until it is `want` bright.
fn at_luma(c: Rgb, want: f32) -> Rgb {
    let have = luma(c).max(1.0);
    if have > want {
        mix([0; 3], c, want / have)
    } else {
        mix(c, [255; 3], (want - have) / (255.0 - have).max(1.0))
    }
}
