//! Boxes as they are sent.
use foveate::vision::{Note, Rect};
use foveate::{Image, Line, Region, Word};
use serde_json::{Value, json};

/// A picture's size as it stands upright, in pixels, and what is odd about its file.
pub(crate) fn picture(image: &Image) -> Value {
    let pixels = image.pixels();
    let notes: Vec<String> = pixels.notes().iter().map(Note::to_string).collect();
    json!({"width": pixels.width(), "height": pixels.height(), "notes": notes})
}

/// Lines with their boxes.
pub(crate) fn lines(lines: &[Line]) -> Vec<Value> {
    lines
        .iter()
        .map(|l| placed(&l.text, l.region.as_ref()))
        .collect()
}

/// The same with their words.
pub(crate) fn lines_with_words(lines: &[Line]) -> Vec<Value> {
    let word = |w: &Word| placed(&w.text, w.region.as_ref());
    let line = |l: &Line| {
        let mut line = placed(&l.text, l.region.as_ref());
        line["words"] = l.words.iter().map(word).collect();
        line
    };
    lines.iter().map(line).collect()
}

/// Where the strings of a typed answer were read, by their JSON pointers.
pub(crate) fn fields(fields: &[(String, Region)]) -> Vec<Value> {
    let field = |(path, region): &(String, Region)| {
        let mut field = json!({"path": path});
        place(&mut field, Some(region));
        field
    };
    fields.iter().map(field).collect()
}

fn placed(text: &str, region: Option<&Region>) -> Value {
    let mut value = json!({"text": text});
    place(&mut value, region);
    value
}

fn place(value: &mut Value, region: Option<&Region>) {
    value["picture"] = json!(region.map(|r| r.picture));
    value["box"] = json!(region.map(|r| corners(r.rect)));
    value["upright"] = json!(region.map(|r| corners(r.upright)));
    value["confidence"] = json!(region.map(|r| rounded(f64::from(r.confidence), 1e3)));
}

/// Left, top, right, bottom in pixels, to a tenth.
fn corners(rect: Rect) -> [f64; 4] {
    [rect.x0, rect.y0, rect.x1, rect.y1].map(|v| rounded(v, 10.0))
}

fn rounded(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}
