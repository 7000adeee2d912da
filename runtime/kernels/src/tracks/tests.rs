//! Layers in pieces, over every instruction set, and against floats.

use super::*;
use crate::experts::Routes;
use crate::random::Random;

pub(super) const SIZES: TrackSizes = TrackSizes {
    dim: 64,
    n_heads: 4,
    n_kv_heads: 2,
    head_dim: 16,
    window: 5,
    keep: 7,
    rope_theta: 500_000.0,
    norm_eps: 1e-5,
};
const WIDTH: usize = 96;

/// Float weights of a layer.
struct Floats(Vec<Vec<f32>>, bool);

impl Floats {
    fn new(experts: bool, random: &mut Random) -> Self {
        let mut some =
            |n: usize, scale: f32| -> Vec<f32> { (0..n).map(|_| random.float() * scale).collect() };
        let (dim, n) = (SIZES.dim, if experts { 4 } else { 1 });
        let scale = 2.0 / (dim as f32).sqrt();
        let norms = [dim, dim, 16, 16].map(|n| some(n, 0.3).iter().map(|w| 1.0 + w).collect());
        let mut all: Vec<Vec<f32>> = norms.into();
        all.extend([64, 32, 32, 64].map(|rows| some(rows * 64, scale)));
        all.extend([dim, dim, dim].map(|dim| some(n * WIDTH * dim, scale)));
        all.push(some(4 * dim, scale));
        Self(all, experts)
    }

    fn layer(&self, is_global: bool) -> TrackLayer {
        let w = |i: usize| self.0[i].as_slice();
        let (gate, up, down) = (w(8), w(9), w(10));
        let ffn = match self.1 {
            true => FfnWeights::Experts {
                sizes: [4, 2, WIDTH],
                router: w(11),
                gate,
                up,
                down,
            },
            false => FfnWeights::Dense {
                width: WIDTH,
                gate,
                up,
                down,
            },
        };
        let weights = LayerWeights {
            norms: [w(0), w(1)],
            head_norms: [w(2), w(3)],
            q: w(4),
            k: w(5),
            v: w(6),
            o: w(7),
            ffn,
        };
        TrackLayer::round(SIZES, is_global, &weights).unwrap()
    }
}

/// What a layer makes of rows that come in pieces.
fn run(layer: &TrackLayer, cpu: Cpu, x: &[f32], pieces: &[usize]) -> Vec<f32> {
    let (mut out, mut cache, mut at) = (x.to_vec(), TrackCache::new(&SIZES), 0);
    let mut scratch = TrackScratch::default();
    for &n in pieces {
        let rows = &mut out[at * SIZES.dim..][..n * SIZES.dim];
        layer.run(cpu, rows, at, &mut cache, &mut scratch).unwrap();
        at += n;
        let keep = if layer.is_global {
            at
        } else {
            at.min(SIZES.keep)
        };
        assert_eq!(cache.held(), keep);
    }
    out
}

fn apart(a: &[f32], b: &[f32], x: &[f32]) -> f32 {
    let square = |x: f32| x * x;
    let error: f32 = a.iter().zip(b).map(|(a, b)| square(a - b)).sum();
    let change: f32 = b.iter().zip(x).map(|(b, x)| square(b - x)).sum();
    (error / change).sqrt()
}

/// The definition in floats, all rows at once under one mask.
fn oracle(f: &Floats, layer: &TrackLayer, x: &[f32]) -> Vec<f32> {
    let s = &SIZES;
    let product = |w: &[f32], x: &[f32]| -> Vec<f32> {
        let rows = w.chunks_exact(x.len());
        rows.map(|w| w.iter().zip(x).map(|(w, x)| w * x).sum())
            .collect()
    };
    let normed = |x: &[f32], w: &[f32]| -> Vec<f32> {
        let mean = x.iter().map(|x| x * x).sum::<f32>() / x.len() as f32;
        x.iter()
            .zip(w)
            .map(|(x, w)| x / (mean + s.norm_eps).sqrt() * w)
            .collect()
    };
    let heads = |y: &[f32], at: usize, w: &[f32]| -> Vec<f32> {
        let turn = turns(s, at);
        let one = |head: &[f32]| {
            let pairs = head.chunks(2).zip(&turn);
            let turned = pairs.flat_map(|(p, [cos, sin])| match layer.is_global {
                true => [p[0], p[1]],
                false => [p[0] * cos - p[1] * sin, p[0] * sin + p[1] * cos],
            });
            normed(&turned.collect::<Vec<_>>(), w)
        };
        y.chunks(s.head_dim).flat_map(one).collect()
    };
    let silu = |g: f32| g / (1.0 + (-g).exp());
    let ffn = |w: [&[f32]; 3], h: &[f32]| {
        let inner = product(w[0], h).into_iter().zip(product(w[1], h));
        let inner: Vec<f32> = inner.map(|(g, u)| silu(g) * u).collect();
        product(w[2], &inner)
    };
    let (mut keys, mut values, mut out) = (Vec::new(), Vec::new(), Vec::new());
    for (at, x) in x.chunks_exact(s.dim).enumerate() {
        let h = normed(x, &f.0[0]);
        keys.push(heads(&product(&f.0[5], &h), at, &f.0[3]));
        values.push(product(&f.0[6], &h));
        let q = heads(&product(&f.0[4], &h), at, &f.0[2]);
        let from = if layer.is_global {
            0
        } else {
            (at + 1).saturating_sub(s.window)
        };
        let mut seen = Vec::new();
        for (i, q) in q.chunks(s.head_dim).enumerate() {
            let part = i / (s.n_heads / s.n_kv_heads) * s.head_dim;
            let own = |all: &[Vec<f32>]| -> Vec<Vec<f32>> {
                all[from..]
                    .iter()
                    .map(|r| r[part..part + s.head_dim].to_vec())
                    .collect()
            };
            let scores = own(&keys).into_iter().map(|k| product(&k, q)[0] / 4.0);
            let e: Vec<f32> = scores.map(f32::exp).collect();
            let total: f32 = e.iter().sum();
            let mut y = vec![0.0; s.head_dim];
            for (e, v) in e.iter().zip(own(&values)) {
                y.iter_mut().zip(v).for_each(|(y, v)| *y += e / total * v);
            }
            seen.extend(y);
        }
        let y = product(&f.0[7], &seen);
        let x: Vec<f32> = x.iter().zip(y).map(|(x, y)| x + y).collect();
        let h = normed(&x, &f.0[1]);
        let y = match f.1 {
            false => ffn([&f.0[8], &f.0[9], &f.0[10]], &h),
            true => {
                let routes = Routes::top_k(&product(&f.0[11], &h), 4, 2).unwrap();
                let mut y = vec![0.0; s.dim];
                for &(e, share) in routes.picks() {
                    let one = WIDTH * s.dim;
                    let part = [8, 9, 10].map(|i: usize| &f.0[i][e * one..][..one]);
                    y.iter_mut()
                        .zip(ffn(part, &h))
                        .for_each(|(y, z)| *y += share * z);
                }
                y
            }
        };
        out.extend(x.iter().zip(y).map(|(x, y)| x + y));
    }
    out
}

