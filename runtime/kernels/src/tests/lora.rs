//! Low-rank updates: nothing without them, the same bits everywhere with them, and what is refused.

use super::{decoder, odd};
use crate::random::{Form, Random};
use crate::{Cpu, Decoder, Input, Kind, Matrix, Output, Update, Updates};

const RANK: usize = 3;
const ALL: [Matrix; 7] = [
    Matrix::Q,
    Matrix::K,
    Matrix::V,
    Matrix::O,
    Matrix::Gate,
    Matrix::Up,
    Matrix::Down,
];

/// Updates of every matrix; `B` times `size`.
fn lora(size: f32) -> Updates {
    Updates::new(&odd(), RANK, 0.5, factors(11, RANK, size)).unwrap()
}

/// Random factors of every matrix.
fn factors(seed: u64, rank: usize, size: f32) -> Vec<Update> {
    let (config, mut random) = (odd(), Random::new(seed));
    let mut updates = Vec::new();
    for layer in 0..config.n_layers() {
        for matrix in ALL {
            if layer >= config.n_layers_kv && matches!(matrix, Matrix::K | Matrix::V) {
                continue;
            }
            let [rows, cols] = matrix.shape(&config);
            let mut values =
                |n: usize, by: f32| -> Vec<f32> { (0..n).map(|_| random.float() * by).collect() };
            updates.push(Update {
                layer,
                matrix,
                a: values(rank * cols, 1.0),
                b: values(rows * rank, size),
            });
        }
    }
    updates
}

fn run(d: &Decoder, lora: Option<&Updates>, cuts: &[usize]) -> Output {
    let mut random = Random::new(5);
    let ids: Vec<u32> = (0..300).map(|_| random.below(101) as u32).collect();
    let (mut cache, mut at, mut last) = (d.cache(), 0, Output::default());
    for &n in cuts {
        let input = Input {
            ids: &ids[at..at + n],
            select: &[n - 1],
            ..Input::default()
        };
        last = d.run_with(&mut cache, input, lora).unwrap();
        at += n;
    }
    last
}

#[test]
fn an_update_of_nothing_changes_no_bit() {
    let d = decoder(&odd(), &Form::SHIPPED, Cpu::detect().unwrap(), 2);
    let plain = run(&d, None, &[280, 20]);
    assert_eq!(run(&d, Some(&lora(0.0)), &[280, 20]), plain);
    assert_ne!(run(&d, Some(&lora(0.1)), &[280, 20]), plain);
    assert_eq!(run(&d, None, &[280, 20]), plain, "nothing stays behind");
}

/// One update of both ranks: A stacked, the second's times `by`; B side by side; zeros where one of
/// the two has no such matrix.
fn stacked(first: &[Update], second: &[Update], by: f32) -> Vec<Update> {
    let (config, ranks) = (odd(), [RANK, 2]);
    let part = |of: &Update, updates: &[Update], rank: usize| {
        let same = |u: &&Update| (u.layer, u.matrix) == (of.layer, of.matrix);
        let [rows, cols] = of.matrix.shape(&config);
        let zeros = || (vec![0.0; rank * cols], vec![0.0; rows * rank]);
        let found = updates.iter().find(same);
        found.map_or_else(zeros, |u| (u.a.clone(), u.b.clone()))
    };
    let all = factors(0, 1, 0.0);
    let stack = |of: &Update| {
        let [(a, b), (a2, b2)] = [part(of, first, ranks[0]), part(of, second, ranks[1])];
        let rows = b.chunks(ranks[0]).zip(b2.chunks(ranks[1]));
        Update {
            layer: of.layer,
            matrix: of.matrix,
            a: a.into_iter().chain(a2.iter().map(|x| x * by)).collect(),
            b: rows.flat_map(|(b, b2)| [b, b2].concat()).collect(),
        }
    };
    all.iter().map(stack).collect()
}

