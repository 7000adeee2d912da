//! One face: outlines and kerning, read when first asked for and then kept.

use crate::charset;
use rustybuzz::ttf_parser::{self, GlyphId, OutlineBuilder};
use std::sync::atomic::{AtomicI16, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// A piece of an outline, in ems, y up.
#[derive(Clone, Copy, Debug)]
pub enum Segment {
    /// Start of a contour.
    Move([f32; 2]),
    /// Straight line.
    Line([f32; 2]),
    /// Quadratic curve: control, end.
    Quad([f32; 2], [f32; 2]),
    /// Cubic curve: two controls, end.
    Cubic([f32; 2], [f32; 2], [f32; 2]),
    /// End of a contour.
    Close,
}

/// Advance and outline of a character, in ems.
pub struct Glyph {
    /// Advance width.
    pub advance: f32,
    /// Left, bottom, right, top of the outline's control points.
    pub bounds: [f32; 4],
    /// Left, bottom, right, top of the outline itself.
    pub ink: [f32; 4],
    /// The outline.
    pub outline: Vec<Segment>,
}

/// A font face; its file is read when it is first used.
pub struct Face {
    /// Family as the file names it.
    pub family: String,
    /// Name of the face, unique in its family.
    pub name: String,
    source: fontdb::Source,
    index: u32,
    loaded: OnceLock<Option<Loaded>>,
}

struct Loaded {
    shaper: rustybuzz::Face<'static>,
    em: f32,
    metrics: Metrics,
    glyphs: Vec<OnceLock<Option<Glyph>>>,
    kern: OnceLock<Vec<AtomicI16>>,
    /// How text of each script and direction met so far is shaped, kept for the next pair.
    plans: Mutex<Vec<Plan>>,
}

type Plan = (
    rustybuzz::Direction,
    rustybuzz::Script,
    rustybuzz::ShapePlan,
);

/// Heights in ems.
#[derive(Clone, Copy, Debug)]
pub struct Metrics {
    /// Height of a small x. For faces whose small letters are capitals: 0.7 of the capitals.
    pub x_height: f32,
    /// Height of a capital H.
    pub cap_height: f32,
    /// Highest of the usual letters.
    pub ascent: f32,
    /// Depth of the usual letters, positive.
    pub descent: f32,
    /// Small letters are drawn as capitals, so only capitals may be set.
    pub caps_only: bool,
    /// Capitals are drawn as small letters, so only small letters may be set.
    pub small_only: bool,
}

const UNKNOWN: i16 = i16::MIN;

impl Face {
    pub(super) fn new(family: String, name: &str, source: fontdb::Source, index: u32) -> Self {
        Self {
            family,
            name: name.to_string(),
            source,
            index,
            loaded: OnceLock::new(),
        }
    }

    fn loaded(&self) -> Option<&Loaded> {
        self.loaded
            .get_or_init(|| Loaded::read(&self.source, self.index))
            .as_ref()
    }

    /// Whether letters and digits are all there, drawn, and told apart.
    pub fn is_legible(&self) -> bool {
        self.loaded().is_some()
    }

    /// The face's heights. The face must be legible.
    pub fn metrics(&self) -> Metrics {
        self.loaded().expect("a legible face").metrics
    }

    /// The glyph of `ch`, if the face has it.
    pub fn glyph(&self, ch: char) -> Option<&Glyph> {
        let loaded = self.loaded()?;
        let slot = charset::index(ch)?;
        loaded.glyphs[slot]
            .get_or_init(|| outline(&loaded.shaper, loaded.em, ch))
            .as_ref()
    }

    /// Advance of the space, in ems.
    pub fn space(&self) -> f32 {
        let Some(loaded) = self.loaded() else {
            return 0.25;
        };
        let advance = loaded
            .shaper
            .glyph_index(' ')
            .and_then(|g| loaded.shaper.glyph_hor_advance(g));
        advance
            .map_or(0.25, |a| f32::from(a) / loaded.em)
            .clamp(0.18, 0.7)
    }

    /// Change of the advance between `left` and `right`, in ems.
    pub fn kern(&self, left: char, right: char) -> f32 {
        let (Some(loaded), Some(a), Some(b)) =
            (self.loaded(), charset::index(left), charset::index(right))
        else {
            return 0.0;
        };
        let n = charset::all().len();
        let table = loaded
            .kern
            .get_or_init(|| (0..n * n).map(|_| AtomicI16::new(UNKNOWN)).collect());
        let cell = &table[a * n + b];
        let mut units = cell.load(Ordering::Relaxed);
        if units == UNKNOWN {
            units = loaded.pair(left, right);
            cell.store(units, Ordering::Relaxed);
        }
        (f32::from(units) / loaded.em).clamp(-0.3, 0.3)
    }
}

impl Loaded {
    fn read(source: &fontdb::Source, index: u32) -> Option<Self> {
        let data: &'static [u8] = match source {
            fontdb::Source::File(path) | fontdb::Source::SharedFile(path, _) => {
                Vec::leak(std::fs::read(path).ok()?)
            }
            fontdb::Source::Binary(bytes) => Vec::leak(bytes.as_ref().as_ref().to_vec()),
        };
        let shaper = rustybuzz::Face::from_slice(data, index)?;
        let em = f32::from(shaper.units_per_em() as u16);
        let metrics = legible_metrics(&shaper, em)?;
        let glyphs = (0..charset::all().len()).map(|_| OnceLock::new()).collect();
        Some(Self {
            shaper,
            em,
            metrics,
            glyphs,
            kern: OnceLock::new(),
            plans: Mutex::default(),
        })
    }

    /// Change of the advance between two characters, in font units.
    fn pair(&self, left: char, right: char) -> i16 {
        let face = &self.shaper;
        let advance = |c: char| {
            face.glyph_index(c)
                .and_then(|g| face.glyph_hor_advance(g))
                .map_or(0, i32::from)
        };
        let mut buffer = rustybuzz::UnicodeBuffer::new();
        buffer.add(left, 0);
        buffer.add(right, 1);
        let shaped = self.shaped(buffer);
        if shaped.len() != 2 {
            return 0;
        }
        let total: i32 = shaped.glyph_positions().iter().map(|p| p.x_advance).sum();
        (total - advance(left) - advance(right)).clamp(-30000, 30000) as i16
    }

    /// Shapes without ligatures.
    fn shaped(&self, mut buffer: rustybuzz::UnicodeBuffer) -> rustybuzz::GlyphBuffer {
        buffer.guess_segment_properties();
        let (direction, script) = (buffer.direction(), buffer.script());
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        let known = plans.iter().position(|p| (p.0, p.1) == (direction, script));
        let at = known.unwrap_or_else(|| {
            let off =
                |tag: &[u8; 4]| rustybuzz::Feature::new(ttf_parser::Tag::from_bytes(tag), 0, ..);
            let features = [off(b"liga"), off(b"clig"), off(b"calt"), off(b"dlig")];
            let language = buffer.language();
            let written = Some(script).filter(|s| *s != rustybuzz::script::UNKNOWN);
            let plan = rustybuzz::ShapePlan::new(
                &self.shaper,
                direction,
                written,
                language.as_ref(),
                &features,
            );
            plans.push((direction, script, plan));
            plans.len() - 1
        });
        rustybuzz::shape_with_plan(&self.shaper, &plans[at].2, buffer)
    }
}

