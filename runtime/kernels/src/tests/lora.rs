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
    let (config, mut random) = (odd(), Random::new(11));
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
                a: values(RANK * cols, 1.0),
                b: values(rows * RANK, size),
            });
        }
    }
    Updates::new(&config, RANK, 0.5, updates).unwrap()
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
