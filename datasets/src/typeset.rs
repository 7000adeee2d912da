//! Strings to placed glyphs: one glyph a character, kerned pairs, no ligatures.

use crate::charset;
use crate::scene::{Placed, Run, Scene, Style};
use std::rc::Rc;

impl Style {
    /// Plain black text in `face`.
    pub fn plain(face: &'static crate::fonts::Face, em: f32) -> Self {
        Self {
            face,
            em,
            stretch: 1.0,
            shear: 0.0,
            tracking: 0.0,
            bold: 0.0,
            screen: None,
            color: [0; 3],
            opacity: 1.0,
            behind: None,
        }
    }

    /// The text as this style's face can show it: lacking characters spelt plainer or left out,
    /// capitals where there are no small letters, small letters where there are no capitals, runs
    /// of white space as one space.
    pub fn fit(&self, text: &str) -> String {
        let metrics = self.face.metrics();
        let mut out = String::with_capacity(text.len());
        for ch in text.chars() {
            if ch.is_whitespace() {
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
            } else if metrics.small_only {
                ch.to_lowercase().for_each(|c| self.fit_char(c, &mut out));
            } else if metrics.caps_only && ch != 'ß' {
                ch.to_uppercase().for_each(|c| self.fit_char(c, &mut out));
            } else {
                self.fit_char(ch, &mut out);
            }
        }
        out.truncate(out.trim_end().len());
        out
    }

    fn fit_char(&self, ch: char, out: &mut String) {
        if self.face.glyph(ch).is_some() {
            out.push(ch);
        } else if let Some(plain) = charset::plainer(ch) {
            out.extend(plain.chars().filter(|c| self.face.glyph(*c).is_some()));
        }
    }

    /// Advance of one character, page units.
    pub fn advance(&self, ch: char) -> f32 {
        let glyph = self.face.glyph(ch).map_or(0.0, |g| g.advance);
        (glyph * self.stretch + self.tracking) * self.em
    }

    /// Advance of a space, page units.
    pub fn space(&self) -> f32 {
        (self.face.space() * self.stretch + self.tracking).max(0.12 + 0.1 * self.tracking) * self.em
    }

    /// Width of `text`, page units.
    pub fn width(&self, text: &str) -> f32 {
        self.place(text, 0.0).1
    }

    /// Glyphs of `text` from `x` on, and where it ends.
    pub fn place(&self, text: &str, mut x: f32) -> (Vec<Placed>, f32) {
        let mut glyphs = Vec::with_capacity(text.len());
        let mut last = None;
        let mut spaced = false;
        for ch in text.chars() {
            if ch == ' ' {
                x += self.space();
                (spaced, last) = (true, None);
                continue;
            }
            if let Some(left) = last {
                x += self.face.kern(left, ch) * self.stretch * self.em;
            }
            let advance = self.advance(ch);
            glyphs.push(Placed {
                ch,
                x,
                advance,
                spaced,
            });
            x += advance;
            (spaced, last) = (false, Some(ch));
        }
        (glyphs, x)
    }

    /// Highest point of the usual letters above the baseline, page units.
    pub fn ascent(&self) -> f32 {
        self.face.metrics().ascent * self.em
    }

    /// Depth of the usual letters below the baseline, page units.
    pub fn descent(&self) -> f32 {
        self.face.metrics().descent * self.em
    }
}

impl Scene {
    /// Puts `text` as a line of its own, its baseline starting at (x, y); gives its width.
    pub fn put(&mut self, style: &Rc<Style>, text: &str, x: f32, y: f32) -> f32 {
        let line = self.lines;
        self.lines += 1;
        self.put_on(line, style, text, x, y)
    }

    /// Puts `text` on a line that was begun before; gives its width.
    pub fn put_on(&mut self, line: usize, style: &Rc<Style>, text: &str, x: f32, y: f32) -> f32 {
        let (glyphs, end) = style.place(text, x);
        self.runs.push(Run {
            style: style.clone(),
            y,
            line,
            glyphs,
        });
        end - x
    }
}
