//! Every stage by hand: what `model.ocr(&image)` does in one line.
//!
//! ```text
//! cargo run --release --example stages -- [--model NAME|FOLDER] PICTURE
//! ```
use clap::Parser;
use foveate::bundle::Bundle;
use foveate::language::{
    Context, Generator, OnnxDecoder, PackedDecoder, Sampler, Sampling, Suppress, TextDecoder,
    TokenStream, Tokenizer,
};
use foveate::readers::glyph::{GlyphEmbedding, Mixer, SlotAdapter, image_tokens};
use foveate::vision::{Limits, Mode, OnnxTower, Pixels, TileBatch};
use foveate_onnx::GraphOptions;
use std::path::PathBuf;

#[derive(Parser)]
struct Arguments {
    /// The model: its name, or a path to its folder.
    #[arg(long, default_value = "nano")]
    model: PathBuf,
    picture: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let bundle = Bundle::open(Bundle::find(&arguments.model)?)?;
    let (config, options) = (bundle.config(), GraphOptions::default());

    // bytes -> Pixels -> TileBatch -> features [views, rows, columns, d]
    let pixels = Pixels::open(&arguments.picture, &Limits::default())?;
    let views = TileBatch::new(&pixels, Mode::Auto, &config.image);
    let features =
        OnnxTower::open(bundle.file("vision.onnx")?, &config.image, &options)?.encode(&views)?;
    println!(
        "{}x{} pixels, {:?}, features {:?}",
        pixels.width(),
        pixels.height(),
        views.mode(),
        features.shape()
    );

    // features -> glyph slots -> image tokens [n, dim] in reading order
    let embed = GlyphEmbedding::new(&bundle.fusion_weights()?);
    let adapter = SlotAdapter::open(bundle.file("adapter.onnx")?, embed.sizes(), &options)?;
    let slots = adapter.run(features)?;
    let mut tokens = image_tokens(&slots, views.far_tiles(), &config.adapter, &embed)?;
    if let Some(mixer) = Mixer::of(&bundle, &options)? {
        tokens.tokens = mixer.run(tokens.tokens)?;
    }
    println!(
        "{} slots, {} image tokens",
        slots.presence.len(),
        tokens.len()
    );

    // image tokens and a question -> rows of the decoder
    let tokenizer = Tokenizer::load(bundle.file("tokenizer.json")?)?;
    let sizes = config.decoder;
    let template = config
        .tokens
        .template(&tokenizer, sizes.vocab_size)
        .map_err(anyhow::Error::msg)?;
    let image = tokenizer.special(&config.tokens.image);
    let decoder: Box<dyn TextDecoder> = if bundle.has("decoder.safetensors") {
        let file = bundle.file("decoder.safetensors")?;
        Box::new(PackedDecoder::open(file, sizes, 0)?)
    } else {
        Box::new(OnnxDecoder::open(
            bundle.file("decoder.onnx")?,
            sizes,
            &options,
        )?)
    };
    let mut context = Context::new(&*decoder);
    context.push_ids(&template.begin)?;
    let ids = vec![image.unwrap_or_default(); tokens.tokens.nrows()];
    context.push_rows(&ids, tokens.tokens.view())?;
    context.push_ids(&template.asked(&tokenizer, &config.prompts.ocr)?)?;
    println!("{} rows of {}", context.len(), context.limit());

    // rows -> tokens -> text. Without the pointer, which a session adds, it is only nearly what
    // `ocr` reads.
    let generator = Generator::new(
        &*decoder,
        &mut context,
        Sampler::new(Sampling::Greedy),
        template.end,
    );
    let mut stream = generator
        .processed(Box::new(Suppress(&template.never)))
        .watching_for_loops()
        .max_tokens(500);
    let ids: Vec<u32> = stream
        .by_ref()
        .map(|t| t.map(|t| t.id))
        .collect::<Result<_, _>>()?;
    println!("{}\n({:?})", tokenizer.decode(&ids), stream.stop());
    Ok(())
}