/// Checks that the face can be read and measures it.
fn legible_metrics(face: &rustybuzz::Face<'static>, em: f32) -> Option<Metrics> {
    let mut shapes = Vec::new();
    for ch in ('A'..='Z').chain('a'..='z').chain('0'..='9') {
        let glyph = outline(face, em, ch)?;
        let [l, b, r, t] = glyph.bounds;
        if glyph.outline.is_empty()
            || glyph.advance <= 0.05
            || glyph.advance > 2.5
            || r - l > 3.0
            || t - b < 0.05
        {
            return None;
        }
        shapes.push((ch, glyph));
    }
    let get = |c: char| {
        &shapes
            .iter()
            .find(|s| s.0 == c)
            .expect("a letter of the list")
            .1
    };
    if ["AB", "MW", "EF", "ae", "km", "35", "XY", "gq"]
        .iter()
        .any(|p| {
            alike(
                get(p.as_bytes()[0].into()),
                get(p.as_bytes()[1].into()),
                0.94,
            )
        })
    {
        return None;
    }
    let one_case = "abdegrnq"
        .chars()
        .filter(|&c| alike(get(c), get(c.to_ascii_uppercase()), 0.86))
        .count()
        >= 4;
    let cap_height = get('H').bounds[3];
    let x_height = if one_case {
        0.7 * cap_height
    } else {
        get('x').bounds[3]
    };
    let top = |c| get(c).bounds[3];
    let deep = |c| -get(c).bounds[1];
    // Among capitals none stands out; of small letters b and d do, and q goes below the line.
    let small_only = one_case
        && top('B').min(top('D')) > 1.15 * top('A').max(top('E')).max(top('N'))
        && deep('Q') > 0.1 * cap_height;
    let metrics = Metrics {
        x_height,
        cap_height,
        ascent: top('l').max(top('d')).max(cap_height),
        descent: deep('g').max(deep('p')).max(0.02),
        caps_only: one_case && !small_only,
        small_only,
    };
    let sane = (0.15..1.2).contains(&x_height)
        && cap_height > x_height * 0.9
        && cap_height < 1.6
        && metrics.descent < 1.0;
    sane.then_some(metrics)
}

