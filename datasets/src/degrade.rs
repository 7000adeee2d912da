//! What lenses, sensors, printers and codecs do to a picture; none of it moves anything.

use crate::canvas::{Canvas, fraction};
use crate::dice::Dice;
use std::sync::OnceLock;

/// Blurs `times` times by [1 2 1] / 4 both ways: about 0.7 * sqrt(times) pixels of deviation.
pub fn blur(canvas: &mut Canvas, times: usize) {
    for _ in 0..times {
        blur_rows(canvas);
        blur_columns(canvas);
    }
}

fn blur_rows(canvas: &mut Canvas) {
    let mut copy = vec![0u8; canvas.width * 3];
    for row in canvas.data.chunks_exact_mut(canvas.width * 3) {
        copy.copy_from_slice(row);
        let n = row.len();
        for i in 3..n - 3 {
            row[i] =
                ((u16::from(copy[i - 3]) + 2 * u16::from(copy[i]) + u16::from(copy[i + 3]) + 2)
                    >> 2) as u8;
        }
    }
}

fn blur_columns(canvas: &mut Canvas) {
    let stride = canvas.width * 3;
    let mut above = canvas.data[..stride].to_vec();
    let mut here = vec![0u8; stride];
    for y in 1..canvas.height - 1 {
        let (head, below) = canvas.data.split_at_mut((y + 1) * stride);
        let row = &mut head[y * stride..];
        here.copy_from_slice(row);
        for i in 0..stride {
            row[i] = ((u16::from(above[i]) + 2 * u16::from(here[i]) + u16::from(below[i]) + 2) >> 2)
                as u8;
        }
        std::mem::swap(&mut above, &mut here);
    }
}

/// Smears along the rows over `reach` pixels, as a hand that moves does.
pub fn smear(canvas: &mut Canvas, reach: usize) {
    let mut copy = vec![0u8; canvas.width * 3];
    for row in canvas.data.chunks_exact_mut(canvas.width * 3) {
        copy.copy_from_slice(row);
        for i in reach * 3..row.len() {
            let sum: u32 = (0..=reach).map(|k| u32::from(copy[i - k * 3])).sum();
            row[i] = (sum / (reach as u32 + 1)) as u8;
        }
    }
}

/// Adds noise of deviation `strength` (levels); grey noise is the same in all channels.
pub fn noise(canvas: &mut Canvas, dice: &mut Dice, strength: f32, grey: bool) {
    let table = noise_table();
    let gain = (strength * 8.0) as i32;
    for row in canvas.data.chunks_exact_mut(canvas.width * 3) {
        let at = dice.below(table.len() - row.len());
        let source = &table[at..at + row.len()];
        if grey {
            for (pixel, n) in row.chunks_exact_mut(3).zip(source) {
                let add = (i32::from(*n) * gain) >> 8;
                pixel
                    .iter_mut()
                    .for_each(|p| *p = (i32::from(*p) + add).clamp(0, 255) as u8);
            }
        } else {
            for (p, n) in row.iter_mut().zip(source) {
                *p = (i32::from(*p) + ((i32::from(*n) * gain) >> 8)).clamp(0, 255) as u8;
            }
        }
    }
}

/// Normal numbers of deviation 32.
fn noise_table() -> &'static [i8] {
    static TABLE: OnceLock<Vec<i8>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut dice = Dice::new(7, 7);
        (0..1 << 16).map(|_| (dice.gauss() * 32.0) as i8).collect()
    })
}

/// There and back through JPEG.
pub fn jpeg(canvas: &mut Canvas, quality: u8) {
    let mut bytes = Vec::with_capacity(canvas.data.len() / 4);
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality);
    let size = (canvas.width as u32, canvas.height as u32);
    let coded = image::ImageEncoder::write_image(
        encoder,
        &canvas.data,
        size.0,
        size.1,
        image::ExtendedColorType::Rgb8,
    );
    if coded.is_err() {
        return;
    }
    if let Ok(picture) = image::load_from_memory_with_format(&bytes, image::ImageFormat::Jpeg) {
        canvas.data = picture.into_rgb8().into_raw();
    }
}

/// Scales down to `share` of the size and up again.
pub fn resample(canvas: &mut Canvas, share: f32) {
    let small = scaled(
        canvas,
        ((canvas.width as f32 * share) as usize).max(8),
        ((canvas.height as f32 * share) as usize).max(8),
    );
    *canvas = scaled(&small, canvas.width, canvas.height);
}

