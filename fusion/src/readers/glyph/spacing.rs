//! Which gaps between the glyphs of a line are spaces.
use super::layout;
use super::rules::spacing as rule;
use super::tokens::median;

/// For each glyph of a line (cx, cy, w, h in canvas pixels) whether a space stands before it.
///
/// A gap counts beyond the line's median one, which is its tracking, and less where the gap beside
/// it is narrow: a glyph whose place is off widens one at the other's cost. `usual` is the median
/// gap of the page, for lines of few glyphs.
pub(super) fn spaces(line: &[[f32; 4]], usual: f32) -> Vec<bool> {
    let gaps: Vec<f32> = line.windows(2).map(|two| gap(two[0], two[1])).collect();
    let mut all = gaps.clone();
    all.resize(gaps.len().max(rule::FEW), usual);
    let tracking = median(all).unwrap_or(usual);
    let beyond = |at: Option<usize>| {
        let gap = at.and_then(|at| gaps.get(at));
        gap.map_or(0.0, |gap| gap - tracking)
    };
    let wide: Vec<f32> = (0..gaps.len())
        .map(|at| {
            let beside = beyond(at.checked_sub(1)).min(0.0) + beyond(Some(at + 1)).min(0.0);
            beyond(Some(at)) + rule::BESIDE * beside
        })
        .collect();
    let spaces = wide.iter().copied().filter(|gap| *gap > rule::EVEN);
    let least = median(spaces.collect()).map_or(rule::EVEN, |usual| {
        (rule::OF_USUAL * usual).clamp(rule::LEAST, rule::MOST)
    });
    let mut out = vec![false; line.len().min(1)];
    out.extend(wide.iter().map(|gap| *gap > least));
    out
}

/// The median gap of the lines of a page, 0 where there is none.
pub(super) fn usual_gap<'a>(lines: impl Iterator<Item = &'a [[f32; 4]]>) -> f32 {
    let gaps = lines.flat_map(|line| line.windows(2).map(|two| gap(two[0], two[1])));
    median(gaps.collect()).unwrap_or(0.0)
}

/// White space between two glyphs, in em sizes of the smaller one.
pub(super) fn gap(a: [f32; 4], b: [f32; 4]) -> f32 {
    layout::gap(a, b) / a[3].min(b[3])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of glyphs 8 px wide, of an em of 20 px, with these gaps in em sizes.
    fn line(gaps: &[f32]) -> Vec<[f32; 4]> {
        let mut x = 10.0;
        let mut at = |gap: &f32| {
            x += 8.0 + 20.0 * gap;
            [x, 50.0, 8.0, 20.0]
        };
        std::iter::once(&0.0).chain(gaps).map(&mut at).collect()
    }

    fn spaces_at(gaps: &[f32]) -> Vec<usize> {
        let spaces = spaces(&line(gaps), 0.0);
        assert_eq!(spaces.len(), gaps.len() + 1);
        (0..spaces.len()).filter(|&at| spaces[at]).collect()
    }

    #[test]
    fn a_space_is_what_is_wide_for_its_line() {
        assert_eq!(spaces_at(&[0.0, 0.25, 0.0, 0.02, 0.25, 0.0]), [2, 5]);
        let tight = [-0.05, -0.06, 0.12, -0.05, -0.04, 0.11, -0.05];
        assert_eq!(spaces_at(&tight), [3, 6], "set tight");
        let loose = [0.2, 0.22, 0.55, 0.2, 0.21, 0.2, 0.5, 0.2];
        assert_eq!(spaces_at(&loose), [3, 7], "letter-spaced");
        assert_eq!(
            spaces_at(&[0.0, 0.05, 0.0]),
            [0usize; 0],
            "a line of one word"
        );
    }

    #[test]
    fn a_glyph_whose_place_is_off_makes_no_space() {
        assert_eq!(spaces_at(&[0.0, 0.0, 0.13, -0.13, 0.0, 0.0]), [0usize; 0]);
        assert_eq!(spaces_at(&[0.0, 0.0, 0.13, 0.0, 0.0, 0.0]), [3]);
    }

    #[test]
    fn lines_of_few_glyphs_have_the_tracking_of_their_page() {
        assert_eq!(spaces_at(&[0.3]), [1]);
        assert_eq!(spaces_at(&[0.3, 0.0]), [1], "7 PM");
        assert_eq!(spaces(&line(&[0.3]), 0.25), [false, false]);
        assert_eq!(spaces(&[], 0.0), [false; 0]);
        assert_eq!(spaces(&line(&[]), 0.0), [false]);
        assert_eq!(usual_gap([&line(&[0.1, 0.2, 0.3])[..]].into_iter()), 0.2);
    }
}
