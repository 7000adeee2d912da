//! Non-maximum suppression: which slots show one glyph (`models/FORMAT.md`).
use super::rules::Nms;

/// A slot's place in canvas pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot {
    /// Row of the slot.
    pub slot: usize,
    /// cx, cy, w, h.
    pub at: [f32; 4],
    /// Of two that are one glyph the higher gives the place.
    pub rank: f32,
    pub presence: f32,
    /// Its likeliest letter.
    pub letter: usize,
}

/// A glyph: the spot that ranks first, and what claims it.
#[derive(Debug)]
pub(crate) struct Glyph {
    spot: Spot,
    /// Sum of the presences that claim it.
    presence: f32,
    claimed: Vec<usize>,
}

impl Glyph {
    /// Row of the slot that gives the place.
    pub(crate) fn slot(&self) -> usize {
        self.spot.slot
    }

    /// cx, cy, w, h in canvas pixels.
    pub(crate) fn at(&self) -> [f32; 4] {
        self.spot.at
    }

    /// Sum of the presences that claim it; may be over 1.
    pub(crate) fn presence(&self) -> f32 {
        self.presence
    }

    /// Rows of the slots that claim it.
    pub(crate) fn claimed(&self) -> &[usize] {
        &self.claimed
    }

    /// How far `at` is from it, if it is the same glyph, whatever its letter.
    pub(crate) fn distance(&self, at: [f32; 4], nms: &Nms) -> Option<f32> {
        let own = self.spot.at;
        let away =
            (own[0] - at[0]).abs() / own[2].max(at[2]) + (own[1] - at[1]).abs() / own[3].max(at[3]);
        same_glyph((own, at), nms.other_letter, nms).then_some(away)
    }

    /// One more slot claims it.
    pub(crate) fn claim(&mut self, slot: usize, presence: f32) {
        self.presence += presence;
        self.claimed.push(slot);
    }
}

/// Spots in falling rank to those that no better one claims, each with what claims it.
pub(crate) fn glyphs_of(spots: Vec<Spot>, nms: &Nms) -> Vec<Glyph> {
    let mut taken: Vec<Glyph> = Vec::with_capacity(spots.len());
    for spot in spots {
        let same = |g: &&mut Glyph| {
            let alike = g.spot.letter == spot.letter;
            let least = if alike {
                nms.same_letter
            } else {
                nms.other_letter
            };
            same_glyph((g.spot.at, spot.at), least, nms)
        };
        match taken.iter_mut().find(same) {
            Some(better) => better.claim(spot.slot, spot.presence),
            None => taken.push(Glyph {
                spot,
                presence: spot.presence,
                claimed: vec![spot.slot],
            }),
        }
    }
    taken
}

/// Whether two places are of one glyph. `least` is how far apart across those of two glyphs are
/// at least, in em sizes of the smaller one, but for large print.
fn same_glyph((a, b): ([f32; 4], [f32; 4]), least: f32, nms: &Nms) -> bool {
    let across = (nms.across * a[2].max(b[2])).max(least * a[3].min(b[3]).min(nms.small_em));
    (a[0] - b[0]).abs() < across && (a[1] - b[1]).abs() < nms.down * a[3].max(b[3])
}
