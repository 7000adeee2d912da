//! Answers as JSON.
use foveate::vision::{Note, Rect};
use foveate::{Answer, Image, Line, Reading, Region, StopReason, Timing, Typed, Usage, Word};
use serde_json::{Value, json};

/// All text of a picture.
pub(crate) fn reading(reading: &Reading) -> Value {
    json!({
        "text": reading.text,
        "lines": lines(&reading.lines),
        "left_out": lines(&reading.left_out),
    })
}

/// An answer in words, with the lines that it was written in.
pub(crate) fn words(answer: &Answer, read: &[Line]) -> Value {
    json!({
        "text": answer.text,
        "found": answer.found,
        "region": answer.region.as_ref().map(region),
        "lines": lines(read),
    })
}

/// A value, where its strings were read, and the text that it was read from.
pub(crate) fn typed(typed: &Typed<Value>) -> Value {
    json!({
        "value": typed.value,
        "fields": fields(&typed.fields),
        "text": typed.transcript,
    })
}

/// The same answer with how it ended, what it cost, and what of.
pub(crate) fn ended(
    mut answer: Value,
    (stop, timing, usage): (StopReason, Timing, Usage),
    image: &Image,
) -> Value {
    answer["stop"] = json!(stop.as_str());
    answer["picture"] = picture(image);
    answer["seconds"] = json!({
        "image": timing.image.as_secs_f64(),
        "encode": (timing.glance + timing.encode + timing.adapter).as_secs_f64(),
        "prefill": timing.prefill.as_secs_f64(),
        "decode": timing.decode.as_secs_f64(),
    });
    answer["usage"] = json!({"prompt": usage.prompt, "generated": usage.generated});
    answer
}

/// Where the strings of a value were read, by their JSON pointers.
pub(crate) fn fields(fields: &[(String, Region)]) -> Value {
    let field = |(path, at): &(String, Region)| json!({"path": path, "region": region(at)});
    fields.iter().map(field).collect()
}

fn lines(lines: &[Line]) -> Value {
    let word = |w: &Word| json!({"text": w.text, "region": w.region.as_ref().map(region)});
    let line = |l: &Line| {
        let words: Value = l.words.iter().map(word).collect();
        json!({"text": l.text, "region": l.region.as_ref().map(region), "words": words})
    };
    lines.iter().map(line).collect()
}

fn region(region: &Region) -> Value {
    json!({
        "box": corners(region.rect),
        "upright": corners(region.upright),
        "confidence": rounded(f64::from(region.confidence), 1e3),
    })
}

/// Left, top, right, bottom in pixels, to a tenth.
fn corners(rect: Rect) -> [f64; 4] {
    [rect.x0, rect.y0, rect.x1, rect.y1].map(|v| rounded(v, 10.0))
}

fn rounded(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}

/// A picture's size as it stands upright, in pixels, and what is odd about its file.
fn picture(image: &Image) -> Value {
    let pixels = image.pixels();
    let notes: Vec<String> = pixels.notes().iter().map(Note::to_string).collect();
    json!({"width": pixels.width(), "height": pixels.height(), "notes": notes})
}
