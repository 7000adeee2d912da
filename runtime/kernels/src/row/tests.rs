//! Every instruction set gives the scalar one's bits, and those agree with f64.

use super::*;
use crate::random::Random;

fn floats(random: &mut Random, n: usize, scale: f32) -> Vec<f32> {
    (0..n).map(|_| random.float() * scale).collect()
}

/// Runs `f` on every instruction set and expects one answer.
fn same<T: PartialEq + std::fmt::Debug>(f: impl Fn(Cpu) -> T) -> T {
    let oracle = f(Cpu::scalar());
    for cpu in Cpu::available() {
        assert_eq!(f(cpu), oracle, "{}", cpu.name());
    }
    oracle
}

fn near(a: &[f32], b: impl IntoIterator<Item = f64>, tolerance: f64) {
    for (i, (&a, b)) in a.iter().zip(b).enumerate() {
        assert!(
            (f64::from(a) - b).abs() <= tolerance * b.abs().max(1.0),
            "{i}: {a} is not {b}"
        );
    }
}

#[test]
fn rmsnorm_and_rope() {
    let mut random = Random::new(1);
    for n in 1..80 {
        let (x, w) = (floats(&mut random, n, 3.0), floats(&mut random, n, 1.0));
        let out = same(|cpu| {
            let mut out = vec![0.0; n];
            rmsnorm(cpu, &x, &w, 1e-5, &mut out);
            out
        });
        let ms = x.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / n as f64;
        near(
            &out,
            x.iter()
                .zip(&w)
                .map(|(&x, &w)| f64::from(x) / (ms + 1e-5).sqrt() * f64::from(w)),
            1e-6,
        );

        let turn: Vec<[f32; 2]> = (0..n / 2)
            .map(|i| [(i as f32).cos(), (i as f32).sin()])
            .collect();
        same(|cpu| {
            let mut x = x.clone();
            rope_norm(cpu, &mut x, &turn, &w, 1e-5);
            x
        });
    }
}

#[test]
fn quantize_is_half_to_even_and_bounded() {
    let mut random = Random::new(2);
    for n in 1..100 {
        for scale in [1e-38, 1e-3, 1.0, 1e30] {
            let x = floats(&mut random, n, scale);
            let (q, sums, s) = same(|cpu| {
                let (mut q, mut sums) =
                    (vec![1i8; n.next_multiple_of(64)], vec![0; n.div_ceil(16)]);
                let s = quantize(cpu, &x, &mut q, &mut sums);
                (q, sums, s)
            });
            let a = x.iter().fold(0f32, |a, x| a.max(x.abs()));
            for (i, &q) in q.iter().enumerate() {
                let expected = if i < n && s > 0.0 {
                    (x[i] * (127.0 / a)).round_ties_even()
                } else {
                    0.0
                };
                assert_eq!(f32::from(q), expected);
            }
            assert_eq!(
                sums.iter().sum::<i32>(),
                q.iter().map(|&q| i32::from(q)).sum::<i32>()
            );
        }
    }
    let (mut q, mut sums) = ([0i8; 64], [0; 4]);
    quantize(
        Cpu::scalar(),
        &[127.0, 0.5, 1.5, 2.5, -0.5, -1.5],
        &mut q,
        &mut sums,
    );
    assert_eq!(q[..6], [127, 0, 2, 2, 0, -2]);
}

#[test]
fn hostile_values_do_not_panic() {
    for x in [
        f32::NAN,
        f32::INFINITY,
        -f32::INFINITY,
        f32::MIN_POSITIVE / 2.0,
        f32::MAX,
    ] {
        let row = [x; 33];
        for cpu in Cpu::available() {
            quantize(cpu, &row, &mut [0; 64], &mut [0; 3]);
            softmax_digits(cpu, &row, &mut [0; 33], &mut [0; 33]);
            to_grid(cpu, &row, 0.1, &mut [0; 33]);
            silu_mul(cpu, &mut [x; 33], &row);
        }
    }
}

#[test]
fn softmax_digits_are_softmax() {
    let mut random = Random::new(3);
    for n in 1..90 {
        let x = floats(&mut random, n, 12.0);
        let (high, low, sum) = same(|cpu| {
            let (mut high, mut low) = (vec![0; n], vec![0; n]);
            let sum = softmax_digits(cpu, &x, &mut high, &mut low);
            (high, low, sum)
        });
        let p: Vec<f32> = high
            .iter()
            .zip(&low)
            .map(|(&h, &l)| f32::from(h) * 128.0 + f32::from(l))
            .collect();
        assert_eq!(p.iter().sum::<f32>() as u32, sum);
        let max = f64::from(x.iter().fold(f32::MIN, |a, &b| a.max(b)));
        near(
            &p,
            x.iter()
                .map(|&x| ((f64::from(x) - max).exp() * 16383.0).round()),
            1e-3,
        );
        assert!(high.iter().chain(&low).all(|&d| d >= 0));

        let soft = same(|cpu| {
            let mut x = x.clone();
            softmax(cpu, &mut x);
            x
        });
        near(
            &soft,
            p.iter().map(|&p| f64::from(p) / f64::from(sum)),
            1e-3,
        );
    }
}

