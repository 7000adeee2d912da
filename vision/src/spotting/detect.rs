use std::path::Path;

use foveate_onnx::{GoOn, Graph, GraphOptions};
use ndarray::{Array2, Array4, ArrayView2, Axis, Ix4};

use super::{
    SpotterOptions,
    graphs::{one_input, one_output, wrong_output},
    quad::{Rectangle, grown, hull, ordered, smallest_rectangle},
    raster::RasterView,
    regions::outlines,
};
use crate::Result;

/// What a side of the detector's input is a multiple of: it halves five times.
const MULTIPLE: f64 = 32.0;
/// Shortest side of a region in pixels of the probability map, before and after it is grown
/// (`DBPostProcess.min_size` of RapidOCR 3.10.0, and 2 more).
const MIN_SIDE: [f64; 2] = [3.0, 5.0];
/// Whole pixels of the picture that each side of a region must be longer than (`filter_det_res`
/// there).
const MIN_PIXELS: f64 = 3.0;

/// The detection graph: pixels [1, 3, height, width] to the probability of text [1, 1, height,
/// width].
#[derive(Debug)]
pub(crate) struct Detector {
    graph: Graph,
}

impl Detector {
    pub(crate) fn open(path: &Path, options: &GraphOptions) -> Result<Self> {
        let graph = Graph::open(path, options)?;
        one_input(&graph, &[None, Some(3), None, None])?;
        one_output(&graph, &[None, Some(1), None, None])?;
        Ok(Self { graph })
    }

    /// The regions of text in a picture: whole pixels of it, clockwise from the top left.
    pub(crate) fn detect(
        &self,
        picture: RasterView<'_>,
        options: &SpotterOptions,
        go_on: Option<&GoOn<'_>>,
    ) -> Result<Vec<[[f64; 2]; 4]>> {
        let map = self.map(picture, options, go_on)?;
        Ok(regions(
            map.view(),
            [picture.width, picture.height],
            options,
        ))
    }

    /// The probability of text, [height, width] of the detector's input.
    fn map(
        &self,
        picture: RasterView<'_>,
        options: &SpotterOptions,
        go_on: Option<&GoOn<'_>>,
    ) -> Result<Array2<f32>> {
        let [width, height] = input_size([picture.width, picture.height], options.detector_side);
        let mut pixels = Array4::zeros((1, 3, height, width));
        picture
            .resized(width, height)
            .view()
            .write_bgr(&normalised(), pixels.index_axis_mut(Axis(0), 0));
        let input = self.graph.inputs()[0].name.as_str();
        let output = self.graph.outputs()[0].name.as_str();
        let outputs = self.graph.run_while(&[(input, pixels.into())], go_on)?;
        let map = outputs.view::<f32, Ix4>(output)?;
        if map.dim() != (1, 1, height, width) {
            let wanted = format!("[1, 1, {height}, {width}]");
            return Err(wrong_output(&self.graph, map.shape(), &wanted));
        }
        Ok(map.index_axis(Axis(0), 0).index_axis(Axis(0), 0).to_owned())
    }
}

/// The size that a picture of `size` is scaled to: the shorter side at least `side`, both whole
/// multiples of 32.
fn input_size(size: [usize; 2], side: u32) -> [usize; 2] {
    let shorter = size[0].min(size[1]) as f64;
    let scale = (f64::from(side) / shorter).max(1.0);
    size.map(|length| multiple((length as f64 * scale).trunc()))
}

/// The nearest multiple of 32 that is not 0; of two the even one, as Python rounds.
pub(crate) fn multiple(length: f64) -> usize {
    ((length / MULTIPLE).round_ties_even() * MULTIPLE).max(MULTIPLE) as usize
}

/// Values of a pixel as the graph takes them: -1 to 1.
fn normalised() -> [f32; 256] {
    std::array::from_fn(|value| {
        let scaled = f64::from(value as f32 * (1.0_f64 / 255.0) as f32);
        ((scaled - 0.5) / 0.5) as f32
    })
}

/// Rectangles around what is probably text in `map` [height, width], in pixels of a picture of
/// `size`.
fn regions(
    map: ArrayView2<'_, f32>,
    size: [usize; 2],
    options: &SpotterOptions,
) -> Vec<[[f64; 2]; 4]> {
    let mask = mask(map, options.mask_threshold);
    let outlines = outlines(mask.view()).into_iter().take(options.max_regions);
    outlines
        .filter_map(|mut outline| region(map, &hull(&mut outline), options))
        .filter_map(|region| in_picture(region, [map.ncols(), map.nrows()], size))
        .collect()
}

