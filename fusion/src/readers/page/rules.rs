//! The thresholds of this reader, each with where it comes from. What says how a page is shown to
//! the decoder is no threshold: it is what the decoder was taught (`place.rs`, `ROW` below).

/// Height of the rows by which lines are sorted, in canvas pixels; training sorts by as many
/// (`training/page/page.py`).
pub(super) const ROW: f64 = 16.0;
/// Most rows of a page, set by hand: what is left of the context of 4,096 holds questions and
/// answers.
pub(super) const PAGE_ROWS: usize = 3000;
/// Least confidence of a line, and of a character that stands alone. On 76 real pictures with text
/// and 18 without, lines under them held as many words that are there as words that are not: recall
/// 0.803 -> 0.802, precision 0.867 -> 0.890 (letters of lines alone, `foveate-datasets lines`).
pub(super) const LEGIBLE: f32 = 0.6;
pub(super) const LEGIBLE_ALONE: f32 = 0.9;
/// Confidence of each letter of a word by which others are spelled. Set by hand: plain print is
/// read with more.
pub(super) const SURE: f32 = 0.9;
/// Least letters of such a word. Set by hand: of shorter ones too many differ by one letter.
pub(super) const LETTERS: usize = 4;
/// Lines ahead in reading order with which a value may go on. Set by hand: two columns alternate.
pub(super) const AHEAD: usize = 2;
/// How far below a line the next one of its column may begin, in its heights. Set by hand: titles
/// are set with up to a line between.
pub(super) const BELOW: f64 = 1.5;
/// How far the next line may reach up over the end of the line above it, in heights of that one.
/// Set by hand: a spotter's boxes reach over their print.
pub(super) const OVER: f64 = 0.5;
/// A page's margin is this part of the box around its lines: sheets of training have such margins
/// (`training/page`).
pub(super) const MARGIN: f64 = 20.0;
/// Most tokens drafted at a time: values of flyers have three to six.
pub(super) const DRAFTED: usize = 4;

/// Most bytes of what stands between the spans of an answer. Set by hand: it is no word.
pub(super) const SEPARATOR: usize = 8;

/// Added to the logit of `null` where a value begins of a field whose name training lacks. Fields
/// of 40 flyers by names of the dev split, right of 200: 81 with 0 here, 107 with 1.5, 117 with 2.5
/// (`foveate-datasets eval --task unseen --split dev --count 40 --seed 5`), before the bundle had
/// an update for such schemas; with one, 127 with 0.5 and 134 with 2.5. Names that were taught have
/// none: a build with 2.5 for them too had fewer events of flyers right (`training/LOG.md`,
/// unseen-5).
pub(super) const MISSING: f32 = 2.5;

/// Of columns; all were set by hand.
pub(super) mod columns {
    /// Least width of a gutter, in heights of the median line. A spotter's boxes reach over their
    /// print by about a quarter of a height on each side.
    pub(in crate::readers::page) const GUTTER: f64 = 0.25;
    /// Least lines of a column.
    pub(in crate::readers::page) const LINES: usize = 3;
    /// Least width of most lines of running text, in their heights: some 12 letters.
    pub(in crate::readers::page) const LONG: f64 = 6.0;
    /// Most lines of running text fill so much of the widest one.
    pub(in crate::readers::page) const FULL: f64 = 0.7;
    /// From the middle of a line of running text to that of the next, in heights; rows of tables
    /// stand farther apart.
    pub(in crate::readers::page) const PITCH: f64 = 1.8;
    /// What "most" is.
    pub(in crate::readers::page) const MOST: f64 = 0.6;
    /// Least width of the gutter between blocks, in heights of the median line.
    pub(in crate::readers::page) const APART: f64 = 1.0;
    /// Two lines stand in one row when their middles are no farther apart, in heights of the
    /// smaller one.
    pub(in crate::readers::page) const LEVEL: f64 = 0.3;
    /// Of the lines of the shorter of two blocks, at most so many stand in rows with the other's.
    pub(in crate::readers::page) const IN_ROWS: f64 = 0.34;
    /// Least lines of a panel.
    pub(in crate::readers::page) const PANEL: usize = 4;
    /// Lines are aligned when their ends are no farther apart, in heights of the median line.
    pub(in crate::readers::page) const ALIGNED: f64 = 0.6;
    /// Least number of cells side by side; two columns are more often labels and what they say.
    pub(in crate::readers::page) const CELLS: usize = 3;
    /// Most cells side by side.
    pub(in crate::readers::page) const WIDE: usize = 10;
    /// Most lines of a cell.
    pub(in crate::readers::page) const TALL: usize = 6;
    /// A line is below another when its middle is so far below, in heights of the smaller one.
    pub(in crate::readers::page) const NEXT: f64 = 0.5;
    /// Columns stand beside each other for at least so much of the shorter one.
    pub(in crate::readers::page) const BESIDE: f64 = 0.5;
}
