//! Golden decoders written by `reference.py`: the same logits, to the bit, on every instruction set
//! and thread count.

use foveate_kernels::{Cpu, Decoder, Input};

#[test]
fn logits_are_those_of_the_specification() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let ids: Vec<u32> = (0..70).map(|i| (7 * i + 3) % 40).collect();
    for name in ["two-bit", "eight-bit-groups", "float"] {
        let golden = std::fs::read(dir.join(format!("{name}.f32"))).unwrap();
        let golden: Vec<f32> = golden
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
            .collect();
        for cpu in Cpu::available() {
            for threads in [1, 2] {
                let decoder =
                    Decoder::open(dir.join(format!("{name}.safetensors")), cpu, threads).unwrap();
                let input = Input {
                    ids: &ids,
                    select: &[0, 64, 69],
                    ..Input::default()
                };
                let out = decoder.run(&mut decoder.cache(), input).unwrap();
                assert_eq!(out.logits, golden, "{name} {} {threads}", cpu.name());
            }
        }
    }
}
