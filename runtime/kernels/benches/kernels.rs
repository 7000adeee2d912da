//! The tile product on every instruction set of this machine, each answer checked against the
//! scalar one.
//!
//! `cargo bench -p foveate-kernels --bench kernels`; `cargo test` runs each once.

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use foveate_kernels::packed::{BLOCK, Bits, TILE};
use foveate_kernels::{Cpu, dot, row};

fn main() {
    divan::main();
}

const COLS: usize = 2048;
/// 1 MiB of 2-bit codes: no larger than the second-level cache, so that instructions are measured
/// and not memory.
const TILES: usize = 128;

fn bytes(n: usize) -> Vec<u8> {
    let mut state = 1u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..n).map(|_| next()).collect()
}

fn cpus() -> Vec<&'static str> {
    Cpu::available().into_iter().map(Cpu::name).collect()
}

fn product(bencher: Bencher, cpu: &str, bits: Bits, rows: usize) {
    let cpu = Cpu::named(cpu).unwrap();
    let tile = bits.blocks(COLS) * BLOCK;
    let codes = bytes(TILES * tile);
    let x: Vec<i8> = bytes(rows * COLS).into_iter().map(|b| b as i8).collect();
    let run = |cpu: Cpu, tiles: usize| -> Vec<[i32; TILE]> {
        let mut sums = vec![[0; TILE]; tiles * rows];
        for (codes, sums) in codes.chunks_exact(tile).zip(sums.chunks_exact_mut(rows)) {
            dot::tile(cpu, bits, codes, &x, COLS, sums);
        }
        sums
    };
    assert_eq!(run(cpu, 2), run(Cpu::scalar(), 2));
    let products = ItemsCount::new(TILES * TILE * COLS * rows);
    bencher
        .counter(products)
        .counter(BytesCount::new(codes.len()))
        .bench(|| run(cpu, TILES));
}

#[divan::bench(args = cpus(), sample_count = 20)]
fn two_bits_one_row(bencher: Bencher, cpu: &str) {
    product(bencher, cpu, Bits::Two, 1);
}

#[divan::bench(args = cpus(), sample_count = 20)]
fn four_bits_one_row(bencher: Bencher, cpu: &str) {
    product(bencher, cpu, Bits::Four, 1);
}

#[divan::bench(args = cpus(), sample_count = 20)]
fn eight_bits_one_row(bencher: Bencher, cpu: &str) {
    product(bencher, cpu, Bits::Eight, 1);
}

#[divan::bench(args = cpus().into_iter().skip(1), sample_count = 20)]
fn two_bits_64_rows(bencher: Bencher, cpu: &str) {
    product(bencher, cpu, Bits::Two, 64);
}

#[divan::bench(args = cpus(), sample_count = 20)]
fn quantize_row(bencher: Bencher, cpu: &str) {
    let cpu = Cpu::named(cpu).unwrap();
    let x: Vec<f32> = bytes(COLS)
        .into_iter()
        .map(|b| f32::from(b) - 127.5)
        .collect();
    let run = |cpu| {
        let (mut q, mut sums) = (vec![0; COLS], vec![0; COLS / 16]);
        (row::quantize(cpu, &x, &mut q, &mut sums), q)
    };
    assert_eq!(run(cpu), run(Cpu::scalar()));
    bencher.counter(ItemsCount::new(COLS)).bench(|| run(cpu));
}

#[divan::bench(args = cpus(), sample_count = 20)]
fn softmax_digits(bencher: Bencher, cpu: &str) {
    let cpu = Cpu::named(cpu).unwrap();
    let x: Vec<f32> = bytes(COLS)
        .into_iter()
        .map(|b| f32::from(b) / 16.0)
        .collect();
    let run = |cpu| {
        let (mut high, mut low) = (vec![0; COLS], vec![0; COLS]);
        (row::softmax_digits(cpu, &x, &mut high, &mut low), high, low)
    };
    assert_eq!(run(cpu), run(Cpu::scalar()));
    bencher.counter(ItemsCount::new(COLS)).bench(|| run(cpu));
}