/// Whether two glyphs look the same once scaled to the same box.
fn alike(a: &Glyph, b: &Glyph, limit: f32) -> bool {
    let (x, y) = (thumbnail(a), thumbnail(b));
    let both: f32 = x.iter().zip(&y).map(|(p, q)| p.min(*q)).sum();
    let either: f32 = x.iter().zip(&y).map(|(p, q)| p.max(*q)).sum();
    both > limit * either
}

const THUMB: usize = 20;

fn thumbnail(glyph: &Glyph) -> Vec<f32> {
    let [l, b, r, t] = glyph.bounds;
    let (sx, sy) = (
        THUMB as f32 / (r - l).max(1e-3),
        THUMB as f32 / (t - b).max(1e-3),
    );
    let mut pen = crate::pen::Pen::default();
    pen.begin(THUMB, THUMB);
    pen.outline(&glyph.outline, 20.0, |[x, y]| [(x - l) * sx, (t - y) * sy]);
    let mut out = vec![0.0; THUMB * THUMB];
    pen.rows(|y, row| {
        for (x, a) in row.iter().enumerate() {
            out[y * THUMB + x] = f32::from(*a) / 255.0;
        }
    });
    out
}

fn outline(face: &rustybuzz::Face<'static>, em: f32, ch: char) -> Option<Glyph> {
    let id = face.glyph_index(ch).filter(|g| *g != GlyphId(0))?;
    let advance = f32::from(face.glyph_hor_advance(id)?) / em;
    let mut trace = Trace {
        scale: 1.0 / em,
        bounds: [f32::MAX, f32::MAX, f32::MIN, f32::MIN],
        segments: Vec::new(),
    };
    face.outline_glyph(id, &mut trace)?;
    (!trace.segments.is_empty()).then_some(Glyph {
        advance,
        bounds: trace.bounds,
        ink: extent(&trace.segments),
        outline: trace.segments,
    })
}

/// Left, bottom, right, top of an outline; of each curve eight points are taken.
fn extent(outline: &[Segment]) -> [f32; 4] {
    let mut extent = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
    let mut take = |[x, y]: [f32; 2]| {
        let [l, b, r, t] = extent;
        extent = [l.min(x), b.min(y), r.max(x), t.max(y)];
    };
    let mut at = [0.0; 2];
    for segment in outline {
        let points: &[[f32; 2]] = match segment {
            Segment::Move(p) | Segment::Line(p) => &[*p],
            Segment::Quad(a, p) => &[at, *a, *p],
            Segment::Cubic(a, b, p) => &[at, *a, *b, *p],
            Segment::Close => continue,
        };
        (1..=8).for_each(|i| take(on_curve(points, i as f32 / 8.0)));
        at = points[points.len() - 1];
    }
    extent
}

/// The point at `t`, 0 to 1, of the curve that `points` control (de Casteljau).
fn on_curve(points: &[[f32; 2]], t: f32) -> [f32; 2] {
    let mut points = points.to_vec();
    while points.len() > 1 {
        let mix =
            |i: usize, axis: usize| points[i][axis] + t * (points[i + 1][axis] - points[i][axis]);
        points = (0..points.len() - 1)
            .map(|i| [mix(i, 0), mix(i, 1)])
            .collect();
    }
    points[0]
}

struct Trace {
    scale: f32,
    bounds: [f32; 4],
    segments: Vec<Segment>,
}

impl Trace {
    fn point(&mut self, x: f32, y: f32) -> [f32; 2] {
        let p = [x * self.scale, y * self.scale];
        let [l, b, r, t] = self.bounds;
        self.bounds = [l.min(p[0]), b.min(p[1]), r.max(p[0]), t.max(p[1])];
        p
    }
}

impl OutlineBuilder for Trace {
    fn move_to(&mut self, x: f32, y: f32) {
        let p = self.point(x, y);
        self.segments.push(Segment::Move(p));
    }
    fn line_to(&mut self, x: f32, y: f32) {
        let p = self.point(x, y);
        self.segments.push(Segment::Line(p));
    }
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (a, b) = (self.point(x1, y1), self.point(x, y));
        self.segments.push(Segment::Quad(a, b));
    }
    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (a, b, c) = (self.point(x1, y1), self.point(x2, y2), self.point(x, y));
        self.segments.push(Segment::Cubic(a, b, c));
    }
    fn close(&mut self) {
        self.segments.push(Segment::Close);
    }
}
