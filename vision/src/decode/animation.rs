//! Which frame of an animation is read, and how frames are laid over each other.

use crate::alpha::luma;

/// A share of the pixels, in thousandths, that may differ from the rest while a frame still counts
/// as blank.
const SPECKS: usize = 1;
/// Luma steps between the lightest and darkest part of a frame with something to read.
const SHOWS: u8 = 96;
/// Frames that are tried at most: a film that fades in shows something after a second or two.
const TRIED: usize = 64;

/// The frame of an animation that is read.
pub(super) struct Chosen {
    /// From 1.
    pub(super) number: usize,
    pub(super) rgba: Vec<u8>,
}

/// The first frame that is not blank, or else that with the most contrast. `next` gives whole
/// canvases, [height, width, 4], one after the other; an error ends the animation, if it is not the
/// first frame's. `pixels` is how many may be decoded for it.
pub(super) fn first_to_show<E>(
    mut next: impl FnMut() -> Result<Option<Vec<u8>>, E>,
    pixels: u64,
) -> Result<Option<Chosen>, E> {
    let mut best: Option<(u8, Chosen)> = None;
    let mut decoded = 0;
    for number in 1..=TRIED {
        let rgba = match next() {
            Ok(Some(rgba)) => rgba,
            Ok(None) => break,
            Err(error) if number == 1 => return Err(error),
            Err(_) => break,
        };
        decoded += rgba.len() as u64 / 4;
        let contrast = contrast(&rgba);
        if best.as_ref().is_none_or(|(most, _)| contrast > *most) {
            best = Some((contrast, Chosen { number, rgba }));
        }
        if contrast >= SHOWS || decoded >= pixels {
            break;
        }
    }
    Ok(best.map(|(_, chosen)| chosen))
}

/// Luma steps between the lightest and the darkest pixels, [`SPECKS`] left out at either end;
/// transparency lies over white or black, whichever gives more.
fn contrast(rgba: &[u8]) -> u8 {
    let (pixels, _) = rgba.as_chunks::<4>();
    let over = |under: u32| {
        let mut counts = [0_usize; 256];
        for pixel in pixels {
            let (luma, alpha) = (u32::from(luma(pixel)), u32::from(pixel[3]));
            counts[((luma * alpha + under * (255 - alpha)) / 255) as usize] += 1;
        }
        let specks = pixels.len() * SPECKS / 1000;
        let darkest = behind(counts.iter(), specks);
        let lightest = behind(counts.iter().rev(), specks);
        255_usize.saturating_sub(darkest + lightest) as u8
    };
    over(0).max(over(255))
}

/// How many of the counts, from the first, hold no more than `specks` together.
fn behind<'a>(counts: impl Iterator<Item = &'a usize>, specks: usize) -> usize {
    let mut passed = 0;
    counts
        .take_while(|count| {
            passed += **count;
            passed <= specks
        })
        .count()
}

/// What happens to a frame's place before the next is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dispose {
    Keep,
    Clear,
    Restore,
}

/// A frame, [height, width, 4], and where it goes.
pub(super) struct Frame<'a> {
    /// Left, top, width and height.
    pub(super) place: [usize; 4],
    pub(super) rgba: &'a [u8],
    /// Whether transparency shows what is under it, or replaces it.
    pub(super) blend: bool,
    pub(super) dispose: Dispose,
}

/// The picture that frames are drawn on.
pub(super) struct Canvas {
    width: usize,
    rgba: Vec<u8>,
    after: Option<(Dispose, [usize; 4], Vec<u8>)>,
}

impl Canvas {
    /// A clear canvas.
    pub(super) fn new([width, height]: [usize; 2]) -> Self {
        Self {
            width,
            rgba: vec![0; width * height * 4],
            after: None,
        }
    }

    /// Draws a frame, of which what lies outside is cut off, and gives the whole.
    pub(super) fn draw(&mut self, frame: &Frame<'_>) -> Vec<u8> {
        self.dispose();
        let place = self.inside(frame.place);
        let under = match frame.dispose {
            Dispose::Restore => self.rgba.clone(),
            _ => Vec::new(),
        };
        let [left, top, width, height] = place;
        let rows = frame
            .rgba
            .chunks_exact((frame.place[2] * 4).max(1))
            .take(height);
        for (row, from) in rows.enumerate() {
            let at = ((top + row) * self.width + left) * 4;
            draw_row(
                &mut self.rgba[at..at + width * 4],
                &from[..width * 4],
                frame.blend,
            );
        }
        self.after = Some((frame.dispose, place, under));
        self.rgba.clone()
    }

