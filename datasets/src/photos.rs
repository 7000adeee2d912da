//! Photographs that pictures are laid on: pieces of them at any scale, toned where print is to stay
//! legible on them.

use crate::canvas::{Canvas, Rgb, luma};
use crate::dice::Dice;
use crate::fonts::Split;
use anyhow::{Context, Result, ensure};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Photographs that are kept decoded: 24 of 1600x1067 px with their smaller levels take some 160
/// MB.
const DECODED: usize = 24;

/// A photograph and smaller versions of it, each half the one before.
pub struct Photo {
    levels: Vec<Canvas>,
}

/// The pictures of a folder; of ten, chosen by their names, one is held out for the dev split and
/// one for the test split.
pub struct Photos {
    files: [Vec<PathBuf>; 3],
    decoded: Mutex<VecDeque<(PathBuf, Arc<Photo>)>>,
}

impl Photos {
    /// The JPEG and PNG files of `folder`.
    ///
    /// # Errors
    /// The folder cannot be read, or a split has no picture.
    pub fn of_folder(folder: &Path) -> Result<Self> {
        let what = || format!("the photographs of {}", folder.display());
        let mut files = [const { Vec::new() }; 3];
        for entry in std::fs::read_dir(folder).with_context(what)? {
            let path = entry.with_context(what)?.path();
            let kind = path.extension().and_then(|e| e.to_str()).unwrap_or("");
            if ["jpg", "jpeg", "png"].contains(&kind) {
                files[place(split_of(&path))].push(path);
            }
        }
        let [train, dev, test] = [0, 1, 2].map(|i| files[i].len());
        ensure!(
            train > 0 && dev > 0 && test > 0,
            "{} holds {train} photographs for training, {dev} for dev and {test} for tests (.jpg, \
             .jpeg, .png): some of each are needed; training/fetch_photos.py fetches them",
            folder.display()
        );
        files.iter_mut().for_each(|f| f.sort());
        let decoded = Mutex::default();
        Ok(Self { files, decoded })
    }

    /// How many there are of `split`.
    pub fn len(&self, split: Split) -> usize {
        self.of(split).len()
    }

    /// Never: every split has pictures.
    pub fn is_empty(&self) -> bool {
        false
    }

    fn of(&self, split: Split) -> &[PathBuf] {
        &self.files[place(split)]
    }

    /// A random few of `split`, so that pictures made together share what had to be decoded. Files
    /// that are broken are left out.
    pub fn deal(&self, dice: &mut Dice, split: Split, count: usize) -> Vec<Arc<Photo>> {
        let files = self.of(split);
        let drawn: Vec<usize> = (0..count).map(|_| dice.below(files.len())).collect();
        drawn
            .into_iter()
            .filter_map(|i| self.photo(&files[i]))
            .collect()
    }

    fn known(&self, file: &Path) -> Option<Arc<Photo>> {
        let decoded = self.decoded.lock().expect("no holder panics");
        let found = decoded.iter().find(|(f, _)| f == file);
        found.map(|(_, photo)| photo.clone())
    }

    fn photo(&self, file: &Path) -> Option<Arc<Photo>> {
        if let Some(photo) = self.known(file) {
            return Some(photo);
        }
        let photo = match image::open(file) {
            Ok(picture) => Arc::new(Photo::new(picture.into_rgb8())),
            Err(e) => {
                eprintln!("left out: {}: {e}", file.display());
                return None;
            }
        };
        let mut decoded = self.decoded.lock().expect("no holder panics");
        decoded.truncate(DECODED - 1);
        decoded.push_front((file.to_path_buf(), photo.clone()));
        Some(photo)
    }
}

/// Where a split's files are.
fn place(split: Split) -> usize {
    match split {
        Split::Train => 0,
        Split::Dev => 1,
        Split::Test => 2,
    }
}

/// By the file's name alone (FNV-1a), so that further pictures move none.
fn split_of(file: &Path) -> Split {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    });
    match (hash >> 32) % 10 {
        0 => Split::Test,
        1 => Split::Dev,
        _ => Split::Train,
    }
}

impl Photo {
    /// Of decoded pixels.
    pub fn new(picture: image::RgbImage) -> Self {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let data = picture.into_raw();
        let mut levels = vec![Canvas {
            width,
            height,
            data,
        }];
        while let Some(smaller) = levels.last().and_then(halved) {
            levels.push(smaller);
        }
        Self { levels }
    }

    fn size(&self) -> [f32; 2] {
        [self.levels[0].width as f32, self.levels[0].height as f32]
    }
}

