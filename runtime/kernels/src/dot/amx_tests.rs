//! The program of `amx.rs`, executed as text on an emulation of the tile unit: runs on every
//! machine.

use super::*;
use crate::Cpu;
use crate::dot::scalar;
use crate::random::Random;

const PROGRAMS: [&str; 4] = [program!(1), program!(2), program!(3), program!(4)];

/// What an address register points into.
#[derive(Clone, Copy, PartialEq, Debug)]
enum To {
    Number,
    Config,
    C,
    X,
    B,
}

/// Eight tile registers, the general ones by their names in the program, and the memory they point
/// into.
struct Unit<'a> {
    config: [u8; 64],
    c: &'a mut [[i32; TILE]],
    x: &'a [i8],
    b: &'a [[u8; OPERAND]],
    general: Vec<(&'static str, To, usize)>,
    /// Rows of bytes; `None` before `ldtilecfg`.
    tiles: [Option<Vec<Vec<u8>>>; 8],
}

impl Unit<'_> {
    fn general(&mut self, name: &str) -> &mut (&'static str, To, usize) {
        let name = name.trim_matches(['{', '}', ' ']);
        self.general
            .iter_mut()
            .find(|g| g.0 == name)
            .expect("a known register")
    }

    /// `{base} + {index} + place`: what it points into, and where the first row and the next ones
    /// begin.
    fn address(&mut self, text: &str) -> (To, usize, usize) {
        let mut parts = text.trim_matches(['[', ']']).split('+').map(str::trim);
        let &mut (_, to, base) = self.general(parts.next().unwrap());
        let &mut (_, number, index) = self.general(parts.next().unwrap());
        assert_eq!(number, To::Number);
        let place: usize = parts.next().map_or(0, |p| p.parse().unwrap());
        (to, base + place, index)
    }

    /// One byte of memory; outside of it, a panic.
    fn byte(&self, to: To, at: usize) -> u8 {
        match to {
            To::C => self.c[at / 64][at % 64 / 4].to_le_bytes()[at % 4],
            To::X => self.x[at] as u8,
            To::B => self.b.as_flattened()[at],
            To::Number | To::Config => panic!("no tile lies there"),
        }
    }

    /// Refuses what the processor would (#GP), and clears the tiles.
    fn configure(&mut self) {
        assert_eq!(self.config[..2], [1, 0], "palette and start row");
        let zero = |range: &[u8]| range.iter().all(|&b| b == 0);
        assert!(
            zero(&self.config[2..16]) && zero(&self.config[32..48]) && zero(&self.config[56..])
        );
        for tile in 0..8 {
            let colsb =
                u16::from_le_bytes([self.config[16 + 2 * tile], self.config[17 + 2 * tile]]);
            let rows = self.config[48 + tile];
            assert!(colsb <= 64 && rows <= 16 && (colsb == 0) == (rows == 0));
            self.tiles[tile] = (rows > 0).then(|| vec![vec![0; colsb.into()]; rows.into()]);
        }
    }

    fn tile(&mut self, name: &str) -> &mut Vec<Vec<u8>> {
        let n: usize = name.trim().strip_prefix("tmm").unwrap().parse().unwrap();
        self.tiles[n].as_mut().expect("a configured tile")
    }

    fn load(&mut self, tile: &str, address: &str) {
        let (to, start, stride) = self.address(address);
        let mut loaded = self.tile(tile).clone();
        for (i, row) in loaded.iter_mut().enumerate() {
            for (j, byte) in row.iter_mut().enumerate() {
                *byte = self.byte(to, start + i * stride + j);
            }
        }
        *self.tile(tile) = loaded;
    }

    fn store(&mut self, address: &str, tile: &str) {
        let (to, start, stride) = self.address(address);
        assert_eq!(to, To::C);
        for (i, row) in self.tile(tile).clone().iter().enumerate() {
            for (j, four) in row.as_chunks::<4>().0.iter().enumerate() {
                let at = start + i * stride + 4 * j;
                self.c[at / 64][at % 64 / 4] = i32::from_le_bytes(*four);
            }
        }
    }

    /// `tdpbsud`, by the operation section of its page in Intel's manual: signed bytes of the
    /// second operand times unsigned bytes of the third, four neighbours summed into each 32-bit
    /// number of the first, wrapping.
    fn multiply(&mut self, [c, a, b]: [&str; 3]) {
        assert!(c != a && a != b && c != b, "#UD");
        let (a, b) = (self.tile(a).clone(), self.tile(b).clone());
        let c = self.tile(c);
        assert!(
            c.len() == a.len() && c[0].len() == b[0].len() && a[0].len() == 4 * b.len(),
            "#UD"
        );
        for (c, a) in c.iter_mut().zip(&a) {
            for (n, c) in c.as_chunks_mut::<4>().0.iter_mut().enumerate() {
                let mut sum = i32::from_le_bytes(*c);
                for (k, b) in b.iter().enumerate() {
                    for j in 0..4 {
                        let product = i32::from(a[4 * k + j] as i8) * i32::from(b[4 * n + j]);
                        sum = sum.wrapping_add(product);
                    }
                }
                *c = sum.to_le_bytes();
            }
        }
    }

    fn execute(&mut self, program: &str) {
        let lines: Vec<&str> = program.lines().map(str::trim).collect();
        let label = lines.iter().position(|&l| l == "2:").unwrap();
        let (mut at, mut zero) = (0, false);
        while at < lines.len() {
            let (name, operands) = lines[at].split_once(' ').unwrap_or((lines[at], ""));
            let operands: Vec<&str> = operands.split(',').map(str::trim).collect();
            at += 1;
            match (name, operands.as_slice()) {
                ("2:", _) => {}
                ("ldtilecfg", ["[{config}]"]) => self.configure(),
                ("tileloadd", [tile, address]) => self.load(tile, address),
                ("tilestored", [address, tile]) => self.store(address, tile),
                ("tdpbsud", &[c, a, b]) => self.multiply([c, a, b]),
                ("tilerelease", _) => self.tiles = Default::default(),
                ("mov", [to, from]) => {
                    let &mut (_, region, value) = self.general(from);
                    let to = self.general(to);
                    (to.1, to.2) = (region, value);
                }
                ("add", [to, number]) => {
                    let number = number.parse().unwrap_or_else(|_| {
                        let &mut (_, region, value) = self.general(number);
                        assert_eq!(region, To::Number);
                        value
                    });
                    self.general(to).2 += number;
                }
                ("dec", [count]) => {
                    let count = self.general(count);
                    count.2 -= 1;
                    zero = count.2 == 0;
                }
                ("jnz", ["2b"]) if !zero => at = label,
                ("jnz", ["2b"]) => {}
                other => panic!("{other:?} is not emulated"),
            }
        }
        assert!(self.tiles.iter().all(Option::is_none), "tiles are released");
    }
}