/// Bilinear scaling.
pub fn scaled(from: &Canvas, width: usize, height: usize) -> Canvas {
    let mut out = Canvas::new(width, height);
    let columns = taps(from.width, width);
    let rows = taps(from.height, height);
    for (row, &(y, fy)) in out.data.chunks_exact_mut(width * 3).zip(&rows) {
        let a = &from.data[y * from.width * 3..(y + 1) * from.width * 3];
        let below = (y + 1).min(from.height - 1);
        let b = &from.data[below * from.width * 3..(below + 1) * from.width * 3];
        for (pixel, &(x, fx)) in row.chunks_exact_mut(3).zip(&columns) {
            let (l, r) = (x * 3, (x + 1).min(from.width - 1) * 3);
            for k in 0..3 {
                let top = u32::from(a[l + k]) * (256 - fx) + u32::from(a[r + k]) * fx;
                let bottom = u32::from(b[l + k]) * (256 - fx) + u32::from(b[r + k]) * fx;
                pixel[k] = ((top * (256 - fy) + bottom * fy + 32768) >> 16) as u8;
            }
        }
    }
    out
}

/// For every target pixel the source pixel before it and the share of the next, of 256.
fn taps(from: usize, to: usize) -> Vec<(usize, u32)> {
    let scale = from as f32 / to as f32;
    let at = |i: usize| ((i as f32 + 0.5) * scale - 0.5).clamp(0.0, from as f32 - 1.0);
    (0..to)
        .map(|i| (at(i) as usize, (at(i).fract() * 256.0) as u32))
        .collect()
}

/// Multiplies by a smooth field of `low..=high`; `patches` corners across and down.
pub fn light(canvas: &mut Canvas, dice: &mut Dice, low: f32, high: f32, patches: usize) {
    let n = patches + 1;
    let tint: [f32; 3] = std::array::from_fn(|_| dice.range(0.97, 1.03));
    let field: Vec<f32> = (0..n * n).map(|_| dice.range(low, high) * 256.0).collect();
    let step = (
        patches as f32 / canvas.width as f32,
        patches as f32 / canvas.height as f32,
    );
    let width = canvas.width;
    let mut gains = vec![0.0f32; n];
    for (y, row) in canvas.data.chunks_exact_mut(width * 3).enumerate() {
        let v = y as f32 * step.1;
        let (r, f) = ((v as usize).min(patches - 1), fraction(v));
        for (c, gain) in gains.iter_mut().enumerate() {
            *gain = field[r * n + c] + (field[(r + 1) * n + c] - field[r * n + c]) * ease(f);
        }
        for (x, pixel) in row.chunks_exact_mut(3).enumerate() {
            let u = x as f32 * step.0;
            let c = (u as usize).min(patches - 1);
            let gain = gains[c] + (gains[c + 1] - gains[c]) * ease(fraction(u));
            for k in 0..3 {
                pixel[k] = ((f32::from(pixel[k]) * gain * tint[k]) as u32 >> 8).min(255) as u8;
            }
        }
    }
}

fn ease(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

/// Brightness, contrast, and a cast of colour.
pub fn tone(canvas: &mut Canvas, dice: &mut Dice, cast: f32) {
    let contrast = dice.range(0.65, 1.1);
    let lift = dice.range(-18.0, 26.0);
    let tables: [[u8; 256]; 3] = std::array::from_fn(|_| {
        let gain = dice.range(1.0 - cast, 1.0 + cast) * contrast;
        std::array::from_fn(|i| ((i as f32 - 128.0) * gain + 128.0 + lift).clamp(0.0, 255.0) as u8)
    });
    for pixel in canvas.data.chunks_exact_mut(3) {
        for k in 0..3 {
            pixel[k] = tables[k][pixel[k] as usize];
        }
    }
}

/// A random mild chain for pictures that were not photographed.
pub fn mild(canvas: &mut Canvas, dice: &mut Dice) {
    if dice.chance(0.3) {
        let times = dice.int(1, 3) as usize;
        blur(canvas, times);
    }
    if dice.chance(0.25) {
        let share = dice.range(0.6, 0.95);
        resample(canvas, share);
    }
    if dice.chance(0.3) {
        light(canvas, dice, 0.55, 1.1, 3);
    }
    if dice.chance(0.3) {
        tone(canvas, dice, 0.08);
    }
    if dice.chance(0.45) {
        let (strength, grey) = (dice.log_range(2.0, 18.0), dice.chance(0.5));
        noise(canvas, dice, strength, grey);
    }
    if dice.chance(0.1) {
        let reach = dice.int(1, 3) as usize;
        smear(canvas, reach);
    }
    if dice.chance(0.4) {
        let quality = dice.int(25, 90) as u8;
        jpeg(canvas, quality);
    }
}