    fn dispose(&mut self) {
        match self.after.take() {
            Some((Dispose::Clear, [left, top, width, height], _)) => {
                for row in top..top + height {
                    let at = (row * self.width + left) * 4;
                    self.rgba[at..at + width * 4].fill(0);
                }
            }
            Some((Dispose::Restore, _, under)) => self.rgba = under,
            _ => {}
        }
    }

    fn inside(&self, [left, top, width, height]: [usize; 4]) -> [usize; 4] {
        let size = [self.width, self.rgba.len() / (self.width * 4).max(1)];
        let (left, top) = (left.min(size[0]), top.min(size[1]));
        [
            left,
            top,
            width.min(size[0] - left),
            height.min(size[1] - top),
        ]
    }
}

fn draw_row(to: &mut [u8], from: &[u8], blend: bool) {
    if !blend {
        to.copy_from_slice(from);
        return;
    }
    let (to, _) = to.as_chunks_mut::<4>();
    let (from, _) = from.as_chunks::<4>();
    for (under, over) in to.iter_mut().zip(from) {
        *under = blended(*under, *over);
    }
}

/// `over` on `under`, both with an alpha that does not multiply their colours (Porter and Duff
/// 1984).
fn blended(under: [u8; 4], over: [u8; 4]) -> [u8; 4] {
    let (a, b) = (u32::from(over[3]), u32::from(under[3]));
    match (a, b) {
        (255, _) | (_, 0) => return over,
        (0, _) => return under,
        _ => {}
    }
    let alpha = a * 255 + b * (255 - a);
    let channel = |at: usize| {
        let sum = u32::from(over[at]) * a * 255 + u32::from(under[at]) * b * (255 - a);
        ((sum + alpha / 2) / alpha) as u8
    };
    [
        channel(0),
        channel(1),
        channel(2),
        ((alpha + 127) / 255) as u8,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(greys: &[&[u8]]) -> Vec<Vec<u8>> {
        let wide = |grey: &u8| [*grey, *grey, *grey, 255];
        greys
            .iter()
            .map(|g| g.iter().flat_map(wide).collect())
            .collect()
    }

    fn chosen(greys: &[&[u8]]) -> usize {
        let mut frames = frames(greys).into_iter();
        let next = || Ok::<_, ()>(frames.next());
        first_to_show(next, 1000).unwrap().unwrap().number
    }

    #[test]
    fn the_first_frame_that_shows_something() {
        assert_eq!(chosen(&[&[0, 255], &[9, 9]]), 1);
        assert_eq!(chosen(&[&[0, 0], &[0, 60], &[0, 200], &[0, 255]]), 3);
        assert_eq!(chosen(&[&[0, 0], &[0, 60], &[0, 20]]), 2);
        assert_eq!(chosen(&[&[7, 7], &[7, 7]]), 1);
    }

    #[test]
    fn an_error_counts_for_the_first_frame_alone() {
        assert!(first_to_show(|| Err(()), 10).is_err());
        let mut frames = vec![Err(()), Ok(Some(vec![9; 8]))];
        let chosen = first_to_show(|| frames.pop().unwrap(), 1000)
            .unwrap()
            .unwrap();
        assert_eq!(chosen.number, 1);
        assert!(first_to_show(|| Ok::<_, ()>(None), 10).unwrap().is_none());
    }

    #[test]
    fn frames_lie_over_each_other_and_go_again() {
        let mut canvas = Canvas::new([2, 1]);
        let mut draw = |place, rgba: &[u8], dispose| {
            let blend = true;
            canvas.draw(&Frame {
                place,
                rgba,
                blend,
                dispose,
            })
        };
        let (red, blue) = ([255, 0, 0, 255], [0, 0, 255, 255]);
        let all = draw([0, 0, 2, 1], &[red, red].concat(), Dispose::Keep);
        assert_eq!(all, [red, red].concat());
        assert_eq!(
            draw([1, 0, 1, 1], &blue, Dispose::Restore),
            [red, blue].concat()
        );
        assert_eq!(
            draw([0, 0, 1, 1], &blue, Dispose::Clear),
            [blue, red].concat()
        );
        assert_eq!(
            draw([1, 0, 1, 1], &[0; 4], Dispose::Keep),
            [[0; 4], red].concat()
        );
        // Beyond the edge, and half transparent.
        let half = draw([1, 0, 2, 3], &[0, 0, 255, 128].repeat(6), Dispose::Keep);
        assert_eq!(half, [[0; 4], [127, 0, 128, 255]].concat());
        assert_eq!(draw([9, 9, 1, 1], &blue, Dispose::Keep), half);
    }
}