/// As `unit::run`, on the emulation.
fn emulate(job: Job) {
    let Job { x, stride, b, sums } = job;
    let config = Config::new(sums.len());
    let mut bytes = [0; 64];
    (bytes[0], bytes[1]) = (config.palette, config.start_row);
    bytes[2..16].copy_from_slice(&config.reserved);
    for (i, colsb) in config.colsb.iter().enumerate() {
        bytes[16 + 2 * i..18 + 2 * i].copy_from_slice(&colsb.to_le_bytes());
    }
    bytes[48..].copy_from_slice(&config.rows);
    let program = PROGRAMS[sums.len().div_ceil(TILE) - 1];
    let mut unit = Unit {
        config: bytes,
        c: sums,
        x,
        b,
        general: vec![
            ("config", To::Config, 0),
            ("c", To::C, 0),
            ("line", To::Number, 64),
            ("b", To::B, 0),
            ("x", To::X, 0),
            ("stride", To::Number, stride),
            ("sixteen", To::Number, stride * TILE),
            ("steps", To::Number, b.len()),
            ("t", To::Number, 0),
        ],
        tiles: Default::default(),
    };
    unit.execute(program);
}

fn check(bits: Bits, blocks: usize, m: usize, extreme: bool, random: &mut Random) -> bool {
    let cols = blocks * bits.columns();
    let stride = cols + random.below(3);
    let codes: Vec<u8> = (0..blocks * BLOCK)
        .map(|_| if extreme { 255 } else { random.byte() })
        .collect();
    let x: Vec<i8> = (0..m * stride)
        .map(|_| if extreme { -128 } else { random.byte() as i8 })
        .collect();
    let start: Vec<[i32; TILE]> = (0..m)
        .map(|_| std::array::from_fn(|_| random.next() as i32))
        .collect();
    let (mut sums, mut oracle) = (start.clone(), start);
    let ran = std::cell::Cell::new(false);
    let run = |job: Job| {
        ran.set(true);
        emulate(job);
    };
    let rest = |codes: &[u8], x: &[i8], sums: &mut [[i32; TILE]]| {
        scalar::tile(bits, codes, x, stride, sums);
    };
    drive(bits, &codes, &x, stride, &mut sums, run, rest);
    scalar::tile(bits, &codes, &x, stride, &mut oracle);
    assert_eq!(
        sums, oracle,
        "{bits:?} blocks {blocks} rows {m} extreme {extreme}"
    );
    ran.get()
}

