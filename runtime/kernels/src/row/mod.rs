//! Float arithmetic on rows: norms, quantization, RoPE, softmax, SwiGLU.
//!
//! There is one text for all instruction sets, `portable.rs` with `queries.rs` for attention,
//! written in 16 explicit lanes and compiled once for each set. Rust neither reorders nor fuses
//! float operations, so every set gives the same bits; the compiler only makes the lanes into
//! vectors.

use crate::cpu::Cpu;
#[cfg(target_arch = "x86_64")]
use crate::cpu::Isa;
use crate::grouped::Record;

mod portable;
mod queries;

/// Compiles each function of `portable` for each instruction set, and chooses by the token.
macro_rules! per_isa {
    ($($(#[$doc:meta])* $vis:vis fn $name:ident($($arg:ident: $type:ty),*) $(-> $ret:ty)?;)*) => {$(
        $(#[$doc])*
        $vis fn $name(cpu: Cpu, $($arg: $type),*) $(-> $ret)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn avx2($($arg: $type),*) $(-> $ret)? { portable::$name($($arg),*) }
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
                fn avx512($($arg: $type),*) $(-> $ret)? { portable::$name($($arg),*) }
                match cpu.0 {
                    Isa::Scalar => portable::$name($($arg),*),
                    // SAFETY (both): the token proves the instructions.
                    Isa::Avx2(_) | Isa::AvxVnni(_) => unsafe { avx2($($arg),*) },
                    Isa::Avx512(_) | Isa::Amx(_) => unsafe { avx512($($arg),*) },
                }
            }
            #[cfg(not(target_arch = "x86_64"))]
            {
                let _ = cpu; // NEON is part of the aarch64 baseline: one compilation serves all
                portable::$name($($arg),*)
            }
        }
    )*};
}

per_isa! {
    /// `out = (x * (1 / sqrt(mean(x^2) + eps))) * weight`, all `[n]`.
    pub fn rmsnorm(x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]);
    /// One head in place, `[head_dim]`: RoPE by `turn` (`[head_dim / 2]` of cos, sin), then
    /// RMSNorm.
    pub fn rope_norm(x: &mut [f32], turn: &[[f32; 2]], weight: &[f32], eps: f32);
    /// Quantizes an activation row `[n]` to int8 in `out` (zeros beyond n), its sums over 16
    /// columns each to `sums`; gives the scale.
    pub fn quantize(x: &[f32], out: &mut [i8], sums: &mut [i32]) -> f32;
    /// Quantizes an activation row `[n]` to int8 in `out` (zeros beyond n), 32 columns a group.
    pub(crate) fn quantize_groups(x: &[f32], out: &mut [i8], records: &mut [Record]);
    /// `clamp(round(x / scale), -128, 127) + 128`, the code of a cached key or value.
    pub fn to_grid(x: &[f32], scale: f32, out: &mut [u8]);
    /// As [`to_grid`], but back to float: `clamp(round(x / scale), -128, 127) * scale`.
    pub fn round_to_grid(x: &mut [f32], scale: f32);
    /// `p = round(exp((x - max(x))) * 16383)`, as two base-128 digits; gives the sum of p.
    pub fn softmax_digits(x: &[f32], high: &mut [i8], low: &mut [i8]) -> u32;
    /// `out (+)= (f32(2 * sums - zeros[row]) * 0.5) * scale`, rows of 16; the first time without
    /// the plus.
    pub fn add_products(
        sums: &[[i32; 16]], zeros: &[i32], scale: &[f32; 16], first: bool, out: &mut [[f32; 16]]);
    /// `x[i] *= scale[i]`, rows of 16.
    pub fn scale_rows(x: &mut [[f32; 16]], scale: &[f32]);
    /// `round(x * 8191 / max|x|)` as `128 * high + low`, both signed; sums of the numbers over
    /// `group` elements each; gives the scale `max|x| / 8191`.
    pub fn signed_digits(
        x: &[f32], group: usize, high: &mut [i8], low: &mut [i8], sums: &mut [i32]) -> f32;
    /// `w = exp(x - max(x)) * by` as two base-128 digits of `round(w * 16383 / max(w))`, `x` being
    /// lost; gives the sum of the integers, and the factor back to `w / sum(exp(x - max(x)))`.
    pub fn weighted_digits(
        x: &mut [f32], by: &[f32], high: &mut [i8], low: &mut [i8]) -> (u32, f32);
    /// One head in place: RoPE alone.
    pub fn rope(x: &mut [f32], turn: &[[f32; 2]]);
    /// One head in place: RMSNorm, then RoPE.
    pub fn norm_rope(x: &mut [f32], turn: &[[f32; 2]], weight: &[f32], eps: f32);
    /// `x += (y * (1 / sqrt(mean(y^2) + eps))) * weight`, all `[n]`.
    pub fn add_rmsnorm(x: &mut [f32], y: &[f32], weight: &[f32], eps: f32);
    /// `g = gelu(g) * u`, by the tanh form.
    pub fn gelu_mul(g: &mut [f32], u: &[f32]);
    /// Softmax in place, in float.
    pub fn softmax(x: &mut [f32]);
    /// `x = exp(x - max(x))`; gives their sum, in 16 lanes.
    pub(crate) fn exponentials(x: &mut [f32]) -> f32;
    /// `g = silu(g) * u`.
    pub fn silu_mul(g: &mut [f32], u: &[f32]);
    /// `sum(a * b)` in 16 lanes.
    pub fn dot(a: &[f32], b: &[f32]) -> f32;
    /// `out[row] += sum over i, in order, of x[row * stride + i] * w[i]`, rows of 16.
    pub(crate) fn products(x: &[f32], stride: usize, w: &[[f32; 16]], out: &mut [[f32; 16]]);
    /// `out[row * stride + key] = sum over i, in order, of q[row][i] * k[key][i]`; the length of
    /// `turned`, which is scratch, is that of a query and of a key.
    pub(crate) fn scores(
        q: &[f32], k: &[f32], turned: &mut [[f32; 16]], out: &mut [f32], stride: usize);
    /// `out[row] += sum over key, in order, of p[row * stride + key] * v[key]`, rows of `width`.
    pub(crate) fn add_values(
        p: &[f32], stride: usize, v: &[f32], width: usize, out: &mut [f32]);
    /// `y += a * x`.
    pub fn add_scaled(y: &mut [f32], a: f32, x: &[f32]);
}

#[cfg(test)]
mod tests;
