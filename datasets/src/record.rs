//! What a picture holds, as written to the stream and the manifest (see FORMAT.md).

use crate::scene::{self, Run, Scene};
use crate::warp::Warp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// A character with its place in the picture, pixels and radians.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GlyphBox {
    /// The character.
    pub ch: char,
    /// Middle of the advance.
    pub cx: f32,
    /// Middle between baseline and x-height.
    pub cy: f32,
    /// Advance.
    pub w: f32,
    /// Em size.
    pub h: f32,
    /// Direction of the baseline.
    pub angle: f32,
    /// Index into the lines.
    pub line: u32,
}

/// A line of text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TextLine {
    /// Its words, one space between.
    pub text: String,
    /// Left, top, right, bottom in pixels.
    #[serde(rename = "box")]
    pub area: [f32; 4],
    /// Half-open range of glyphs.
    pub glyphs: [usize; 2],
    /// Index into `fonts` of what its first glyph is set in.
    pub font: usize,
}

/// A field of an event or a card.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Field {
    /// As printed.
    pub text: String,
    /// Half-open ranges of glyphs that spell `text` without its spaces.
    pub glyphs: Vec<[usize; 2]>,
    /// Normalised.
    pub value: String,
}

/// Everything known about a picture.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Truth {
    /// crop, page, flyer or card.
    pub kind: &'static str,
    /// Index-mixed seed that makes this picture.
    pub seed: u64,
    /// Whether it went through the camera model.
    pub photographed: bool,
    /// Name of the layout.
    pub layout: &'static str,
    /// Families used.
    pub fonts: Vec<String>,
    /// The lines, joined by line feeds.
    pub text: String,
    /// The lines.
    pub lines: Vec<TextLine>,
    /// The event's or card's fields; empty for crops and pages.
    pub fields: BTreeMap<&'static str, Field>,
    /// The glyphs, in reading order.
    #[serde(skip)]
    pub glyphs: Vec<GlyphBox>,
    /// Where the ink of each glyph lies: left, top, right, bottom in pixels.
    #[serde(skip)]
    pub inks: Vec<[f32; 4]>,
    /// Pixels across and down.
    #[serde(skip)]
    pub size: [usize; 2],
}

impl Truth {
    /// Reads glyphs and lines off a scene seen through `warp`; also says which scene glyph became
    /// which (`None`: outside).
    pub fn of_scene(scene: &Scene, warp: &Warp, size: [usize; 2]) -> (Self, Vec<Option<usize>>) {
        let mut reader = Reader {
            size,
            glyphs: Vec::new(),
            inks: Vec::new(),
            lines: Vec::new(),
            kept: Vec::new(),
            open: None,
        };
        let mut fonts: Vec<String> = Vec::new();
        for run in &scene.runs {
            let family = &run.style.face.family;
            let font = fonts.iter().position(|f| f == family).unwrap_or_else(|| {
                fonts.push(family.clone());
                fonts.len() - 1
            });
            reader.run(run, font, warp);
        }
        let text = reader
            .lines
            .iter()
            .map(|l| l.text.as_str())
            .collect::<Vec<_>>()
            .join("\n");
        let truth = Self {
            kind: "crop",
            seed: 0,
            photographed: false,
            layout: "",
            fonts,
            text,
            lines: reader.lines,
            fields: BTreeMap::new(),
            glyphs: reader.glyphs,
            inks: reader.inks,
            size,
        };
        (truth, reader.kept)
    }

    /// Writes the record; without pixels if there are none.
    pub fn write(&self, out: &mut impl Write, pixels: Option<&[u8]>) -> io::Result<()> {
        let json = serde_json::to_vec(self)?;
        out.write_all(b"FVR1")?;
        for n in [json.len(), self.glyphs.len(), self.size[0], self.size[1]] {
            out.write_all(&(n as u32).to_le_bytes())?;
        }
        out.write_all(&json)?;
        let mut bytes = Vec::with_capacity(self.glyphs.len() * 28);
        for g in &self.glyphs {
            bytes.extend_from_slice(&(g.ch as u32).to_le_bytes());
            for v in [g.cx, g.cy, g.w, g.h, g.angle] {
                bytes.extend_from_slice(&v.to_le_bytes());
            }
            bytes.extend_from_slice(&g.line.to_le_bytes());
        }
        out.write_all(&bytes)?;
        out.write_all(pixels.unwrap_or(&[]))
    }
}

struct Reader {
    size: [usize; 2],
    glyphs: Vec<GlyphBox>,
    inks: Vec<[f32; 4]>,
    lines: Vec<TextLine>,
    kept: Vec<Option<usize>>,
    /// The scene's number of the line at the end of `lines`.
    open: Option<usize>,
}

impl Reader {
    fn run(&mut self, run: &Run, font: usize, warp: &Warp) {
        let style = &*run.style;
        let m = style.face.metrics();
        let rise = 0.5 * m.x_height * style.em;
        let mut gap = false;
        for placed in &run.glyphs {
            gap |= placed.spaced;
            let center = [placed.x + placed.advance * 0.5, run.y - rise];
            let local = warp.local(center, style.em * 0.1);
            let [cx, cy] = local.map(center);
            let outside =
                cx < 0.0 || cy < 0.0 || cx >= self.size[0] as f32 || cy >= self.size[1] as f32;
            if outside {
                self.kept.push(None);
                continue;
            }
            let (along, across, angle) = local.measure();
            let first = self.open != Some(run.line);
            let foot = [
                [placed.x, run.y + style.descent()],
                [placed.x + placed.advance, run.y - style.ascent()],
            ];
            let corners = [
                local.map(foot[0]),
                local.map(foot[1]),
                local.map([foot[0][0], foot[1][1]]),
                local.map([foot[1][0], foot[0][1]]),
            ];
            let line = self.line(run.line, font);
            if !first && gap {
                line.text.push(' ');
            }
            gap = false;
            line.text.push(placed.ch);
            line.glyphs[1] += 1;
            line.area = corners.iter().fold(line.area, |[l, t, r, b], p| {
                [l.min(p[0]), t.min(p[1]), r.max(p[0]), b.max(p[1])]
            });
            let line = (self.lines.len() - 1) as u32;
            self.kept.push(Some(self.glyphs.len()));
            let middle = [cx, cy, cx, cy]; // of a character without ink
            self.inks
                .push(scene::ink(run, placed, &local).unwrap_or(middle));
            self.glyphs.push(GlyphBox {
                ch: placed.ch,
                cx,
                cy,
                w: placed.advance * along,
                h: style.em * across,
                angle,
                line,
            });
        }
    }

    fn line(&mut self, number: usize, font: usize) -> &mut TextLine {
        if self.open != Some(number) {
            self.open = Some(number);
            let n = self.glyphs.len();
            self.lines.push(TextLine {
                text: String::new(),
                area: [f32::MAX, f32::MAX, f32::MIN, f32::MIN],
                glyphs: [n, n],
                font,
            });
        }
        self.lines.last_mut().expect("a line was pushed")
    }
}
