//! Which instructions this machine has: asked once, proved by a token ever after.
//!
//! A [`Cpu`] that says "AVX-512" cannot be made on a machine without it, so a function that takes
//! one may call the kernels of that set without asking again.

use crate::error::{Error, Kind, Result};

#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "x86_64")]
pub(crate) use amx::Amx;

/// Proof that AVX2, FMA and F16C are there: every processor with the first has the others.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Avx2(());

/// Proof that AVX2, FMA, F16C and AVX-VNNI (the 256-bit `vpdpbusd`) are there.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AvxVnni(());

/// Proof that AVX-512 F, BW, DQ, VL and VNNI are there.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Avx512(());

/// Proof that NEON and its dot product are there.
#[cfg(target_arch = "aarch64")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Neon(());

#[cfg(target_arch = "aarch64")]
impl Neon {
    fn detect() -> Option<Self> {
        std::arch::is_aarch64_feature_detected!("dotprod").then_some(Self(()))
    }
}

#[cfg(target_arch = "x86_64")]
impl Avx2 {
    fn detect() -> Option<Self> {
        let all = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c");
        all.then_some(Self(()))
    }
}

#[cfg(target_arch = "x86_64")]
impl AvxVnni {
    fn detect() -> Option<Self> {
        (Avx2::detect().is_some() && is_x86_feature_detected!("avxvnni")).then_some(Self(()))
    }
}

#[cfg(target_arch = "x86_64")]
impl Avx512 {
    fn detect() -> Option<Self> {
        let all = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vnni");
        all.then_some(Self(()))
    }
}

/// The instruction sets there are kernels for, each with its proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isa {
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    AvxVnni(AvxVnni),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(target_arch = "x86_64")]
    Amx(Amx),
    #[cfg(target_arch = "aarch64")]
    Neon(Neon),
}

/// The instruction set the kernels will use. Results do not depend on it, down to the last bit;
/// only speed does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpu(pub(crate) Isa);

impl Cpu {
    /// The names that [`Cpu::named`] and `FOVEATE_CPU` know, slowest first.
    pub const NAMES: [&'static str; 6] = ["scalar", "avx2", "avxvnni", "avx512", "amx", "neon"];

    /// Plain Rust without vector instructions beyond the target's own: the oracle of the others.
    pub fn scalar() -> Self {
        Self(Isa::Scalar)
    }

    /// The set with this name, if this machine has it.
    pub fn named(name: &str) -> Result<Self> {
        Self::find(name)
            .map(Self)
            .ok_or_else(|| Error::new(Kind::Cpu, format!("cpu `{name}`")))
    }

    #[cfg(target_arch = "x86_64")]
    fn find(name: &str) -> Option<Isa> {
        match name {
            "scalar" => Some(Isa::Scalar),
            "avx2" => Avx2::detect().map(Isa::Avx2),
            "avxvnni" => AvxVnni::detect().map(Isa::AvxVnni),
            "avx512" => Avx512::detect().map(Isa::Avx512),
            "amx" => Amx::detect().map(Isa::Amx),
            _ => None,
        }
    }

    #[cfg(target_arch = "aarch64")]
    fn find(name: &str) -> Option<Isa> {
        match name {
            "scalar" => Some(Isa::Scalar),
            "neon" => Neon::detect().map(Isa::Neon),
            _ => None,
        }
    }

    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    fn find(name: &str) -> Option<Isa> {
        (name == "scalar").then_some(Isa::Scalar)
    }

    /// All sets of this machine, slowest first.
    pub fn available() -> Vec<Self> {
        Self::NAMES
            .iter()
            .filter_map(|name| Self::named(name).ok())
            .collect()
    }

    /// What `FOVEATE_CPU` names, or the fastest set of this machine if it is not set. A named set
    /// that is not there, or that the operating system refuses (`amx`), is an error of
    /// [`Kind::Cpu`]; without a name the next one is taken.
    pub fn detect() -> Result<Self> {
        match std::env::var("FOVEATE_CPU") {
            Ok(name) => Self::named(&name),
            Err(_) => Ok(*Self::available().last().unwrap_or(&Self::scalar())),
        }
    }

    /// Its name, one of [`Cpu::NAMES`].
    pub fn name(self) -> &'static str {
        match self.0 {
            Isa::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Isa::AvxVnni(_) => "avxvnni",
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512(_) => "avx512",
            #[cfg(target_arch = "x86_64")]
            Isa::Amx(_) => "amx",
            #[cfg(target_arch = "aarch64")]
            Isa::Neon(_) => "neon",
        }
    }
}