/// Every count of rows to past one run, and of columns to past one strip.
#[test]
fn the_emulated_unit_equals_the_oracle() {
    let mut random = Random::new(17);
    let (rows, most) = if cfg!(miri) { (60, 2) } else { (1, 160) };
    let mut ran = 0;
    for bits in Bits::ALL {
        let strip = STRIP * COLUMNS / bits.columns();
        for m in (rows..=2 * ROWS + 3).step_by(3).chain([16, 17, 48, 63, 64]) {
            let blocks = (1 + random.below(2 * strip + 9)).min(most * 2);
            ran += usize::from(check(bits, blocks, m, m % 5 == 0, &mut random));
        }
    }
    assert!(cfg!(miri) || ran > 90, "the unit ran {ran} times");
}

#[test]
fn b_is_four_neighbouring_columns_of_sixteen_rows() {
    let mut random = Random::new(18);
    for bits in [Bits::Two, Bits::Four] {
        let codes: Vec<u8> = (0..TILE * COLUMNS)
            .map(|_| random.below(bits.top() as usize + 1) as u8)
            .collect();
        let packed = crate::packed::pack(bits, TILE, COLUMNS, &codes);
        let mut room = [const { MaybeUninit::uninit() }; STRIP * TILE];
        let b = match bits {
            Bits::Two => unpack::<2>(&packed, &mut room),
            _ => unpack::<4>(&packed, &mut room),
        };
        assert_eq!(b.len(), 1);
        for (at, &code) in b[0].iter().enumerate() {
            let (quad, row, j) = (at / 64, at % 64 / 4, at % 4);
            assert_eq!(code, codes[row * COLUMNS + 4 * quad + j]);
        }
    }
}

/// Where there is AMX the suite of all kernels covers it; elsewhere this says so.
#[test]
fn amx_is_there_or_refused_by_name() {
    match Cpu::named("amx") {
        Ok(cpu) => assert_eq!(cpu.name(), "amx"),
        Err(error) => {
            assert_eq!(error.kind(), crate::Kind::Cpu);
            assert!(error.to_string().contains("amx"));
            assert!(Cpu::available().iter().all(|cpu| cpu.name() != "amx"));
            eprintln!("SKIPPED: no AMX on this machine; its program ran on the emulation only");
        }
    }
}
