//! What the encoder alone finds in a picture, before any decoder: lines of letters, each with how
//! probable they are. Rules about what is legible are chosen on these.
use foveate::readers::glyph::Page;
use foveate::{Image, Model};
use serde_json::json;
use std::io::Write;

/// A gap of so many em sizes is a space: half of such gaps hold one (`Rules::space_bias`).
const SPACE: f32 = 0.12;

/// Prints a JSON object for each line of `image`: its text, the probability of each of its letters,
/// the gap behind each but the last in em sizes, and its em size in canvas pixels.
///
/// # Errors
/// The encoder's, and those of standard output.
pub fn print(model: &Model, image: &Image, name: &str) -> anyhow::Result<()> {
    let (encoded, _) = model.encode(image, model.default_mode())?;
    let Some(page) = encoded.data::<Page>() else {
        anyhow::bail!("{name}: the model {} knows no glyphs", model.name());
    };
    let mut out = std::io::stdout().lock();
    for line in page.lines() {
        let glyphs: Vec<_> = line.clone().filter_map(|i| page.glyph(i)).collect();
        let mut bytes = Vec::new();
        for (letter, _, _, gap) in &glyphs {
            bytes.extend_from_slice(model.tokenizer().bytes(*letter));
            if gap.is_some_and(|gap| gap > SPACE) {
                bytes.push(b' ');
            }
        }
        let probability: Vec<f32> = glyphs.iter().map(|g| g.1).collect();
        let em = glyphs.iter().map(|g| g.2[3]).sum::<f32>() / glyphs.len() as f32;
        let gaps: Vec<f32> = glyphs.iter().filter_map(|g| g.3).collect();
        let line = json!({"file": name, "text": String::from_utf8_lossy(&bytes), "em": em,
            "probability": probability, "gaps": gaps});
        writeln!(out, "{line}")?;
    }
    Ok(())
}
