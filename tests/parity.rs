//! Every stage against PyTorch's golden tensors, on a bundle of random weights (`training/tiny.py`
//! makes both).
use foveate::bundle::Bundle;
use foveate::language::{Context, OnnxDecoder, PackedDecoder};
use foveate::model::DecoderFile;
use foveate::readers::glyph::{
    Covered, GlyphEmbedding, Mixer, Page, Pointer, Rules, SlotAdapter, choose, image_tokens,
};
use foveate::{Image, Mode, Model, StopReason};
use foveate_onnx::GraphOptions;
use ndarray::{Array, ArrayD, Axis, Dimension, IxDyn};
use safetensors::{Dtype, SafeTensors};

mod tiny;
use tiny::tiny;

struct Golden(Vec<u8>);

impl Golden {
    fn load() -> Self {
        Self::of("golden.safetensors")
    }

    fn of(file: &str) -> Self {
        Self(std::fs::read(tiny().join(file)).unwrap())
    }

    fn floats(&self, name: &str) -> ArrayD<f32> {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        let tensor = file.tensor(name).unwrap();
        assert_eq!(tensor.dtype(), Dtype::F32, "{name}");
        let values = tensor
            .data()
            .as_chunks::<4>()
            .0
            .iter()
            .map(|b| f32::from_le_bytes(*b))
            .collect();
        Array::from_shape_vec(IxDyn(tensor.shape()), values).unwrap()
    }

    fn integers(&self, name: &str) -> Vec<i64> {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        let tensor = file.tensor(name).unwrap();
        assert_eq!(tensor.dtype(), Dtype::I64, "{name}");
        tensor
            .data()
            .as_chunks::<8>()
            .0
            .iter()
            .map(|b| i64::from_le_bytes(*b))
            .collect()
    }
}

/// Largest difference over the largest magnitude.
fn apart<D: Dimension>(got: &Array<f32, D>, expected: &ArrayD<f32>) -> f32 {
    assert_eq!(got.shape(), expected.shape());
    let scale = expected.iter().fold(0.0f32, |m, x| m.max(x.abs()));
    got.iter()
        .zip(expected)
        .fold(0.0f32, |m, (a, b)| m.max((a - b).abs()))
        / scale
}

#[test]
fn adapter_choice_place_and_mixer_agree() {
    let (bundle, golden) = (Bundle::open(tiny()).unwrap(), Golden::load());
    let embed = GlyphEmbedding::new(&bundle.fusion_weights().unwrap());
    let file = bundle.file("adapter.onnx").unwrap();
    let adapter = SlotAdapter::open(file, embed.sizes(), &GraphOptions::default()).unwrap();
    let features = golden.floats("features").into_dimensionality().unwrap();
    let slots = adapter.run(features).unwrap();
    assert!(apart(&slots.letters, &golden.floats("letters")) < 1e-4);
    assert!(apart(&slots.slots, &golden.floats("slots")) < 1e-4);
    assert!(apart(&slots.place, &golden.floats("place")) < 1e-4);
    assert!(apart(&slots.presence, &golden.floats("presence")) < 1e-4);
    let chosen = choose(&slots, None, &bundle.config().adapter, &Rules::default()).unwrap();
    assert_eq!(
        chosen.index,
        golden
            .integers("kept")
            .iter()
            .map(|&i| i as usize)
            .collect::<Vec<_>>()
    );
    assert!(apart(&chosen.place, &golden.floats("canvas")) < 1e-4);

    let tokens = image_tokens(&slots, None, &bundle.config().adapter, &embed).unwrap();
    let glyph: Vec<i64> = tokens.glyph.iter().map(|&g| i64::from(g)).collect();
    assert_eq!(glyph, golden.integers("glyph"));
    let mixer = Mixer::of(&bundle, &GraphOptions::default()).unwrap();
    let mixed = mixer.unwrap().run(tokens.tokens.clone()).unwrap();
    assert!(mixed != tokens.tokens);
    let extra: ndarray::Array2<f32> = golden.floats("extra").into_dimensionality().unwrap();
    let fed = extra
        .slice_axis(Axis(0), (1..=tokens.len()).into())
        .to_owned();
    assert!(apart(&mixed, &fed.into_dyn()) < 1e-4);
}

/// Two bits a weight, activations and cache in 8: both sides round the same, but sums in another
/// order tip a rounding over now and then, and one step of an activation is 1/127 of its largest.
#[test]
fn the_packed_decoder_says_what_training_computed() {
    let (golden, packed) = (Golden::load(), Golden::of("packed/golden.safetensors"));
    let shape = Bundle::open(tiny()).unwrap().config().decoder;
    let decoder = PackedDecoder::open(tiny().join("packed/decoder.safetensors"), shape, 1).unwrap();
    let extra: ndarray::Array2<f32> = golden.floats("extra").into_dimensionality().unwrap();
    let mut context = Context::new(&decoder);
    for (i, id) in golden.integers("ids").into_iter().enumerate() {
        let row = extra.row(i);
        context
            .push(u32::try_from(id).unwrap(), row.to_slice())
            .unwrap();
    }
    let wanted = golden.integers("select").len();
    let output = context.forward(&decoder, wanted).unwrap();
    for (found, name) in [(&output.logits, "logits"), (&output.hidden, "hidden")] {
        let expected = packed.floats(name);
        let found = apart(found, &expected);
        assert!(found < 0.03, "{name}: {found}");
    }
}

