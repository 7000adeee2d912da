//! A report of many pictures: one HTML file that names nothing outside itself. It is written row by
//! row, so that memory does not grow with the pictures.
mod overlays;
mod seen;

pub use overlays::Overlays;
pub use seen::Seen;

use crate::terminal::harmless;
use base64::prelude::{BASE64_STANDARD, Engine};
use foveate::batch::printable;
use seen::Mark;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Result, Write};
use std::path::Path;
use std::sync::Arc;

const CSS: &str = include_str!("report.css");
const JS: &str = include_str!("report.js");
/// Colours of the boxes, which the style has; columns take them by turns.
const COLOURS: usize = 6;
/// Of a picture this many times as high as wide the thumbnail is narrower.
const TALL: u32 = 2;

/// A report that is being written.
pub struct Report {
    file: BufWriter<File>,
    columns: Arc<[String]>,
    rows: usize,
}

impl Report {
    /// Begins a report; what is there is written over. `columns` are the names of what is read.
    pub fn create(path: &Path, title: &str, columns: Vec<String>) -> Result<Self> {
        let mut file = BufWriter::new(File::create(path)?);
        let columns: Arc<[String]> = columns.into();
        file.write_all(head(title, &columns).as_bytes())?;
        Ok(Self {
            file,
            columns,
            rows: 0,
        })
    }

    /// The names of what is read.
    pub fn columns(&self) -> Arc<[String]> {
        self.columns.clone()
    }

    /// Adds a picture, and what is to be said of it.
    pub fn row(&mut self, name: &str, seen: &Seen, failed: bool, notes: &[String]) -> Result<()> {
        self.rows += 1;
        let row = row(self.rows, &printable(name), seen, self.columns.len());
        self.file.write_all(row.as_bytes())?;
        let outcome = outcome(&printable(name), failed, notes);
        self.file.write_all(outcome.as_bytes())
    }

    /// Ends it.
    pub fn finish(mut self) -> Result<()> {
        write!(
            self.file,
            "</tbody></table></main>\n<script>{JS}</script>\n</html>\n"
        )?;
        self.file.flush()
    }
}

/// Everything before the first row. Only the style and the script in it are let in.
fn head(title: &str, columns: &[String]) -> String {
    let digest = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text.as_bytes()));
    let policy = format!(
        "default-src 'none'; img-src data:; style-src 'sha256-{}'; script-src 'sha256-{}'; \
         base-uri 'none'; form-action 'none'",
        digest(CSS),
        digest(JS)
    );
    let title = escaped(title);
    let mut heads = head_of("Picture", "");
    for (i, name) in columns.iter().enumerate() {
        heads += &head_of(&escaped(name), &swatch(i));
    }
    heads += &head_of("Confidence", "");
    heads += &head_of("Outcome", "");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{CSS}</style>\n\
         <header><h1>{title}</h1><label for=\"find\">Find</label>\
         <input id=\"find\" type=\"search\"><p id=\"count\" role=\"status\"></p></header>\n\
         <main tabindex=\"0\" aria-label=\"Pictures\"><table>\n<thead><tr>\
         <th scope=\"col\" aria-sort=\"ascending\"><button type=\"button\">No.</button></th>{heads}\
         </tr></thead>\n<tbody>\n"
    )
}

fn head_of(name: &str, swatch: &str) -> String {
    format!("<th scope=\"col\"><button type=\"button\">{swatch}{name}</button></th>")
}

fn swatch(column: usize) -> String {
    format!("<i class=\"k{}\"></i>", column % COLOURS)
}

/// The cells of a picture but the last.
fn row(number: usize, name: &str, seen: &Seen, columns: usize) -> String {
    let name = escaped(name);
    let mut row = format!("<tr><td>{number}</td><td class=\"picture\" data-sort=\"{name}\">");
    if !seen.thumbnail.is_empty() {
        row += &picture(&name, seen);
    }
    let _ = write!(row, "<span>{name}</span></td>");
    for column in 0..columns {
        let text = seen.cells.get(column).map_or("", String::as_str);
        let class = column % COLOURS;
        let _ = write!(
            row,
            "<td class=\"k{class}\"><div>{}</div></td>",
            escaped(text)
        );
    }
    match seen.confidence {
        Some(sure) => {
            let _ = write!(row, "<td data-sort=\"{sure:.4}\">{:.0}%</td>", 100.0 * sure);
        }
        None => row += "<td></td>",
    }
    row
}

/// The thumbnail with its boxes, a button that enlarges it.
fn picture(name: &str, seen: &Seen) -> String {
    let (width, height) = seen.size;
    let shape = if height >= TALL * width { " tall" } else { "" };
    let jpeg = BASE64_STANDARD.encode(&seen.thumbnail);
    let boxes: String = seen.marks.iter().map(rectangle).collect();
    format!(
        "<button type=\"button\" class=\"thumb{shape}\" aria-expanded=\"false\" \
         aria-label=\"Enlarge {name}\"><img loading=\"lazy\" decoding=\"async\" alt=\"\" \
         width=\"{width}\" height=\"{height}\" src=\"data:image/jpeg;base64,{jpeg}\">\
         <svg viewBox=\"0 0 {width} {height}\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         {boxes}</svg></button>"
    )
}

fn rectangle(mark: &Mark) -> String {
    let r = mark.region.upright;
    format!(
        "<rect class=\"k{}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
        mark.column % COLOURS,
        r.x0,
        r.y0,
        (r.x1 - r.x0).max(0.0),
        (r.y1 - r.y0).max(0.0)
    )
}

/// The last cell: whether the picture was answered, and what is to be said of it.
fn outcome(name: &str, failed: bool, notes: &[String]) -> String {
    let (class, word) = if failed {
        ("failed", "failed")
    } else {
        ("answered", "answered")
    };
    let prefix = format!("{name}: ");
    let note = |note: &String| {
        let note = note.strip_prefix(&prefix).unwrap_or(note);
        format!("<p>{}</p>", escaped(note))
    };
    let notes: String = notes.iter().map(note).collect();
    format!("<td class=\"{class}\"><b>{word}</b>{notes}</td></tr>\n")
}

/// A text as HTML, in an element or between quotes. What commands a terminal or turns the direction
/// of writing stands escaped, too.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in harmless(text).chars() {
        match c {
            '&' => shown += "&amp;",
            '<' => shown += "&lt;",
            '>' => shown += "&gt;",
            '"' => shown += "&quot;",
            '\'' => shown += "&#39;",
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_picture_says_stays_text() {
        let evil = "<script>alert(\"1\")</script> & 'x' \u{202e}\u{0}";
        let seen = Seen {
            thumbnail: vec![1],
            size: (10, 30),
            cells: vec![evil.into()],
            ..Seen::default()
        };
        let notes = [format!("{evil}: {evil}")];
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("r.html");
        let mut report = Report::create(&path, evil, vec![evil.into()]).unwrap();
        report.row(evil, &seen, true, &notes).unwrap();
        report.finish().unwrap();
        let page = std::fs::read_to_string(&path).unwrap();
        assert_eq!(page.matches("<script>").count(), 1);
        assert!(!page.contains('\u{202e}') && !page.contains('\u{0}'));
        let shown = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39; \\u{202e}";
        assert!(page.matches(shown).count() >= 7, "{page}");
    }

    #[test]
    fn the_page_names_nothing_outside_itself() {
        let page = head("t", &["a".into()]) + JS;
        for outside in ["http:", "https:", "//www", "url(", "@import", "fetch("] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert!(page.contains("default-src 'none'"));
    }
}
