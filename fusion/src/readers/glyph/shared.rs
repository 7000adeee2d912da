//! The constants of reading that training and this library share, from one file:
//! `models/rules.json` (`models/FORMAT.md`, *rules.json*, says what each is).
use foveate_vision::Rect;
use serde::Deserialize;
use std::sync::LazyLock;

/// The file, compiled in: it belongs to the format, not to a bundle.
const FILE: &str = include_str!("../../../../models/rules.json");

/// What the file holds.
pub(super) static SHARED: LazyLock<Shared> = LazyLock::new(|| {
    serde_json::from_str(FILE)
        .unwrap_or_else(|e| unreachable!("a test reads models/rules.json: {e}"))
});

/// `models/rules.json`, but for what `vision` and bundles hold themselves.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub(super) struct Shared {
    pub slots: Slots,
    #[serde(rename = "box")]
    pub glyph_box: GlyphBox,
    pub lines: Lines,
    pub place: Place,
}

/// Which slots show one glyph.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub(super) struct Slots {
    pub overview_share: f32,
    pub same_across: f32,
    pub same_down: f32,
    pub same_letter: f32,
    pub other_letter: f32,
    pub small_em: f32,
    pub min_presence: f32,
}

/// A glyph's box around its centre, in em sizes.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub(super) struct GlyphBox {
    pub above: f32,
    pub below: f32,
}

/// Which glyphs follow one another on a line.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub(super) struct Lines {
    pub drift: f32,
    pub growth: f32,
    pub gap: f32,
    pub row: f32,
}

/// Wavelengths of the place embedding.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub(super) struct Place {
    pub longest: f32,
    pub octaves: f32,
    pub size_gain: f32,
}

/// The box of a glyph by its cx, cy, w, h (`models/FORMAT.md`), in the same pixels: `cy` is the
/// middle between baseline and x-height, so that letters reach from 0.55 em above it (ascenders) to
/// 0.45 em below it (descenders).
#[must_use]
pub fn glyph_box([cx, cy, w, h]: [f32; 4]) -> Rect {
    let GlyphBox { above, below } = SHARED.glyph_box;
    Rect {
        x0: f64::from(cx - w / 2.0),
        y0: f64::from(cy - above * h),
        x1: f64::from(cx + w / 2.0),
        y1: f64::from(cy + below * h),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_read_and_says_what_bundles_say() {
        let shared = *SHARED;
        assert_eq!(
            [shared.glyph_box.above, shared.glyph_box.below],
            [0.55, 0.45]
        );
        let all: serde_json::Value = serde_json::from_str(FILE).unwrap();
        let config = include_str!("../../../../models/nano/config.json");
        let config: serde_json::Value = serde_json::from_str(config).unwrap();
        for name in ["overview_min_em", "detail_max_em", "max_glyphs"] {
            assert_eq!(all["slots"][name], config["adapter"][name], "{name}");
        }
    }
}