#[test]
fn decoder_and_pointer_agree_whole_and_step_by_step() {
    let (bundle, golden) = (Bundle::open(tiny()).unwrap(), Golden::load());
    let shape = bundle.config().decoder;
    let decoder = OnnxDecoder::open(
        bundle.file("decoder.onnx").unwrap(),
        shape,
        &GraphOptions::default(),
    )
    .unwrap();
    let ids: Vec<u32> = golden.integers("ids").iter().map(|&i| i as u32).collect();
    let extra: ndarray::Array2<f32> = golden.floats("extra").into_dimensionality().unwrap();
    let wanted = golden.integers("select").len();
    let mut context = Context::new(&decoder);
    for (i, &id) in ids.iter().enumerate() {
        context
            .push(id, Some(extra.row(i).to_slice().unwrap()))
            .unwrap();
    }
    let mut fork = context.fork();
    let whole = context.forward(&decoder, wanted).unwrap();
    assert!(apart(&whole.logits, &golden.floats("logits")) < 2e-4);
    assert!(apart(&whole.hidden, &golden.floats("hidden")) < 2e-4);

    fork.truncate(ids.len() - wanted);
    fork.prefill(&decoder).unwrap();
    for row in 0..wanted {
        let i = ids.len() - wanted + row;
        fork.push(ids[i], Some(extra.row(i).to_slice().unwrap()))
            .unwrap();
        let step = fork.forward(&decoder, 1).unwrap();
        let expected = golden
            .floats("logits")
            .index_axis(Axis(0), row)
            .to_owned()
            .insert_axis(Axis(0));
        assert!(apart(&step.logits, &expected) < 2e-4, "step {row}");
    }

    let pointer = Pointer::new(&bundle.fusion_weights().unwrap());
    let n = golden.integers("kept").len();
    let keys = pointer.keys_of(extra.slice_axis(Axis(0), (1..=n).into()));
    for (row, scores) in golden.floats("pointer").outer_iter().enumerate() {
        let best = (0..scores.len())
            .max_by(|&a, &b| scores[[a]].total_cmp(&scores[[b]]))
            .unwrap();
        assert_eq!(
            pointer.point(whole.hidden.row(row), [(0, &keys)], &Covered::default()),
            best.checked_sub(1),
            "row {row}"
        );
    }
}

/// Random weights are sure of no letter.
fn all_legible(decoder: DecoderFile) -> Model {
    tiny::model(&tiny(), decoder)
}

#[test]
fn a_model_of_random_weights_answers_every_mode() {
    let model = all_legible(DecoderFile::Auto);
    let image = Image::open(tiny().join("picture.png")).unwrap();
    let schema = serde_json::json!({"type": "object", "required": ["title"], "properties": {
        "title": {"type": "string"}, "date": {"type": ["string", "null"]}}});
    for mode in [Mode::Rapid, Mode::Balanced, Mode::High] {
        let mut session = model.session().unwrap();
        session.add_image_in(&image, mode).unwrap();
        let request = foveate::Request {
            max_tokens: Some(40),
            ..Default::default()
        };
        let answer = session.ask("What?").with(&request).run().unwrap();
        assert!(answer.usage.generated <= 40 && answer.stop != StopReason::Cancelled);
        let typed = session
            .read_schema::<serde_json::Value>(&schema)
            .with(&request)
            .run()
            .unwrap();
        assert!(typed.value["title"].is_string(), "{}", typed.json);
    }
}

/// Four pixels by four for each of the picture's: 600 x 440, which `auto` looks at in one view
/// first.
fn fourfold() -> Image {
    let small = Image::open(tiny().join("picture.png")).unwrap();
    let (width, height) = (small.pixels().width(), small.pixels().height());
    let pixels = small.pixels().rgb().as_chunks::<3>().0;
    let at = |x: u32, y: u32| pixels[((y / 4) * width + x / 4) as usize];
    let rgb = (0..4 * height).flat_map(|y| (0..4 * width).flat_map(move |x| at(x, y)));
    Image::from_rgb(4 * width, 4 * height, rgb.collect()).unwrap()
}

#[test]
fn small_print_is_encoded_again() {
    let model = all_legible(DecoderFile::Onnx);
    let image = fourfold();
    let (first, _) = model.encode(&image, Mode::Balanced).unwrap();
    let small = first.data::<Page>().unwrap().median_em().unwrap() < 12.0;
    let (seen, timing) = model.encode(&image, Mode::Auto).unwrap();
    assert_eq!(seen.mode == Mode::High, small);
    assert_eq!(!timing.glance.is_zero(), small);
    assert_eq!(model.encoder_runs(), 2 + usize::from(small));
    // It is remembered, and costs nothing again.
    let (_, timing) = model.encode(&image, Mode::Auto).unwrap();
    assert!(timing.glance.is_zero() && timing.encode.is_zero());
    assert_eq!(model.encoder_runs(), 2 + usize::from(small));
    // What cannot be shown larger is not encoded again.
    let picture = Image::open(tiny().join("picture.png")).unwrap();
    let (seen, timing) = model.encode(&picture, Mode::Auto).unwrap();
    assert_eq!((seen.mode, timing.glance.is_zero()), (Mode::Balanced, true));
}