/// Where `map` is over the threshold, or its neighbour above, on the left or between is: what
/// OpenCV's dilation by a kernel of 2 x 2 makes of it (`use_dilation` in RapidOCR 3.10.0). NaN is
/// not text.
fn mask(map: ArrayView2<'_, f32>, threshold: f32) -> Array2<bool> {
    let text = map.mapv(|probability| probability > threshold);
    let wide = dilated(&text, Axis(1));
    dilated(&wide, Axis(0))
}

fn dilated(mask: &Array2<bool>, axis: Axis) -> Array2<bool> {
    let mut wider = mask.clone();
    let before = mask.slice_axis(axis, (..-1).into());
    let mut after = wider.slice_axis_mut(axis, (1..).into());
    after.zip_mut_with(&before, |text, before| *text |= before);
    wider
}

/// A region's rectangle, grown, where it is large and probable enough.
fn region(
    map: ArrayView2<'_, f32>,
    hull: &[[i32; 2]],
    options: &SpotterOptions,
) -> Option<Rectangle> {
    let rectangle = smallest_rectangle(hull).filter(|r| r.shorter >= MIN_SIDE[0])?;
    let probability = mean(map, rectangle.corners);
    if probability.is_nan() || probability < f64::from(options.region_threshold) {
        return None;
    }
    let hull = grown(rectangle.corners, f64::from(options.unclip));
    smallest_rectangle(&hull).filter(|r| r.shorter >= MIN_SIDE[1])
}

/// The mean of `map` in a rectangle, pixels on its edges included (`box_score_fast` of RapidOCR
/// 3.10.0).
fn mean(map: ArrayView2<'_, f32>, corners: [[f64; 2]; 4]) -> f64 {
    let least = [0, 1].map(|axis| {
        let least = corners
            .iter()
            .map(|c| c[axis])
            .fold(f64::INFINITY, f64::min);
        least
            .floor()
            .clamp(0.0, [map.ncols(), map.nrows()][axis] as f64 - 1.0)
    });
    let whole = corners.map(|c| [0, 1].map(|i| (c[i] - least[i]).trunc() + least[i]));
    let (mut sum, mut count) = (0.0, 0_usize);
    let most = whole.iter().map(|c| c[1]).fold(0.0, f64::max) as usize;
    for y in least[1] as usize..=most.min(map.nrows() - 1) {
        let row = map.row(y);
        let Some([first, last]) = span(&whole, y as f64) else {
            continue;
        };
        let last = (last.max(0.0) as usize).min(map.ncols() - 1);
        for x in first.max(0.0) as usize..=last {
            sum += f64::from(row[x]);
            count += 1;
        }
    }
    sum / count as f64
}

/// The first and last column of a polygon in row `y`, `None` where it has none there.
fn span(corners: &[[f64; 2]; 4], y: f64) -> Option<[f64; 2]> {
    let next = corners.iter().cycle().skip(1);
    let ends = corners
        .iter()
        .zip(next)
        .filter_map(|(a, b)| crossing(*a, *b, y));
    ends.reduce(|[a, b], [c, d]| [a.min(c), b.max(d)])
}

/// The columns that a line drawn from `a` to `b` has in row `y`.
fn crossing(a: [f64; 2], b: [f64; 2], y: f64) -> Option<[f64; 2]> {
    let ([ax, ay], [bx, by]) = if a[1] <= b[1] { (a, b) } else { (b, a) };
    if y < ay || y > by {
        return None;
    }
    if ay == by {
        return Some([ax.min(bx), ax.max(bx)]);
    }
    let slope = (bx - ax) / (by - ay);
    let at = |y: f64| (ax + (y.clamp(ay, by) - ay) * slope).round();
    // A flat line has several pixels in a row, a steep one has one.
    let half = if slope.abs() > 1.0 { 0.5 } else { 0.0 };
    let (p, q) = (at(y - half), at(y + half));
    Some([p.min(q), p.max(q)])
}

/// From the map's pixels to whole ones of the picture; `None` for what is too thin there.
fn in_picture(region: Rectangle, map: [usize; 2], picture: [usize; 2]) -> Option<[[f64; 2]; 4]> {
    let scaled = region.corners.map(|corner| {
        [0, 1].map(|axis| {
            let (from, to) = (map[axis] as f32, picture[axis] as f32);
            let at = (corner[axis] as f32 / from * to).round_ties_even();
            f64::from(at.clamp(0.0, to))
        })
    });
    let corners = ordered(scaled)
        .map(|corner| [0, 1].map(|axis| corner[axis].min(picture[axis] as f64 - 1.0)));
    let length = |a: [f64; 2], b: [f64; 2]| (b[0] - a[0]).hypot(b[1] - a[1]).trunc();
    let [a, b, _, d] = corners;
    (length(a, b) > MIN_PIXELS && length(a, d) > MIN_PIXELS).then_some(corners)
}
