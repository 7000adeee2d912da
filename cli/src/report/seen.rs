//! What is shown of one picture besides its answer: its boxes, and its row of a report.
use crate::options::Common;
use foveate::batch::Source;
use foveate::{Image, Line, Region, Result, draw_boxes};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;

/// Longest side of a thumbnail, in pixels: headlines can be read, and 2,000 of them take some 30 MB
/// as text.
const SIDE: u32 = 256;

/// A box of a picture.
pub struct Mark {
    /// The column of what was read there, counted from 0.
    pub column: usize,
    pub region: Region,
}

/// A picture as a report shows it. What was found until an error stays in it.
#[derive(Default)]
pub struct Seen {
    /// The file that the boxes are drawn into.
    pub overlay: Option<PathBuf>,
    /// Names of what is read; `None` where no report is written.
    pub columns: Option<Arc<[String]>>,
    /// A JPEG; empty where there is no picture.
    pub thumbnail: Vec<u8>,
    /// Width and height of the upright picture, in pixels.
    pub size: (u32, u32),
    /// What was read, one text for each column.
    pub cells: Vec<String>,
    pub marks: Vec<Mark>,
    /// How sure the picture's answer is, 0 to 1.
    pub confidence: Option<f32>,
}

impl Seen {
    pub fn new(overlay: Option<PathBuf>, columns: Option<Arc<[String]>>) -> Self {
        Self {
            overlay,
            columns,
            ..Self::default()
        }
    }

    /// Reads a picture within the limits that were asked for.
    pub fn open(&mut self, source: &Source, common: &Common) -> Result<Image> {
        let image = source.open_within(&common.limits())?;
        if self.columns.is_some() {
            self.thumbnail = image.thumbnail(SIDE)?;
            self.size = (image.pixels().width(), image.pixels().height());
        }
        Ok(image)
    }

    /// The fields of a value, and the boxes by their JSON pointers. The least sure field says how
    /// sure the whole is.
    pub fn fields(
        &mut self,
        image: &Image,
        value: &Value,
        fields: &[(String, Region)],
    ) -> Result<()> {
        if let Some(columns) = self.columns.clone() {
            self.cells = columns.iter().map(|name| cell(value.get(name))).collect();
            if columns.iter().all(|name| value.get(name).is_none()) {
                self.cells[0] = cell(Some(value));
            }
            let column = |pointer: &str| {
                let name = first(pointer);
                columns.iter().position(|c| *c == name).unwrap_or_default()
            };
            let marks = fields.iter().map(|(pointer, region)| Mark {
                column: column(pointer),
                region: *region,
            });
            self.marks = marks.collect();
            let sure = fields.iter().map(|(_, region)| region.confidence);
            self.confidence = sure.reduce(f32::min);
        }
        self.drawn(image, fields.iter().map(|(_, region)| *region))
    }

    /// The text in the first column, and where its lines stand. Their mean says how sure it is.
    pub fn lines(&mut self, image: &Image, text: &str, lines: &[Line]) -> Result<()> {
        let regions: Vec<Region> = lines.iter().filter_map(|line| line.region).collect();
        self.text(image, text, &regions)
    }

    /// An answer in the first column, and where it stands.
    pub fn text(&mut self, image: &Image, text: &str, regions: &[Region]) -> Result<()> {
        if self.columns.is_some() {
            self.cells = vec![text.to_owned()];
            let mark = |&region| Mark { column: 0, region };
            self.marks = regions.iter().map(mark).collect();
            let sum: f32 = regions.iter().map(|r| r.confidence).sum();
            self.confidence = (!regions.is_empty()).then(|| sum / regions.len() as f32);
        }
        self.drawn(image, regions.iter().copied())
    }

    /// Fills the column of this name.
    pub fn set(&mut self, column: &str, text: String) {
        let columns = self.columns.as_deref().unwrap_or_default();
        if let Some(at) = columns.iter().position(|name| name == column) {
            self.cells[at] = text;
        }
    }

    /// Draws boxes on the picture where that was asked for.
    fn drawn(&self, image: &Image, regions: impl Iterator<Item = Region>) -> Result<()> {
        if let Some(out) = &self.overlay {
            draw_boxes(image, regions, out)?;
        }
        Ok(())
    }
}

/// A value as text; nothing for null.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// The first name in a JSON pointer (RFC 6901).
fn first(pointer: &str) -> String {
    let name = pointer.split('/').nth(1).unwrap_or_default();
    name.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_name_columns() {
        assert_eq!(first("/a~1b~0c/0/d"), "a/b~c");
        assert_eq!(first(""), "");
    }

    #[test]
    fn values_are_shown_as_text() {
        let value = serde_json::json!({"a": "x", "b": null, "c": [1, "y"]});
        let shown = ["a", "b", "c", "d"].map(|name| cell(value.get(name)));
        assert_eq!(shown, ["x", "", "[1,\"y\"]", ""]);
    }
}