#[test]
fn products_of_rows() {
    let mut random = Random::new(5);
    for rows in 1..18 {
        for (n, stride) in [(1, 1), (3, 7), (64, 64), (64, 65)] {
            // The last row ends with what is needed of it.
            let x = floats(&mut random, (rows - 1) * stride + n, 1.0);
            let w = floats(&mut random, 16 * n, 1.0);
            let w = w.as_chunks::<16>().0;
            let out = same(|cpu| {
                let mut out = vec![[0.5; 16]; rows];
                products(cpu, &x, stride, w, &mut out);
                out
            });
            for (row, out) in out.iter().enumerate() {
                let x = &x[row * stride..][..n];
                let sum = |lane: usize| -> f64 {
                    let pairs = x.iter().zip(w);
                    pairs.map(|(&x, w)| f64::from(x) * f64::from(w[lane])).sum()
                };
                near(out, (0..16).map(|lane| 0.5 + sum(lane)), 1e-5);
            }
        }
    }
}

#[test]
fn scores_and_sums_of_values() {
    let mut random = Random::new(7);
    for (rows, keys, width) in [(1, 1, 1), (2, 16, 16), (3, 17, 6), (7, 35, 40), (9, 5, 66)] {
        let q = floats(&mut random, rows * width, 1.0);
        let k = floats(&mut random, keys * width, 1.0);
        let stride = keys + 3;
        // The last row ends with what is needed of it.
        let n = (rows - 1) * stride + keys;
        let p = same(|cpu| {
            let mut p = vec![9.0; n];
            scores(cpu, &q, &k, &mut vec![[0.0; 16]; width], &mut p, stride);
            p
        });
        let y = same(|cpu| {
            let mut y = vec![0.5; rows * width];
            add_values(cpu, &p, stride, &k, width, &mut y);
            y
        });
        let product = |a: &[f32], b: &[f32]| -> f64 {
            let pairs = a.iter().zip(b);
            pairs.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
        };
        for (row, (q, y)) in q.chunks(width).zip(y.chunks(width)).enumerate() {
            let (p, between) = p[row * stride..][..(n - row * stride).min(stride)].split_at(keys);
            assert!(between.iter().all(|&p| p == 9.0));
            near(p, k.chunks(width).map(|k| product(q, k)), 1e-5);
            let column = |i: usize| k.chunks(width).map(|k| k[i]).collect::<Vec<_>>();
            near(y, (0..width).map(|i| 0.5 + product(p, &column(i))), 1e-5);
        }
    }
}

#[test]
fn exponentials_and_their_sum() {
    let mut random = Random::new(6);
    for n in 1..70 {
        let x = floats(&mut random, n, 20.0);
        let (out, sum) = same(|cpu| {
            let mut out = x.clone();
            let sum = exponentials(cpu, &mut out);
            (out, sum)
        });
        let max = f64::from(x.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        let exp: Vec<f64> = x.iter().map(|&x| (f64::from(x) - max).exp()).collect();
        near(&[sum], [exp.iter().sum()], 1e-5);
        near(&out, exp, 1e-5);
    }
}

#[test]
fn silu_grid_dot() {
    let mut random = Random::new(4);
    for n in 1..70 {
        let (g, u) = (floats(&mut random, n, 20.0), floats(&mut random, n, 1.0));
        let out = same(|cpu| {
            let mut g = g.clone();
            silu_mul(cpu, &mut g, &u);
            g
        });
        let silu = |g: f32| f64::from(g) / (1.0 + (-f64::from(g)).exp());
        near(
            &out,
            g.iter().zip(&u).map(|(&g, &u)| silu(g) * f64::from(u)),
            1e-6,
        );
        same(|cpu| dot(cpu, &g, &u));
        let codes = same(|cpu| {
            let mut out = vec![0; n];
            to_grid(cpu, &g, 0.1, &mut out);
            out
        });
        for (&code, &g) in codes.iter().zip(&g) {
            assert_eq!(
                f32::from(code),
                (g / 0.1).round_ties_even().clamp(-128.0, 127.0) + 128.0
            );
        }
    }
}
