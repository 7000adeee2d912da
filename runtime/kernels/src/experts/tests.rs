//! Grouped products against a loop over tokens, against the scalar kernels, and against floats.

use super::*;
use crate::random::Random;

struct Case {
    experts: Experts,
    sizes: [usize; 3],
}

fn case(sizes: [usize; 3], random: &mut Random) -> Case {
    let [n, dim, width] = sizes;
    let mut weights = |cols: usize| -> Vec<f32> {
        let scale = 2.0 / (cols as f32).sqrt();
        (0..n * dim * width)
            .map(|_| random.float() * scale)
            .collect()
    };
    let (gate, up, down) = (weights(dim), weights(dim), weights(width));
    let experts = Experts::round(sizes, &gate, &up, &down).unwrap();
    Case { experts, sizes }
}

fn rows(n: usize, random: &mut Random) -> Vec<f32> {
    (0..n).map(|_| random.float() * 2.0).collect()
}

fn run(case: &Case, cpu: Cpu, x: &[f32], routes: &Routes) -> Vec<f32> {
    let mut out = vec![f32::NAN; x.len()];
    let mut scratch = ExpertScratch::default();
    case.experts
        .run(cpu, x, routes, &mut scratch, &mut out)
        .unwrap();
    out
}

/// A loop over tokens, a call each.
fn by_token(case: &Case, cpu: Cpu, x: &[f32], routes: &Routes) -> Vec<f32> {
    let rows = x.chunks_exact(case.sizes[1]).enumerate();
    rows.flat_map(|(i, x)| run(case, cpu, x, &routes.of_token(i)))
        .collect()
}

/// The definition, in floats, on the rounded weights.
fn oracle(case: &Case, x: &[f32], routes: &Routes) -> Vec<f32> {
    let [_, dim, width] = case.sizes;
    let product = |m: &Linear, x: &[f32]| -> Vec<f32> {
        let mut w = vec![0.0; m.cols];
        let one = |r| {
            m.row(r, &mut w);
            w.iter().zip(x).map(|(w, x)| w * x).sum()
        };
        (0..m.rows).map(one).collect()
    };
    let mut out = vec![0.0; x.len()];
    for (pick, &(e, share)) in routes.picks().iter().enumerate() {
        let (i, expert) = (pick / routes.per_token(), &case.experts.experts[e]);
        let x = &x[i * dim..][..dim];
        let (gate, up) = (product(&expert.gate, x), product(&expert.up, x));
        let silu = |g: f32| g / (1.0 + (-g).exp());
        let h: Vec<f32> = gate.iter().zip(up).map(|(&g, u)| silu(g) * u).collect();
        assert_eq!(h.len(), width);
        for (out, y) in out[i * dim..].iter_mut().zip(product(&expert.down, &h)) {
            *out += share * y;
        }
    }
    out
}

#[test]
fn grouped_is_the_loop_over_tokens_and_the_scalar_oracle_to_the_bit() {
    let mut random = Random::new(7);
    for (sizes, k) in [
        ([1, 32, 32], 1),
        ([4, 64, 96], 2),
        ([16, 96, 32], 2),
        ([5, 32, 160], 5),
    ] {
        let case = case(sizes, &mut random);
        for t in [1, 2, 9, 70] {
            let x = rows(t * sizes[1], &mut random);
            let scores = rows(t * sizes[0], &mut random);
            let routes = Routes::top_k(&scores, sizes[0], k).unwrap();
            let scalar = run(&case, Cpu::scalar(), &x, &routes);
            for cpu in Cpu::available() {
                assert_eq!(run(&case, cpu, &x, &routes), scalar, "{}", cpu.name());
                assert_eq!(by_token(&case, cpu, &x, &routes), scalar, "{}", cpu.name());
            }
            let exact = oracle(&case, &x, &routes);
            // Activations are rounded to 1/127 of their group's largest, twice.
            let size = exact.iter().map(|x| x.abs()).fold(0.0, f32::max);
            for (y, exact) in scalar.iter().zip(exact) {
                assert!((y - exact).abs() < 0.05 * size, "{y} {exact}");
            }
        }
    }
}

#[test]
fn every_pick_is_in_one_group() {
    let mut random = Random::new(8);
    let routes = Routes::top_k(&rows(50 * 7, &mut random), 7, 3).unwrap();
    let groups = routes.grouped(7).unwrap();
    let mut seen = vec![false; 150];
    for (expert, rows) in groups.rows.iter().enumerate() {
        for at in rows.clone() {
            let pick = groups.order[at];
            assert_eq!((routes.picks()[pick].0, groups.places[pick]), (expert, at));
            assert!(!std::mem::replace(&mut seen[pick], true));
        }
    }
    assert!(seen.into_iter().all(|seen| seen));
}

#[test]
fn the_best_are_picked_and_their_shares_add_up() {
    let routes = Routes::top_k(&[0.0, 2.0, 2.0, -1.0, 5.0, 5.0, 4.0, 3.0], 4, 2).unwrap();
    let picks = routes.picks();
    assert_eq!(picks.iter().map(|p| p.0).collect::<Vec<_>>(), [1, 2, 0, 1]);
    assert_eq!(picks.iter().map(|p| p.1).collect::<Vec<_>>(), [0.5; 4]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let kind = |result: Result<Experts>| result.err().map(|e| e.kind());
    let x = vec![0.5; 2 * 32 * 64];
    let ok = Experts::round([2, 32, 64], &x, &x, &x).unwrap();
    assert_eq!((ok.count(), ok.bytes()), (2, 3 * 2 * 32 * 64 * 18 / 32));
    for sizes in [[0, 32, 64], [2, 33, 64], [2, 32, 0], [1 << 20, 32, 32]] {
        assert_eq!(kind(Experts::round(sizes, &x, &x, &x)), Some(Kind::Config));
    }
    assert_eq!(
        kind(Experts::round([3, 32, 64], &x, &x, &x)),
        Some(Kind::Shape)
    );
    let mut nan = x.clone();
    nan[9] = f32::NAN;
    assert_eq!(
        kind(Experts::round([2, 32, 64], &x, &nan, &x)),
        Some(Kind::Value)
    );

    let kind = |scores: &[f32], n, k| Routes::top_k(scores, n, k).err().map(|e| e.kind());
    assert_eq!(kind(&[1.0, 2.0], 2, 3), Some(Kind::Input));
    assert_eq!(kind(&[1.0, 2.0, 3.0], 2, 1), Some(Kind::Input));
    assert_eq!(kind(&[1.0, f32::NAN], 2, 1), Some(Kind::Value));

    let three = Routes::top_k(&[0.0, 0.0, 1.0], 3, 1).unwrap();
    let (mut scratch, mut out) = (ExpertScratch::default(), [0.0; 32]);
    let run = ok.run(Cpu::scalar(), &[0.0; 32], &three, &mut scratch, &mut out);
    assert_eq!(run.unwrap_err().kind(), Kind::Input);
    let one = Routes::top_k(&[0.0, 1.0], 2, 1).unwrap();
    let run = ok.run(Cpu::scalar(), &[0.0; 64], &one, &mut scratch, &mut out);
    assert_eq!(run.unwrap_err().kind(), Kind::Input);
}
