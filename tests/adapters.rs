//! LoRA adapters: both decoders against PyTorch with merged weights, and swapping in a session.
use foveate::language::{Context, TextDecoder};
use foveate::model::DecoderFile;
use foveate::{Adapter, Image, Request};
use ndarray::Array2;
use safetensors::SafeTensors;
use std::fs;
use std::path::Path;
use std::sync::Arc;

mod tiny;
use tiny::{described, model, packed::packed, rewritten, tiny};

fn tensor(file: &str, name: &str) -> (Vec<usize>, Vec<u8>) {
    let bytes = fs::read(tiny().join(file)).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let found = tensors.tensor(name).unwrap();
    (found.shape().to_vec(), found.data().to_vec())
}

fn floats(file: &str, name: &str) -> Array2<f32> {
    let (shape, data) = tensor(file, name);
    let values = data.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b));
    Array2::from_shape_vec((shape[0], shape[1]), values.collect()).unwrap()
}

fn integers(file: &str, name: &str) -> Vec<usize> {
    let (_, data) = tensor(file, name);
    let values = data.as_chunks().0.iter().map(|b| i64::from_le_bytes(*b));
    values.map(|v| usize::try_from(v).unwrap()).collect()
}

/// What a decoder says of the golden rows, fed in two calls.
fn said(decoder: &dyn TextDecoder) -> Array2<f32> {
    let (ids, extra) = (
        integers("golden.safetensors", "ids"),
        floats("golden.safetensors", "extra"),
    );
    let wanted = integers("golden.safetensors", "select").len();
    let mut context = Context::new(decoder);
    for (i, (&id, extra)) in ids.iter().zip(extra.outer_iter()).enumerate() {
        let extra = extra.to_vec();
        context
            .push(u32::try_from(id).unwrap(), Some(&extra))
            .unwrap();
        if i == ids.len() / 2 {
            context.prefill(decoder).unwrap();
        }
    }
    context.forward(decoder, wanted).unwrap().logits
}

fn apart(a: &Array2<f32>, b: &Array2<f32>) -> f32 {
    (a - b).iter().fold(0.0, |most, d| most.max(d.abs()))
}

#[test]
fn both_decoders_say_what_pytorch_says_with_merged_weights() {
    let plain = floats("golden.safetensors", "logits");
    let adapted = floats("golden_adapter.safetensors", "logits");
    let range = adapted.iter().fold(0f32, |m, v| m.max(v.abs()));
    assert!(apart(&plain, &adapted) > 0.3 * range, "the update is loud");
    // In float, sums differ in order alone; at 8 bits, weights and activations are rounded to 1/255
    // of their range.
    let (float, eight) = (packed(false), packed(true));
    for (dir, decoder, tolerance) in [
        (tiny(), DecoderFile::Onnx, 2e-4 * range),
        (float.path().to_owned(), DecoderFile::Packed, 2e-4 * range),
        (eight.path().to_owned(), DecoderFile::Packed, 0.03 * range),
    ] {
        let model = model(&dir, decoder);
        let found = apart(&said(model.decoder()), &plain);
        assert!(found < tolerance, "{decoder:?} without: {found}");
        let with = model.decoder_with(&model.adapter("loud").unwrap()).unwrap();
        let found = apart(&said(&*with), &adapted);
        assert!(found < tolerance, "{decoder:?} with: {found}");
        let found = apart(&said(model.decoder()), &plain);
        assert!(found < tolerance, "{decoder:?} without again: {found}");
    }
}