/// Means of two by two pixels; `None` of what is small already.
fn halved(from: &Canvas) -> Option<Canvas> {
    if from.width.min(from.height) < 16 {
        return None;
    }
    let mut out = Canvas::new(from.width / 2, from.height / 2);
    let stride = from.width * 3;
    for (y, row) in out.data.chunks_exact_mut(out.width * 3).enumerate() {
        let (a, b) = from.data[2 * y * stride..(2 * y + 2) * stride].split_at(stride);
        for (i, p) in row.iter_mut().enumerate() {
            let k = i / 3 * 6 + i % 3;
            let sum = u16::from(a[k]) + u16::from(a[k + 3]) + u16::from(b[k]) + u16::from(b[k + 3]);
            *p = ((sum + 2) >> 2) as u8;
        }
    }
    Some(out)
}

/// What of a photograph fills a shape, and in which tones.
#[derive(Clone)]
pub struct Piece {
    photo: Arc<Photo>,
    /// Where it lies in the room that the photograph leaves it, 0..=1.
    place: [f32; 2],
    /// Its size over that of the largest piece of the shape's proportions; over 1 the photograph
    /// repeats, mirrored.
    share: f32,
    /// Seen in a mirror, upside down, on its side.
    turn: [bool; 3],
    /// Brightness is multiplied by the first, the second is added.
    tone: [f32; 2],
    /// Levels that no channel leaves.
    within: [f32; 2],
}

impl std::fmt::Debug for Piece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Piece of {:?} px", self.photo.size())
    }
}

impl Piece {
    /// A random piece as it is.
    pub fn any(dice: &mut Dice, photo: Arc<Photo>) -> Self {
        Self {
            photo,
            place: [dice.unit(), dice.unit()],
            share: dice.log_range(0.2, 1.6),
            turn: [dice.chance(0.5), dice.chance(0.1), dice.chance(0.15)],
            tone: [1.0, 0.0],
            within: [0.0, 255.0],
        }
    }

    /// The same with its brightness brought into `low..=high`, with as much of its contrast as
    /// there is room for.
    pub fn toned(mut self, dice: &mut Dice, low: f32, high: f32) -> Self {
        let [dark, light] = self.luma([1.0; 2], [0.0, 0.0, 1.0, 1.0]);
        let gain = ((high - low) / (light - dark).max(1.0)).min(1.2);
        let room = (high - low - gain * (light - dark)).max(0.0);
        self.tone = [gain, low + room * dice.unit() - gain * dark];
        self.within = [(low - 15.0).max(0.0), (high + 15.0).min(255.0)];
        self
    }

    /// The brightness that nine tenths of a part lie within; `size` is the shape's, `part` (x0, y0,
    /// x1, y1) a share of it.
    pub fn luma(&self, size: [f32; 2], part: [f32; 4]) -> [f32; 2] {
        const STEPS: usize = 14;
        let [w, h] = size;
        let sampler = Sampler::new(self, [0.0, 0.0, w, h], w.max(h) / 80.0);
        let at = |a: f32, b: f32, i: usize| a + (b - a) * (i as f32 + 0.5) / STEPS as f32;
        let mut seen: Vec<f32> = (0..STEPS * STEPS)
            .map(|i| {
                let x = at(part[0], part[2], i % STEPS) * w;
                let y = at(part[1], part[3], i / STEPS) * h;
                luma(sampler.at(x, y))
            })
            .collect();
        seen.sort_by(f32::total_cmp);
        [
            seen[seen.len() / 20],
            seen[seen.len() - 1 - seen.len() / 20],
        ]
    }
}

/// Gives a piece's colours at pixels of a shape that spans an area.
pub struct Sampler<'a> {
    level: &'a Canvas,
    turn: [bool; 3],
    /// Level pixels = (pixel - area's corner) * step + start, both ways.
    step: f32,
    start: [f32; 2],
    corner: [f32; 2],
    size: [f32; 2],
    tones: [u8; 256],
}

impl<'a> Sampler<'a> {
    /// For the area (x0, y0, x1, y1), read at every `every` pixels of it.
    pub fn new(piece: &'a Piece, [x0, y0, x1, y1]: [f32; 4], every: f32) -> Self {
        let size = [(x1 - x0).max(1.0), (y1 - y0).max(1.0)];
        let seen = if piece.turn[2] {
            [size[1], size[0]]
        } else {
            size
        };
        let whole = piece.photo.size();
        // Photograph pixels to one of the shape's.
        let step = (whole[0] / seen[0]).min(whole[1] / seen[1]) * piece.share;
        let sharp = (step * every).log2().round().max(0.0) as usize;
        let at = sharp.min(piece.photo.levels.len() - 1);
        let level = &piece.photo.levels[at];
        let shrunk = (1u32 << at) as f32;
        let start = [0, 1].map(|k| (whole[k] - seen[k] * step) * piece.place[k] / shrunk);
        let [gain, add] = piece.tone;
        let tones = std::array::from_fn(|v| {
            (v as f32 * gain + add).clamp(piece.within[0], piece.within[1]) as u8
        });
        Self {
            level,
            turn: piece.turn,
            step: step / shrunk,
            start,
            corner: [x0, y0],
            size,
            tones,
        }
    }