#[test]
fn a_sum_is_one_update_of_both_ranks() {
    let (config, d) = (odd(), decoder(&odd(), &Form::SHIPPED, Cpu::scalar(), 2));
    let (mut first, mut second) = (factors(11, RANK, 0.1), factors(12, 2, 0.1));
    first.retain(|u| u.layer != 1);
    second.retain(|u| !matches!(u.matrix, Matrix::V | Matrix::Up));
    let by_hand = stacked(&first, &second, 4.0);
    let of = |rank, scale, updates| Updates::new(&config, rank, scale, updates).unwrap();
    let (by_hand, first) = (of(RANK + 2, 0.5, by_hand), of(RANK, 0.5, first));
    let second = of(2, 2.0, second);
    let sum = first.plus(&second).unwrap();
    assert_eq!(sum.rank(), RANK + 2);
    assert_eq!(sum.bytes(), first.bytes() + second.bytes());
    let said = |lora: &Updates| run(&d, Some(lora), &[40, 3]);
    // Scales are powers of two, so that not even rounding tells them apart.
    assert_eq!(said(&sum), said(&by_hand));
    for one in [&first, &second] {
        assert_ne!(said(&sum), said(one));
    }
    let nothing = of(2, 2.0, factors(13, 2, 0.0));
    assert_eq!(said(&sum.plus(&nothing).unwrap()), said(&sum));
    assert_eq!(said(&nothing.plus(&sum).unwrap()), said(&sum));
}

#[test]
fn sums_that_do_not_fit_are_refused() {
    let empty = |rank| Updates::new(&odd(), rank, 1.0, Vec::new()).unwrap();
    assert_eq!(empty(200).plus(&empty(56)).unwrap().rank(), 256);
    let e = empty(200).plus(&empty(57)).err().unwrap();
    assert_eq!(e.kind(), Kind::Input);
    assert!(e.to_string().contains("200 + 57, at most 256"), "{e}");
    let other = crate::Config {
        vocab_size: 102,
        ..odd()
    };
    let other = Updates::new(&other, 1, 1.0, Vec::new()).unwrap();
    assert_eq!(empty(1).plus(&other).err().unwrap().kind(), Kind::Input);
}

#[test]
fn cpu_threads_and_calls_do_not_matter() {
    let lora = lora(0.1);
    let oracle = decoder(&odd(), &Form::SHIPPED, Cpu::scalar(), 1);
    let expected = run(&oracle, Some(&lora), &[300]);
    assert!(expected.logits.iter().all(|x| x.is_finite()));
    for cpu in Cpu::available() {
        for threads in [1, 2, 5] {
            let d = decoder(&odd(), &Form::SHIPPED, cpu, threads);
            let got = run(&d, Some(&lora), &[63, 1, 1, 200, 34, 1]);
            assert_eq!(got, expected, "{} {threads}", cpu.name());
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let config = odd();
    let (a, b) = (vec![0.5; 2 * config.dim], vec![0.5; config.kv_dim() * 2]);
    let update = |layer, matrix| Update {
        layer,
        matrix,
        a: a.clone(),
        b: b.clone(),
    };
    let kind = |rank, scale, updates: &[&Update]| {
        let updates = updates.iter().copied().cloned().collect();
        Updates::new(&config, rank, scale, updates).map_or_else(|e| Some(e.kind()), |_| None)
    };
    let k = &update(0, Matrix::K);
    assert_eq!(kind(2, 1.0, &[k]), None);
    assert_eq!(kind(2, 1.0, &[k, k]), Some(Kind::Input));
    assert_eq!(kind(2, f32::NAN, &[k]), Some(Kind::Input));
    assert_eq!(kind(0, 1.0, &[]), Some(Kind::Input));
    assert_eq!(kind(usize::MAX, 1.0, &[k]), Some(Kind::Input));
    assert_eq!(kind(1, 1.0, &[k]), Some(Kind::Shape));
    assert_eq!(kind(2, 1.0, &[&update(0, Matrix::Q)]), Some(Kind::Shape));
    assert_eq!(kind(2, 1.0, &[&update(3, Matrix::K)]), Some(Kind::Unknown));
    assert_eq!(kind(2, 1.0, &[&update(9, Matrix::Q)]), Some(Kind::Unknown));
    let mut broken = k.clone();
    broken.a[0] = f32::INFINITY;
    assert_eq!(kind(2, 1.0, &[&broken]), Some(Kind::Value));

    let other = crate::Config {
        vocab_size: 102,
        ..config.clone()
    };
    let d = decoder(&other, &Form::SHIPPED, Cpu::scalar(), 1);
    let lora = Updates::new(&config, 2, 1.0, vec![k.clone()]).unwrap();
    let refused = d.run_with(&mut d.cache(), Input::default(), Some(&lora));
    assert_eq!(refused.unwrap_err().kind(), Kind::Input);
}