#[test]
fn a_session_swaps_adapters_and_others_do_not_notice() {
    let dir = packed(true);
    let image = Image::open(tiny().join("picture.png")).unwrap();
    let request = Request {
        max_tokens: Some(12),
        ..Request::default()
    };
    for decoder in [DecoderFile::Onnx, DecoderFile::Packed] {
        let model = model(dir.path(), decoder);
        assert_eq!(model.adapters(), ["loud"]);
        let loud = model.adapter("loud").unwrap();
        assert_eq!((loud.name(), loud.lora().rank()), ("loud", 4));
        let elsewhere = Adapter::load(dir.path().join("adapters/loud")).unwrap();
        assert!(!loud.is(&elsewhere) && loud.lora() == elsewhere.lora());

        let shown = model.look_at(&image).unwrap();
        let ask = |session: &foveate::Session| {
            session
                .fork()
                .ask("What?")
                .with(&request)
                .run()
                .unwrap()
                .text
        };
        let plain = ask(&shown);
        let mut session = shown.fork();
        session.prewarm().unwrap();
        session.set_adapter(Some(&loud)).unwrap();
        assert_eq!(session.transcript().adapter.as_deref(), Some("loud"));
        let with = ask(&session);
        assert_ne!(with, plain, "{decoder:?}");
        assert_eq!(ask(&shown), plain, "another session");

        let mut fresh = model.session().unwrap();
        fresh.set_adapter(Some(&elsewhere)).unwrap();
        fresh.add_image(&image).unwrap();
        assert_eq!(ask(&fresh), with, "set before the picture was shown");
        session.set_adapter(None).unwrap();
        assert!(session.adapter().is_none());
        assert_eq!(ask(&session), plain, "taken off again");
    }
}

#[test]
fn an_adapted_decoder_is_shared_while_it_is_used() {
    let model = model(&tiny(), DecoderFile::Onnx);
    let loud = model.adapter("loud").unwrap();
    let first = model.decoder_with(&loud).unwrap();
    assert!(Arc::ptr_eq(
        &first,
        &model.decoder_with(&loud.clone()).unwrap()
    ));
    let weak = Arc::downgrade(&first);
    drop(first);
    assert!(weak.upgrade().is_none(), "nobody holds it");
}

#[test]
fn an_adapted_decoder_that_is_adapted_again_keeps_both() {
    let adapted = floats("golden_adapter.safetensors", "logits");
    let range = adapted.iter().fold(0f32, |m, v| m.max(v.abs()));
    let dir = packed(false);
    described(&dir.path().join("adapters/loud"), |card| {
        card["alpha"] = (card["alpha"].as_f64().unwrap() / 2.0).into();
    });
    let half = Adapter::load(dir.path().join("adapters/loud")).unwrap();
    let [onnx, packed] = [tiny(), dir.path().to_owned()];
    for (dir, decoder) in [(onnx, DecoderFile::Onnx), (packed, DecoderFile::Packed)] {
        let model = model(&dir, decoder);
        let once = model.decoder_with(&half).unwrap();
        let found = apart(&said(&*once), &adapted);
        assert!(found > 0.05 * range, "{decoder:?}, half of it: {found}");
        let twice = once.adapted(half.lora()).unwrap();
        let found = apart(&said(&*twice), &adapted);
        assert!(found < 2e-4 * range, "{decoder:?}, both halves: {found}");
    }
}

/// Makes the tiny bundle's adapter one of twice the rank: A stands twice, and B beside itself.
fn doubled(adapter: &Path) {
    described(adapter, |card| card["rank"] = 8.into());
    rewritten(adapter, |tensors| {
        for (name, (_, shape, data)) in tensors.iter_mut() {
            let row = 2 * shape[1];
            if name.ends_with("lora_a") {
                shape[0] *= 2;
                *data = data.repeat(2);
            } else {
                shape[1] *= 2;
                *data = data.chunks(row).flat_map(|row| row.repeat(2)).collect();
            }
        }
    });
}

#[test]
fn an_adapter_of_rank_8_says_what_its_half_says_twice() {
    let (plain, adapted) = (
        floats("golden.safetensors", "logits"),
        floats("golden_adapter.safetensors", "logits"),
    );
    let range = adapted.iter().fold(0f32, |m, v| m.max(v.abs()));
    let dir = packed(false);
    doubled(&dir.path().join("adapters/loud"));
    let model = model(dir.path(), DecoderFile::Packed);
    let adapter = model.adapter("loud").unwrap();
    assert_eq!(adapter.lora().rank(), 8);
    // alpha / rank is halved, so the two halves add up to the update of rank 4.
    let found = apart(&said(&*model.decoder_with(&adapter).unwrap()), &adapted);
    assert!(found < 2e-4 * range, "{found}");
    assert!(apart(&said(model.decoder()), &plain) < 2e-4 * range);
}