#[test]
fn pieces_of_any_size_and_every_instruction_set_give_the_same_bits() {
    let mut random = Random::new(11);
    for (experts, is_global) in [(false, false), (true, false), (true, true)] {
        let layer = Floats::new(experts, &mut random).layer(is_global);
        let x: Vec<f32> = (0..20 * SIZES.dim).map(|_| random.float()).collect();
        let whole = run(&layer, Cpu::scalar(), &x, &[20]);
        for cpu in Cpu::available() {
            for pieces in [&[20][..], &[1, 9, 1, 1, 8], &[1; 20]] {
                assert_eq!(
                    run(&layer, cpu, &x, pieces),
                    whole,
                    "{} {pieces:?}",
                    cpu.name()
                );
            }
        }
    }
}

/// Root of the squared error over that of what the layer changes: 8-bit matrices take 0.9%, 4-bit
/// experts the rest.
#[test]
fn layers_are_those_of_floats_within_their_rounding() {
    let mut random = Random::new(5);
    for (experts, is_global, most) in [
        (false, true, 0.03),
        (false, false, 0.03),
        (true, false, 0.2),
    ] {
        let floats = Floats::new(experts, &mut random);
        let layer = floats.layer(is_global);
        let x: Vec<f32> = (0..20 * SIZES.dim).map(|_| random.float()).collect();
        let found = run(&layer, Cpu::detect().unwrap(), &x, &[20]);
        let error = apart(&found, &oracle(&floats, &layer, &x), &x);
        println!("experts {experts}, global {is_global}: {error:.4}");
        assert!(
            error < most,
            "experts {experts}, global {is_global}: {error}"
        );
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut random = Random::new(5);
    let floats = Floats::new(true, &mut random);
    let layer = floats.layer(false);
    let mut scratch = TrackScratch::default();
    let mut refused = |x: &mut [f32], held: usize, sizes: &TrackSizes| {
        let mut cache = TrackCache::new(sizes);
        let rows = vec![0.5; held * sizes.n_kv_heads * sizes.head_dim];
        cache.push(&rows, &rows);
        let refused = layer.run(Cpu::scalar(), x, 3, &mut cache, &mut scratch);
        assert_eq!(cache.held(), held, "what is refused is not held");
        refused.unwrap_err().kind()
    };
    let other = TrackSizes {
        head_dim: 8,
        ..SIZES
    };
    assert_eq!(refused(&mut [0.0; 65], 0, &SIZES), Kind::Input);
    assert_eq!(refused(&mut [0.0; 64], 2, &other), Kind::Input);
    assert_eq!(refused(&mut [0.0; 64], 4, &SIZES), Kind::Input);
    assert_eq!(refused(&mut [f32::NAN; 64], 2, &SIZES), Kind::Value);
    for sizes in [
        TrackSizes { dim: 63, ..SIZES },
        TrackSizes {
            n_kv_heads: 3,
            ..SIZES
        },
        TrackSizes {
            head_dim: 0,
            ..SIZES
        },
        TrackSizes {
            n_heads: usize::MAX,
            ..SIZES
        },
    ] {
        assert_eq!(sizes.check().unwrap_err().kind(), Kind::Config);
    }
    let short = linear("q", &[0.0; 64], [1, 32]).err().unwrap();
    assert_eq!(short.kind(), Kind::Shape);
    let refused = linear("q", &[f32::INFINITY; 32], [1, 32]).err().unwrap();
    assert_eq!(refused.kind(), Kind::Value);
}
