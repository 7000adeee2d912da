//! The way to a kernel that all sets with a byte product share: rows in steps, bits and rows as
//! constants.

/// `tile` of one instruction set: `kernel::<BITS, T, CHAINS>` for steps of at most `ROWS` rows,
/// `T => CHAINS` for each number of rows.
macro_rules! shell {
    ($features:literal, $rows:literal, [$($t:literal => $chains:literal),*]) => {
        /// Rows that share one unpacking.
        const ROWS: usize = $rows;

        /// # Safety
        /// The instructions of this file; lengths as [`super::tile`] checks them.
        #[target_feature(enable = $features)]
        pub(super) unsafe fn tile(
            bits: Bits,
            codes: &[u8],
            x: &[i8],
            stride: usize,
            sums: &mut [[i32; TILE]],
        ) {
            let blocks = codes.len() / BLOCK;
            for (i, sums) in sums.chunks_mut(ROWS).enumerate() {
                // SAFETY: row i * ROWS is one of the rows the caller vouches for; the kernel reads
                // `sums.len()` rows from there.
                unsafe {
                    let x = x.as_ptr().add(i * ROWS * stride);
                    match bits {
                        Bits::Two => rows::<2>(codes.as_ptr(), blocks, x, stride, sums),
                        Bits::Four => rows::<4>(codes.as_ptr(), blocks, x, stride, sums),
                        Bits::Eight => rows::<8>(codes.as_ptr(), blocks, x, stride, sums),
                    }
                }
            }
        }

        /// # Safety
        /// As [`tile`]; at most [`ROWS`] sums.
        #[target_feature(enable = $features)]
        unsafe fn rows<const BITS: u32>(
            codes: *const u8,
            blocks: usize,
            x: *const i8,
            stride: usize,
            sums: &mut [[i32; TILE]],
        ) {
            // SAFETY: passed on.
            unsafe {
                match sums.len() {
                    $($t => kernel::<BITS, $t, $chains>(codes, blocks, x, stride, sums),)*
                    rows => unreachable!("{rows} rows in a step of {ROWS}"),
                }
            }
        }
    };
}
pub(super) use shell;
