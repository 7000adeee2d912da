//! Tests of the whole decoder, on small random ones.

mod lora;
mod refusals;
mod sessions;

use crate::random::{self, Form};
use crate::{Config, Cpu, Decoder};

/// Sizes that fit no vector width: rows beyond a tile, odd groups.
fn odd() -> Config {
    Config {
        dim: 56,
        n_layers_kv: 3,
        n_layers_shared: 2,
        n_heads: 6,
        n_kv_heads: 2,
        head_dim: 20,
        ffn_dim: 90,
        vocab_size: 101,
        rope_theta: 500_000.0,
        norm_eps: 1e-5,
        context: 2000,
    }
}

fn decoder(config: &Config, form: &Form, cpu: Cpu, threads: usize) -> Decoder {
    Decoder::new(&random::tensors(config, form, 7).unwrap(), cpu, threads).unwrap()
}

/// The packed layout: what is packed is what is read, in bounds, for sizes beyond tiles and blocks.
mod packing {
    use crate::packed::{Bits, Packed, pack, pack_scale};
    use crate::random::Random;
    use crate::{Cpu, Kind};

    #[test]
    fn pack_and_read_back() {
        let mut random = Random::new(4);
        for bits in Bits::ALL {
            for (rows, cols, groups) in
                [(1, 1, 1), (16, 16, 1), (17, 37, 1), (5, 64, 4), (33, 96, 2)]
            {
                let codes: Vec<u8> = (0..rows * cols)
                    .map(|_| random.below(bits.top() as usize + 1) as u8)
                    .collect();
                let scale: Vec<f32> = (0..rows * groups).map(|_| random.float().abs()).collect();
                let (bytes, scales) = (
                    pack(bits, rows, cols, &codes),
                    pack_scale(rows, groups, &scale),
                );
                let packed = Packed::new(bits, rows, cols, &bytes, &scales).unwrap();
                assert_eq!(
                    (packed.groups(), packed.rows(), packed.cols()),
                    (groups, rows, cols)
                );
                let mut row = vec![0.0; cols];
                for i in 0..rows {
                    packed.row(i, &mut row);
                    for (j, &value) in row.iter().enumerate() {
                        assert_eq!(packed.code(i, j), codes[i * cols + j]);
                        let level = f32::from(codes[i * cols + j]) - bits.top() as f32 * 0.5;
                        assert_eq!(value, level * scale[i * groups + j / (cols / groups)]);
                    }
                }
                for wrong in [&bytes[1..], &[&bytes[..], &[0; 64]].concat()] {
                    assert_eq!(
                        Packed::new(bits, rows, cols, wrong, &scales)
                            .unwrap_err()
                            .kind(),
                        Kind::Shape
                    );
                }
                assert_eq!(
                    Packed::new(bits, rows, cols, &bytes, &scales[1..])
                        .unwrap_err()
                        .kind(),
                    Kind::Shape
                );
                assert_eq!(
                    Packed::new(bits, usize::MAX, cols, &bytes, &scales)
                        .unwrap_err()
                        .kind(),
                    Kind::Shape
                );
            }
        }
    }

    /// A whole small decoder, forks and all, in one go: short enough for Miri.
    #[test]
    fn small_decoder() {
        let config = crate::Config {
            dim: 20,
            n_layers_kv: 1,
            n_layers_shared: 1,
            n_heads: 2,
            head_dim: 6,
            ffn_dim: 18,
            vocab_size: 19,
            ..super::odd()
        };
        let d = super::decoder(&config, &crate::random::Form::SHIPPED, Cpu::scalar(), 1);
        let run = |cache: &mut crate::Cache, ids: &[u32]| {
            d.run(
                cache,
                crate::Input {
                    ids,
                    select: &[ids.len() - 1],
                    ..Default::default()
                },
            )
            .unwrap()
            .logits
        };
        let mut cache = d.cache();
        run(&mut cache, &[1, 2, 3]);
        let mut fork = cache.fork();
        assert_eq!(run(&mut cache, &[4, 5]), run(&mut fork, &[4, 5]));
        fork.truncate(1);
        assert_ne!(run(&mut cache, &[4]), run(&mut fork, &[4]));
    }
}
