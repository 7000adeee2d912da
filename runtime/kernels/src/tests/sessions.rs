//! What does not change the answer: instruction set, threads, how a text is cut into calls, forks,
//! truncation.

use super::{decoder, odd};
use crate::packed::Bits;
use crate::random::{Form, Random};
use crate::{Attention, Cache, Cpu, Decoder, Input, Kind, Output};

const FLOAT: Form = Form {
    bits: None,
    embed: None,
    groups: 1,
    attention: Attention::F32,
};

fn ids(n: usize) -> Vec<u32> {
    let mut random = Random::new(5);
    (0..n).map(|_| random.below(101) as u32).collect()
}

fn run(decoder: &Decoder, cache: &mut Cache, ids: &[u32], select: &[usize]) -> Output {
    decoder
        .run(
            cache,
            Input {
                ids,
                select,
                ..Input::default()
            },
        )
        .unwrap()
}

/// One call, all threads counts and instruction sets: the same bits.
#[test]
fn cpu_and_threads_do_not_matter() {
    let ids = ids(300);
    let select = [0, 17, 255, 256, 299];
    let mixed = Form {
        bits: Some(Bits::Eight),
        embed: Some(Bits::Two),
        groups: 1,
        attention: Attention::F32,
    };
    for form in [Form::SHIPPED, mixed, FLOAT] {
        let oracle = decoder(&odd(), &form, Cpu::scalar(), 1);
        let expected = run(&oracle, &mut oracle.cache(), &ids, &select);
        assert!(expected.logits.iter().all(|x| x.is_finite()));
        for cpu in Cpu::available() {
            for threads in [1, 2, 5] {
                let other = decoder(&odd(), &form, cpu, threads);
                assert_eq!(
                    run(&other, &mut other.cache(), &ids, &select),
                    expected,
                    "{} {threads} {form:?}",
                    cpu.name()
                );
            }
        }
    }
}

/// Token by token, in uneven calls, with other rows selected: the same logits.
#[test]
fn cutting_into_calls_does_not_matter() {
    let ids = ids(150);
    for form in [Form::SHIPPED, FLOAT] {
        let d = decoder(&odd(), &form, Cpu::detect().unwrap(), 2);
        let all: Vec<usize> = (0..ids.len()).collect();
        let whole = run(&d, &mut d.cache(), &ids, &all);
        let last = run(&d, &mut d.cache(), &ids, &[149]);
        assert_eq!(last.logits, whole.logits[149 * 101..]);
        for cuts in [vec![1; 150], vec![63, 1, 1, 64, 21], vec![149, 1]] {
            let (mut cache, mut at) = (d.cache(), 0);
            for n in cuts {
                let out = run(&d, &mut cache, &ids[at..at + n], &[n - 1]);
                at += n;
                assert_eq!(out.logits, whole.logits[(at - 1) * 101..at * 101]);
                assert_eq!(out.hidden, whole.hidden[(at - 1) * 56..at * 56]);
            }
        }
    }
}

#[test]
fn forks_and_truncation() {
    let d = decoder(&odd(), &Form::SHIPPED, Cpu::detect().unwrap(), 1);
    let ids = ids(140);
    let mut cache = d.cache();
    run(&d, &mut cache, &ids[..100], &[]);
    let expected = |tail: &[u32]| {
        let mut fresh = d.cache();
        run(
            &d,
            &mut fresh,
            &[&ids[..100], tail].concat(),
            &[100 + tail.len() - 1],
        )
    };
    let (one, two) = (&ids[100..110], &ids[110..140]);
    let (mut a, mut b) = (cache.fork(), cache.fork());
    assert_eq!(run(&d, &mut a, one, &[9]), expected(one));
    assert_eq!(run(&d, &mut b, two, &[29]), expected(two));
    assert_eq!(run(&d, &mut cache, two, &[29]), expected(two));
    assert_eq!((a.len(), b.len()), (110, 130));
    a.truncate(100);
    assert_eq!(run(&d, &mut a, two, &[29]), expected(two));
    b.truncate(0);
    assert!(b.is_empty() && b.bytes() == 0);
}

