//! The product of a tile with rows of activations: a file for each instruction set.
//!
//! The weights of a group are unpacked once for up to eight rows, four quads (16 columns) at a
//! time; a quad is one `vpdpbusd` a row. AMX has no kernel of its own: its `tdpbsud` sums over 64
//! columns, and scales change every 32. NEON runs the oracle until somebody can time it.

use super::{Cpu, Rows, Tile};
use crate::cpu::Isa;
use crate::packed::TILE;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod avxvnni;
#[cfg(target_arch = "x86_64")]
mod narrow;
mod scalar;

/// `out[i][r] = sum over the columns of tile[r][j] * x[i][j]`, the arithmetic of the module above.
///
/// # Panics
/// If tile or rows are shorter than the tile's groups and `out`'s rows say.
pub(crate) fn tile(cpu: Cpu, tile: Tile, rows: Rows, out: &mut [[f32; TILE]]) {
    let Some(last) = out.len().checked_sub(1) else {
        return;
    };
    let groups = tile.groups;
    assert!(tile.codes.len() >= groups * tile.form.code_bytes(), "codes");
    assert!(tile.params.len() >= tile.form.param_bytes(groups), "params");
    assert!(
        groups.is_multiple_of(tile.form.columns() / super::GROUP),
        "groups"
    );
    assert!(
        rows.q.len() >= last * rows.stride + groups * super::GROUP,
        "rows"
    );
    assert!(rows.records.len() >= out.len() * groups, "records");
    match cpu.0 {
        Isa::Scalar => scalar::tile(tile, rows, out),
        // SAFETY (all of them): the token proves the instructions; lengths were checked above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(_) => unsafe { avx2::tile(tile, rows, out) },
        #[cfg(target_arch = "x86_64")]
        Isa::AvxVnni(_) => unsafe { avxvnni::tile(tile, rows, out) },
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512(_) | Isa::Amx(_) => unsafe { avx512::tile(tile, rows, out) },
        #[cfg(target_arch = "aarch64")]
        Isa::Neon(_) => scalar::tile(tile, rows, out),
    }
}

/// Chooses the kernel of a form: `choose!(form, rows; call)` with `BITS` and `SCALES` in scope.
#[cfg(target_arch = "x86_64")]
macro_rules! by_form {
    ($form:expr, $kernel:ident($($arg:expr),*)) => {
        match ($form.bits, $form.scales) {
            (4, Scales::Half) => $kernel::<4, HALF>($($arg),*),
            (5, Scales::Half) => $kernel::<5, HALF>($($arg),*),
            (8, Scales::Half) => $kernel::<8, HALF>($($arg),*),
            (4, Scales::HalfOffset) => $kernel::<4, HALF_OFFSET>($($arg),*),
            (5, Scales::HalfOffset) => $kernel::<5, HALF_OFFSET>($($arg),*),
            (4, Scales::Super) => $kernel::<4, SUPER_SCALE>($($arg),*),
            (5, Scales::Super) => $kernel::<5, SUPER_SCALE>($($arg),*),
            (6, Scales::Signed) => $kernel::<6, SIGNED>($($arg),*),
            (bits, scales) => unreachable!("no form of {bits} bits with {scales:?}"),
        }
    };
}
#[cfg(target_arch = "x86_64")]
use by_form;

/// [`super::Scales`] as constants.
#[cfg(target_arch = "x86_64")]
mod scales {
    pub const HALF: u8 = 0;
    pub const HALF_OFFSET: u8 = 1;
    pub const SUPER_SCALE: u8 = 2;
    pub const SIGNED: u8 = 3;
}
