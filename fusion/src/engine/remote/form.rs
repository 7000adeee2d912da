//! A conversation in the form of OpenAI's chat completions.
use crate::engine::Sent;
use crate::{Error, Image, Request, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use foveate_language::Sampling;
use foveate_vision::Pixels;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use serde_json::{Map, Value, json};

/// What was said and shown so far.
#[derive(Default)]
pub(super) struct Messages {
    instructions: Option<String>,
    /// Earlier questions, each with the pictures shown before it, and its answer.
    earlier: Vec<(Vec<Picture>, String, String)>,
    /// Pictures shown since.
    shown: Vec<Picture>,
}

/// A picture as it is sent: pixels alone, nothing else of its file.
struct Picture {
    name: String,
    size: [u32; 2],
    png: usize,
    url: String,
}

impl Messages {
    pub fn instruct(&mut self, instructions: &str) {
        self.instructions = Some(instructions.to_owned());
    }

    pub fn show(&mut self, image: &Image) -> Result<()> {
        let pixels = image.pixels();
        let png = png_of(pixels).map_err(|e| Error::Stage {
            stage: "remote",
            why: format!("{} cannot be written as PNG: {e}", image.name()),
        })?;
        self.shown.push(Picture {
            name: image.name().to_owned(),
            size: [pixels.width(), pixels.height()],
            png: png.len(),
            url: format!("data:image/png;base64,{}", STANDARD.encode(png)),
        });
        Ok(())
    }

    pub fn answered(&mut self, question: &str, answer: &str) {
        let shown = std::mem::take(&mut self.shown);
        self.earlier
            .push((shown, question.to_owned(), answer.to_owned()));
    }

    /// The request's body.
    pub fn body(&self, question: &str, model: &str, request: &Request) -> Vec<u8> {
        let mut messages = Vec::new();
        if let Some(text) = &self.instructions {
            messages.push(json!({"role": "system", "content": text}));
        }
        for (pictures, question, answer) in &self.earlier {
            messages.push(asking(pictures, question));
            messages.push(json!({"role": "assistant", "content": answer}));
        }
        messages.push(asking(&self.shown, question));
        let mut body = json!({"model": model, "messages": messages, "stream": true,
            "stream_options": {"include_usage": true}});
        if let Some(body) = body.as_object_mut() {
            choices(body, request);
        }
        body.to_string().into_bytes()
    }

    /// What such a body holds.
    pub fn listed(&self, question: &str) -> Vec<Sent> {
        let mut parts = Vec::new();
        parts.extend(self.instructions.clone().map(Sent::Instructions));
        for (pictures, question, answer) in &self.earlier {
            parts.extend(pictures.iter().map(Picture::listed));
            parts.push(Sent::Question(question.clone()));
            parts.push(Sent::Answer(answer.clone()));
        }
        parts.extend(self.shown.iter().map(Picture::listed));
        parts.push(Sent::Question(question.to_owned()));
        parts
    }
}

impl Picture {
    fn listed(&self) -> Sent {
        Sent::Picture {
            name: self.name.clone(),
            size: self.size,
            bytes: self.png,
        }
    }
}

fn asking(pictures: &[Picture], question: &str) -> Value {
    let shown = pictures
        .iter()
        .map(|picture| json!({"type": "image_url", "image_url": {"url": picture.url}}));
    let mut content: Vec<Value> = shown.collect();
    content.push(json!({"type": "text", "text": question}));
    json!({"role": "user", "content": content})
}

/// Limits and sampling. `top_k` has no place in this form and is left out.
fn choices(body: &mut Map<String, Value>, request: &Request) {
    if let Some(most) = request.max_tokens {
        body.insert("max_tokens".into(), json!(most));
    }
    match request.sampling {
        Sampling::Greedy => {
            body.insert("temperature".into(), json!(0));
        }
        Sampling::Random {
            temperature,
            top_p,
            seed,
            ..
        } => {
            body.insert("temperature".into(), json!(temperature));
            body.insert("seed".into(), json!(seed.cast_signed()));
            body.extend(top_p.map(|p| ("top_p".to_owned(), json!(p))));
        }
    }
}

fn png_of(pixels: &Pixels) -> Result<Vec<u8>, image::ImageError> {
    let mut png = Vec::new();
    let (width, height) = (pixels.width(), pixels.height());
    PngEncoder::new(&mut png).write_image(pixels.rgb(), width, height, ExtendedColorType::Rgb8)?;
    Ok(png)
}
