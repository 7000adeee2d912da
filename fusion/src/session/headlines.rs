//! The largest print of a page, block by block.
use crate::answer::{Line, Region};
use foveate_vision::Rect;

/// Lines are set alike where the smaller one has so much of the larger one's height. Set by hand:
/// capitals alone make a line's box some 15% lower.
const ALIKE: f64 = 0.8;
/// The largest print: lines of at least so much of the highest one's height. Set by hand.
const LARGEST: f64 = 0.75;
/// How far below a line the next one of its block may begin, in its heights. Set by hand: a
/// spotter's boxes reach over their print, and few headlines are set with more than half a line
/// between.
const BELOW: f64 = 0.6;
/// How far it may reach up over the end of the line above. Set by hand.
const OVER: f64 = 0.5;

/// The blocks of a page's largest print from the top down, each with its lines joined by `\n`:
/// lines of about one height, each directly below another. A line with no place is in none.
pub(super) fn headlines(lines: &[Line]) -> Vec<String> {
    let placed = lines.iter().filter_map(|line| Some((line, line.region?)));
    let mut large: Vec<(&Line, Region)> = placed.collect();
    let heights = large.iter().map(|(_, region)| height(region.upright));
    let least = LARGEST * heights.fold(0.0, f64::max);
    large.retain(|(_, region)| height(region.upright) >= least);
    large.sort_by(|(_, a), (_, b)| {
        let top = a.upright.y0.total_cmp(&b.upright.y0);
        a.picture.cmp(&b.picture).then(top)
    });
    // Each with the place of its last line.
    let mut blocks: Vec<(String, Region)> = Vec::new();
    for (line, region) in large {
        let mut open = blocks.iter_mut();
        match open.find(|(_, above)| is_below(above, &region)) {
            Some((text, last)) => {
                text.push('\n');
                text.push_str(&line.text);
                *last = region;
            }
            None => blocks.push((line.text.clone(), region)),
        }
    }
    blocks.into_iter().map(|(text, _)| text).collect()
}

fn height(rect: Rect) -> f64 {
    rect.y1 - rect.y0
}

/// Whether a line is the next one of the block that another ends.
fn is_below(above: &Region, line: &Region) -> bool {
    if above.picture != line.picture {
        return false;
    }
    let (above, line) = (above.upright, line.upright);
    let [a, b] = [above, line].map(height);
    let gap = line.y0 - above.y1;
    let shares = above.x0.max(line.x0) < above.x1.min(line.x1);
    a.min(b) >= ALIKE * a.max(b) && shares && gap < BELOW * a && gap > -OVER * a
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, x: f64, y: f64, height: f64) -> Line {
        let rect = Rect {
            x0: x,
            y0: y,
            x1: x + 300.0,
            y1: y + height,
        };
        let region = Region {
            picture: 0,
            rect,
            upright: rect,
            confidence: 1.0,
        };
        Line {
            text: text.to_owned(),
            region: Some(region),
            words: Vec::new(),
        }
    }

    #[test]
    fn lines_of_the_largest_print_make_blocks() {
        let mut lines = vec![
            line("presents", 0.0, 0.0, 20.0),
            line("LIFE SCIENCES", 0.0, 30.0, 50.0),
            line("NETWORKING", 0.0, 85.0, 48.0),
            line("NIGHT", 20.0, 140.0, 52.0),
            line("23 March", 0.0, 200.0, 30.0),
            line("FREE", 0.0, 300.0, 45.0),
            line("beside", 400.0, 85.0, 48.0),
        ];
        let wanted = ["LIFE SCIENCES\nNETWORKING\nNIGHT", "beside", "FREE"];
        assert_eq!(headlines(&lines), wanted);
        lines[2].region = None;
        assert_eq!(
            headlines(&lines),
            ["LIFE SCIENCES", "beside", "NIGHT", "FREE"]
        );
        assert_eq!(headlines(&[]), Vec::<String>::new());
    }
}