    /// The colour at a pixel of the picture.
    pub fn at(&self, x: f32, y: f32) -> Rgb {
        let mut p = [x - self.corner[0], y - self.corner[1]];
        for (at, (turned, size)) in p.iter_mut().zip(self.turn.iter().zip(self.size)) {
            if *turned {
                *at = size - *at;
            }
        }
        if self.turn[2] {
            p.swap(0, 1);
        }
        let (width, height) = (self.level.width, self.level.height);
        let (left, right, fx) = taps(p[0] * self.step + self.start[0], width);
        let (top, bottom, fy) = taps(p[1] * self.step + self.start[1], height);
        let pixel = |x: usize, y: usize| &self.level.data[(y * width + x) * 3..][..3];
        let (a, b) = (pixel(left, top), pixel(right, top));
        let (c, d) = (pixel(left, bottom), pixel(right, bottom));
        std::array::from_fn(|k| {
            let across = |a: &[u8], b: &[u8]| i32::from(a[k]) * (256 - fx) + i32::from(b[k]) * fx;
            let v = (across(a, b) * (256 - fy) + across(c, d) * fy) >> 16;
            self.tones[v as usize & 255]
        })
    }
}

/// The two pixels of a side of `n` that a place lies between, mirrored beyond the ends, and 256ths
/// of the second.
fn taps(v: f32, n: usize) -> (usize, usize, i32) {
    let v = (v - 0.5).clamp(-1e6, 1e6);
    let whole = v.floor();
    let f = ((v - whole) * 256.0) as i32;
    let fold = |i: i32| {
        let i = i.rem_euclid(2 * n as i32) as usize;
        if i < n { i } else { 2 * n - 1 - i }
    };
    (fold(whole as i32), fold(whole as i32 + 1), f)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 40 x 30 pixels, each of another colour.
    fn photo() -> Arc<Photo> {
        let color = |x: u32, y: u32| image::Rgb([x as u8 * 6, y as u8 * 8, 100]);
        Arc::new(Photo::new(image::RgbImage::from_fn(40, 30, color)))
    }

    fn whole() -> Piece {
        Piece {
            photo: photo(),
            place: [0.5; 2],
            share: 1.0,
            turn: [false; 3],
            tone: [1.0, 0.0],
            within: [0.0, 255.0],
        }
    }

    #[test]
    fn a_piece_as_it_is_gives_the_photograph_s_pixels() {
        let piece = whole();
        let sampler = Sampler::new(&piece, [7.0, 3.0, 47.0, 33.0], 1.0);
        for (x, y) in [(0, 0), (39, 0), (0, 29), (39, 29), (20, 11)] {
            let seen = sampler.at(7.5 + x as f32, 3.5 + y as f32);
            assert_eq!(seen, [x as u8 * 6, y as u8 * 8, 100], "{x}, {y}");
        }
    }

    #[test]
    fn turns_mirror_and_lay_on_the_side() {
        let corner = |turn| {
            let piece = Piece { turn, ..whole() };
            let size = if turn[2] { [30.0, 40.0] } else { [40.0, 30.0] };
            Sampler::new(&piece, [0.0, 0.0, size[0], size[1]], 1.0).at(0.5, 2.5)
        };
        assert_eq!(corner([false; 3]), [0, 16, 100]);
        assert_eq!(corner([true, false, false]), [39 * 6, 16, 100]);
        assert_eq!(corner([false, true, false]), [0, 27 * 8, 100]);
        assert_eq!(corner([false, false, true]), [2 * 6, 0, 100]);
    }

    #[test]
    fn beyond_its_end_a_photograph_goes_on_mirrored() {
        assert_eq!(taps(-0.5, 10), (0, 0, 0));
        assert_eq!(taps(10.5, 10), (9, 8, 0));
        assert_eq!(taps(21.0, 10), (0, 1, 128));
    }

    #[test]
    fn toned_pieces_keep_to_their_brightness() {
        let mut dice = Dice::new(3, 0);
        for (low, high) in [(0.0, 60.0), (180.0, 255.0), (100.0, 130.0)] {
            let piece = Piece::any(&mut dice, photo()).toned(&mut dice, low, high);
            let [dark, light] = piece.luma([200.0, 100.0], [0.0, 0.0, 1.0, 1.0]);
            assert!(dark >= low - 16.0 && light <= high + 16.0, "{dark} {light}");
        }
    }

    #[test]
    fn smaller_levels_are_means() {
        let photo = photo();
        assert_eq!(photo.levels.len(), 2);
        assert_eq!(photo.levels[1].data[..3], [3, 4, 100]);
    }
}