#[test]
fn extra_rows_and_positions() {
    let d = decoder(&odd(), &FLOAT, Cpu::detect().unwrap(), 2);
    let zeros = vec![0.0; 3 * 56];
    let plain = run(&d, &mut d.cache(), &[1, 2, 3], &[2]);
    let input = Input {
        ids: &[1, 2, 3],
        extra: Some(&zeros),
        positions: Some(&[0, 1, 2]),
        select: &[2],
    };
    assert_eq!(d.run(&mut d.cache(), input).unwrap(), plain);
    // An image token carries what another id's embedding would have brought.
    let swap: Vec<f32> = d
        .embedding(1)
        .unwrap()
        .iter()
        .zip(d.embedding(9).unwrap())
        .map(|(a, b)| a - b)
        .collect();
    let extra = [swap, vec![0.0; 2 * 56]].concat();
    let input = Input {
        ids: &[9, 2, 3],
        extra: Some(&extra),
        positions: None,
        select: &[2],
    };
    let out = d.run(&mut d.cache(), input).unwrap();
    assert!(
        out.logits
            .iter()
            .zip(&plain.logits)
            .all(|(a, b)| (a - b).abs() < 1e-4)
    );
    // Positions matter, not only the order.
    let input = Input {
        ids: &[1, 2, 3],
        extra: None,
        positions: Some(&[0, 1, 9]),
        select: &[2],
    };
    assert_ne!(d.run(&mut d.cache(), input).unwrap(), plain);
}

#[test]
fn wrong_inputs_are_named() {
    let d = decoder(&odd(), &Form::SHIPPED, Cpu::scalar(), 1);
    let ok = Input {
        ids: &[1, 2],
        select: &[1],
        ..Input::default()
    };
    let kind = |cache: &mut Cache, input| d.run(cache, input).unwrap_err().kind();
    let mut cache = d.cache();
    assert_eq!(
        kind(
            &mut cache,
            Input {
                ids: &[101],
                ..Input::default()
            }
        ),
        Kind::Input
    );
    assert_eq!(
        kind(
            &mut cache,
            Input {
                extra: Some(&[0.0; 5]),
                ..ok
            }
        ),
        Kind::Input
    );
    assert_eq!(
        kind(
            &mut cache,
            Input {
                extra: Some(&[f32::NAN; 112]),
                ..ok
            }
        ),
        Kind::Input
    );
    assert_eq!(
        kind(
            &mut cache,
            Input {
                positions: Some(&[0]),
                ..ok
            }
        ),
        Kind::Input
    );
    assert_eq!(kind(&mut cache, Input { select: &[2], ..ok }), Kind::Input);
    assert_eq!(
        kind(
            &mut cache,
            Input {
                select: &[1, 1],
                ..ok
            }
        ),
        Kind::Input
    );
    assert_eq!(
        kind(
            &mut cache,
            Input {
                ids: &[1; 2001],
                ..Input::default()
            }
        ),
        Kind::Context
    );
    assert_eq!(
        kind(&mut decoder(&odd(), &FLOAT, Cpu::scalar(), 1).cache(), ok),
        Kind::Input
    );
    assert!(cache.is_empty());
    d.run(
        &mut cache,
        Input {
            ids: &[1; 2000],
            ..Input::default()
        },
    )
    .unwrap();
    assert_eq!(kind(&mut cache, ok), Kind::Context);
    assert_eq!(run(&d, &mut cache, &[], &[]), Output::default());
}

/// 8 bits a value, two values a head and channel, block 1 only.
#[test]
fn cache_bytes() {
    let config = crate::Config {
        head_dim: 32,
        ..odd()
    };
    let d = decoder(&config, &Form::SHIPPED, Cpu::scalar(), 1);
    assert_eq!(d.kv_bytes_per_token(), 3 * 2 * 2 * 32);
    let full = crate::Config::on_device_3b();
    assert_eq!(full.parameters(), 3_111_368_064);
    assert_eq!(
        crate::cache::PageLayout::new(&full, Attention::Int8).bytes_per_token(),
        17_920
    );
}
