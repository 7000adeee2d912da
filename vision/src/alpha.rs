//! Transparency: which pictures have it, and what is laid under them.

/// An alpha up to this is as good as none: a channel of 255 moves by at most 8 over white.
const CLEAR: u8 = 8;
/// Luma steps from which print stands out from what lies under it. Black print on a mid grey, which
/// is read with ease, is 127 away; at 32 the tower's own pictures begin to lose letters.
const STANDS_OUT: usize = 64;
/// A matte other than white must let more of the edges stand out, by this share of them.
const WORTH: f64 = 0.15;

/// Lays RGBA, [pixels, 4], over one colour and gives RGB, [pixels, 3]; `width` is that of a row in
/// pixels.
///
/// - An alpha that is 0 everywhere is no alpha, if the colours under it differ: BMPs of 32 bits
///   leave it empty.
/// - Else the colour is white, black or mid grey: white, unless more of the edges of what is shown
///   stand out from black, or more than from both from grey. White print on nothing is so laid over
///   black.
pub(crate) fn over_matte(rgba: &[u8], width: usize) -> Vec<u8> {
    let (pixels, _) = rgba.as_chunks::<4>();
    if is_empty(pixels) {
        return pixels
            .iter()
            .flat_map(|[r, g, b, _]| [*r, *g, *b])
            .collect();
    }
    let matte = matte(&edges(pixels, width.max(1)));
    let blend = |&[r, g, b, alpha]: &[u8; 4]| {
        [r, g, b].map(|channel| {
            let under = u32::from(matte) * (255 - u32::from(alpha));
            let sum = u32::from(channel) * u32::from(alpha) + under;
            ((sum + 127) / 255) as u8
        })
    };
    pixels.iter().flat_map(blend).collect()
}

/// Whether nothing can be seen, though there are colours.
fn is_empty(pixels: &[[u8; 4]]) -> bool {
    let colour = |p: &[u8; 4]| [p[0], p[1], p[2]];
    pixels.iter().all(|p| p[3] <= CLEAR) && pixels.iter().any(|p| colour(p) != colour(&pixels[0]))
}

/// How much edge there is at each luma: at every step of the alpha, by its height, the luma of the
/// more opaque side.
fn edges(pixels: &[[u8; 4]], width: usize) -> [u64; 256] {
    let mut edges = [0; 256];
    let mut step = |a: &[u8; 4], b: &[u8; 4]| {
        if a[3] != b[3] {
            let shown = if a[3] > b[3] { a } else { b };
            edges[usize::from(luma(shown))] += u64::from(a[3].abs_diff(b[3]));
        }
    };
    for row in pixels.chunks(width) {
        row.windows(2).for_each(|pair| step(&pair[0], &pair[1]));
    }
    let below = pixels.iter().skip(width);
    pixels.iter().zip(below).for_each(|(a, b)| step(a, b));
    edges
}

/// 255, 0 or 128: the grey that lets the edges stand out.
fn matte(edges: &[u64; 256]) -> u8 {
    let total = edges.iter().sum::<u64>() as f64;
    let stand_out = |matte: usize| {
        let seen = edges
            .iter()
            .enumerate()
            .filter(|(luma, _)| luma.abs_diff(matte) >= STANDS_OUT);
        seen.map(|(_, edge)| *edge).sum::<u64>() as f64
    };
    let mut best = (255, stand_out(255));
    for matte in [0, 128] {
        let seen = stand_out(matte);
        if seen > best.1 + WORTH * total {
            best = (matte, seen);
        }
    }
    best.0 as u8
}

/// Luma by ITU-R BT.601, 0 to 255.
pub(crate) fn luma(rgb: &[u8]) -> u8 {
    let [r, g, b] = [rgb[0], rgb[1], rgb[2]].map(u32::from);
    ((299 * r + 587 * g + 114 * b + 500) / 1000) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A 4 x 4 picture, clear but for four pixels in the middle.
    fn dot(colour: [u8; 3], alpha: u8, clear: [u8; 4]) -> Vec<u8> {
        let [r, g, b] = colour;
        let inside = |at: usize| (1..3).contains(&(at % 4)) && (1..3).contains(&(at / 4));
        let pixel = |at| if inside(at) { [r, g, b, alpha] } else { clear };
        (0..16).flat_map(pixel).collect()
    }

    fn under(rgba: &[u8]) -> [u8; 3] {
        over_matte(rgba, 4)[..3].try_into().unwrap()
    }

    #[test]
    fn what_is_shown_stands_out() {
        assert_eq!(under(&dot([0; 3], 255, [0; 4])), [255; 3]);
        assert_eq!(under(&dot([255; 3], 255, [0; 4])), [0; 3]);
        assert_eq!(under(&dot([255; 3], 255, [255, 255, 255, 0])), [0; 3]);
        assert_eq!(under(&dot([230, 20, 20], 255, [0; 4])), [255; 3]);
        assert_eq!(under(&dot([240, 240, 0], 90, [0; 4])), [0; 3]);
        // Black and white print alike.
        let mut both = dot([0; 3], 255, [0; 4]);
        both.extend(dot([255; 3], 255, [0; 4]));
        assert_eq!(under(&both), [128; 3]);
    }

    #[test]
    fn an_alpha_of_nothing_is_none() {
        let mut rgba = dot([9, 8, 7], 0, [200, 200, 200, 0]);
        assert_eq!(under(&rgba), [200; 3]);
        assert_eq!(over_matte(&rgba, 4)[15..18], [9, 8, 7]);
        // Where the colours are all alike there is nothing to show.
        rgba = [0, 0, 0, 0].repeat(16);
        assert_eq!(under(&rgba), [255; 3]);
        assert_eq!(over_matte(&[], 0), []);
    }

    #[test]
    fn half_of_red_over_white_is_pink() {
        let rgba = dot([230, 20, 20], 128, [0; 4]);
        assert_eq!(over_matte(&rgba, 4)[15..18], [242, 137, 137]);
    }
}
