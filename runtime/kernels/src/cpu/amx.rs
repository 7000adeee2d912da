//! Whether the AMX int8 unit is there, granted, and right: three questions, asked once a process.

use std::sync::OnceLock;

use super::{Avx512, Cpu, Isa};
use crate::dot;
use crate::packed::{BLOCK, Bits, TILE};
use crate::random::Random;

/// Proof that AVX-512 VNNI and AMX int8 are there, and that the operating system lets this process
/// use tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Amx(());

impl Amx {
    pub(super) fn detect() -> Option<Self> {
        static THERE: OnceLock<bool> = OnceLock::new();
        let ask = || Avx512::detect().is_some() && has_instructions() && granted() && right();
        // Miri knows neither `cpuid` nor system calls of ours.
        (!cfg!(miri) && *THERE.get_or_init(ask)).then_some(Self(()))
    }
}

/// AMX-TILE and AMX-INT8 (`cpuid` leaf 7, EDX bits 24 and 25), and their state enabled by the
/// operating system (XCR0 bits 17 and 18). Intel SDM volume 1, 18.
fn has_instructions() -> bool {
    use core::arch::x86_64::{__cpuid_count, __get_cpuid_max, _xgetbv};

    #[target_feature(enable = "xsave")]
    fn xcr0() -> u64 {
        // SAFETY: register 0 exists wherever `xgetbv` does.
        unsafe { _xgetbv(0) }
    }
    const LEAF: u32 = 0b11 << 24;
    const STATE: u64 = 0b11 << 17;
    if !is_x86_feature_detected!("xsave") || __get_cpuid_max(0).0 < 7 {
        return false;
    }
    // SAFETY: `xsave` was just found.
    __cpuid_count(7, 0).edx & LEAF == LEAF && unsafe { xcr0() } & STATE == STATE
}

/// Asks Linux to let this process, all its threads, use tile data.
#[cfg(target_os = "linux")]
fn granted() -> bool {
    // From asm/prctl.h and asm/fpu/types.h; see Documentation/arch/x86/xstate.rst of Linux 5.16 and
    // later. An older one answers with an error, and so does one that was told to refuse.
    const SYS_ARCH_PRCTL: isize = 158;
    const ARCH_REQ_XCOMP_PERM: usize = 0x1023;
    const XFEATURE_XTILEDATA: usize = 18;
    let mut result = SYS_ARCH_PRCTL;
    // SAFETY: this call takes two numbers and touches no memory of ours; the kernel changes rax,
    // rcx and r11 alone.
    unsafe {
        core::arch::asm!(
            "syscall",
            inout("rax") result,
            in("rdi") ARCH_REQ_XCOMP_PERM,
            in("rsi") XFEATURE_XTILEDATA,
            out("rcx") _,
            out("r11") _,
            options(nostack),
        );
    }
    result == 0
}

/// Elsewhere we do not know how to ask.
#[cfg(not(target_os = "linux"))]
fn granted() -> bool {
    false
}

/// One product of every width against the oracle, some microseconds. A unit that disagrees, as an
/// emulated or virtual one might, is not used.
fn right() -> bool {
    const ROWS: usize = 61;
    let mut random = Random::new(1);
    Bits::ALL.into_iter().all(|bits| {
        let cols = 1100usize.next_multiple_of(bits.columns());
        let codes: Vec<u8> = (0..bits.blocks(cols) * BLOCK)
            .map(|_| random.byte())
            .collect();
        let x: Vec<i8> = (0..ROWS * cols).map(|_| random.byte() as i8).collect();
        let product = |cpu| {
            let mut sums = [[0; TILE]; ROWS];
            dot::tile(cpu, bits, &codes, &x, cols, &mut sums);
            sums
        };
        product(Cpu(Isa::Amx(Amx(())))) == product(Cpu::scalar())
    })
}
