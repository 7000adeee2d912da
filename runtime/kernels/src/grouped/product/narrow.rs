//! What AVX2 and AVX-VNNI share: 256-bit registers, a tile's 16 rows in two parts of eight.
//!
//! `narrow!` makes the module of one set from its features, its sum of four quads, and what makes
//! 32-bit sums of it behind a group's eight.

macro_rules! narrow {
    ($features:literal, $four:ident, $whole:ident) => {
        use core::arch::x86_64::*;

        use super::scales::{HALF, HALF_OFFSET, SIGNED, SUPER_SCALE};
        use super::{Rows, TILE, Tile, by_form};
        use crate::grouped::{GROUP, Record, Scales};

        /// Rows that share one unpacking: as many sums in floats, as many in integers, four quads,
        /// and room for their making.
        const ROWS: usize = 4;

        /// # Safety
        /// The instructions of this file; lengths as [`super::tile`] checks them.
        #[target_feature(enable = $features)]
        pub(super) unsafe fn tile(tile: Tile, rows: Rows, out: &mut [[f32; TILE]]) {
            // SAFETY: passed on.
            unsafe { by_form!(tile.form, steps(tile, rows, out)) }
        }

        /// # Safety
        /// As [`tile`].
        #[target_feature(enable = $features)]
        unsafe fn steps<const BITS: usize, const SCALES: u8>(
            tile: Tile,
            rows: Rows,
            out: &mut [[f32; TILE]],
        ) {
            let mut done = 0;
            while done < out.len() {
                let left = &mut out[done..];
                let x = rows.q[done * rows.stride..].as_ptr();
                let records = rows.records[done * tile.groups..].as_ptr();
                let at = (x, rows.stride, records);
                // SAFETY: `done` rows from the first, as many rows as `left` has at least.
                done += unsafe {
                    match left.len() {
                        1 => kernel::<BITS, SCALES, 1>(tile, at, left),
                        2 | 3 => kernel::<BITS, SCALES, 2>(tile, at, left),
                        _ => kernel::<BITS, SCALES, ROWS>(tile, at, left),
                    }
                };
            }
        }

        /// `T` rows; gives `T`. Of several rows, the tile's halves come one after the other, so
        /// that all sums of one stay in registers; of one row, together, as memory gives them.
        ///
        /// # Safety
        /// As [`tile`]; `x`, the records and `out` have `T` rows.
        #[target_feature(enable = $features)]
        unsafe fn kernel<const BITS: usize, const SCALES: u8, const T: usize>(
            tile: Tile,
            at: (*const i8, usize, *const Record),
            out: &mut [[f32; TILE]],
        ) -> usize {
            // SAFETY: passed on.
            unsafe {
                if T == 1 {
                    parts::<BITS, SCALES, T, 2>(tile, at, 0, out);
                } else {
                    parts::<BITS, SCALES, T, 1>(tile, at, 0, out);
                    parts::<BITS, SCALES, T, 1>(tile, at, 1, out);
                }
            }
            T
        }

        /// `P` halves of the tile, from half `first` on.
        ///
        /// # Safety
        /// As [`kernel`].
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn parts<const BITS: usize, const SCALES: u8, const T: usize, const P: usize>(
            tile: Tile,
            (x, stride, records): (*const i8, usize, *const Record),
            first: usize,
            out: &mut [[f32; TILE]],
        ) {
            let mut acc = [[_mm256_setzero_ps(); T]; P];
            for g in 0..tile.groups {
                // SAFETY: group g of codes, parameters, rows and records, all checked.
                unsafe {
                    let codes = tile.codes.as_ptr().add(g * TILE * GROUP * BITS / 8);
                    if first == 0 {
                        _mm_prefetch::<_MM_HINT_T0>(codes.wrapping_add(4096).cast());
                    }
                    let records = records.add(g);
                    for (part, acc) in (first..).zip(&mut acc) {
                        let by = scales::<BITS, SCALES>(tile.params.as_ptr(), g, part);
                        let rows = (x.add(g * GROUP), stride, records, tile.groups);
                        group::<BITS, SCALES, T>(codes.add(32 * part), by, rows, acc);
                    }
                }
            }
            for (part, acc) in (first..).zip(acc) {
                for (acc, out) in acc.into_iter().zip(&mut *out) {
                    // SAFETY: eight of the 16 floats begin at 8 * part.
                    unsafe { _mm256_storeu_ps(out.as_mut_ptr().add(8 * part), acc) };
                }
            }
        }

        /// A group of eight rows of the tile with `T` rows of activations, whose records begin
        /// `apart` of each other.
        ///
        /// # Safety
        /// `codes` has a group, the rows and their records too.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn group<const BITS: usize, const SCALES: u8, const T: usize>(
            codes: *const u8,
            (scale, offset): ([__m256; 2], __m256),
            (x, stride, records, apart): (*const i8, usize, *const Record, usize),
            acc: &mut [__m256; T],
        ) {
            let mut dots = [_mm256_setzero_si256(); T];
            for h in 0..2 {
                // SAFETY: a group of codes, of each row and of its records.
                unsafe {
                    let c = quads::<BITS>(codes, h);
                    for i in 0..T {
                        let record = &*records.add(i * apart);
                        let x = x.add(i * stride + 16 * h);
                        let sum = record.sums[h];
                        if SCALES == SIGNED {
                            dots[i] = _mm256_set1_epi32(-32 * sum);
                        }
                        dots[i] = $four::<BITS>(dots[i], c, x, sum);
                        if SCALES == SIGNED || h == 1 {
                            let scale = scale[if SCALES == SIGNED { h } else { 0 }];
                            let by = _mm256_mul_ps(scale, _mm256_set1_ps(record.scale));
                            let dot = _mm256_cvtepi32_ps($whole::<BITS>(dots[i]));
                            acc[i] = _mm256_fmadd_ps(dot, by, acc[i]);
                        }
                        if SCALES != SIGNED && BITS != 8 && h == 1 {
                            let total = _mm256_set1_ps(record.total);
                            acc[i] = _mm256_fmadd_ps(offset, total, acc[i]);
                        }
                    }
                }
            }
        }

        /// Half `h` of a group's codes, of eight rows: four quads.
        ///
        /// # Safety
        /// `codes` has a group, from the part's first row on.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn quads<const BITS: usize>(codes: *const u8, h: usize) -> [__m256i; 4] {
            // SAFETY: blocks of one group, by the layout.
            unsafe {
                let load = |block: usize| _mm256_loadu_si256(codes.add(64 * block).cast());
                if BITS == 8 {
                    return [0, 1, 2, 3].map(|q| load(4 * h + q));
                }
                let mask = _mm256_set1_epi8(15);
                let (a, b) = (load(2 * h), load(2 * h + 1));
                let low = [a, _mm256_srli_epi32::<4>(a), b, _mm256_srli_epi32::<4>(b)]
                    .map(|c| _mm256_and_si256(c, mask));
                let high = match BITS {
                    5 => {
                        let high = load(4);
                        let high = if h == 0 {
                            _mm256_slli_epi32::<4>(high)
                        } else {
                            high
                        };
                        [
                            high,
                            _mm256_srli_epi32::<1>(high),
                            _mm256_srli_epi32::<2>(high),
                            _mm256_srli_epi32::<3>(high),
                        ]
                    }
                    6 => {
                        let high = load(4 + h);
                        [
                            _mm256_slli_epi32::<4>(high),
                            _mm256_slli_epi32::<2>(high),
                            high,
                            _mm256_srli_epi32::<2>(high),
                        ]
                    }
                    _ => return low,
                };
                let bits = _mm256_set1_epi8(if BITS == 5 { 16 } else { 48 });
                let or = |q: usize| _mm256_or_si256(low[q], _mm256_and_si256(high[q], bits));
                [or(0), or(1), or(2), or(3)]
            }
        }

        /// The scales of a group (of its halves, if `SIGNED`) and its offset, for eight rows.
        ///
        /// # Safety
        /// `params` has group `g`.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn scales<const BITS: usize, const SCALES: u8>(
            params: *const u8,
            g: usize,
            part: usize,
        ) -> ([__m256; 2], __m256) {
            let (block, group) = (g / 8, g % 8);
            let zero = _mm256_setzero_ps();
            // SAFETY: the parameters of one group, by the layout.
            unsafe {
                let half =
                    |at: usize| _mm256_cvtph_ps(_mm_loadu_si128(params.add(at + 16 * part).cast()));
                let byte = |at: usize| _mm_loadl_epi64(params.add(at + 8 * part).cast());
                match SCALES {
                    HALF => {
                        let scale = half(32 * g);
                        let centre = _mm256_set1_ps((1 << (BITS - 1)) as f32);
                        (
                            [scale; 2],
                            _mm256_sub_ps(zero, _mm256_mul_ps(centre, scale)),
                        )
                    }
                    HALF_OFFSET => ([half(64 * g); 2], half(64 * g + 32)),
                    SUPER_SCALE => {
                        let at = 320 * block;
                        let float = |at| _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(byte(at)));
                        let [s, t] = [64, 80].map(|to| float(at + to + 32 * group));
                        let least = _mm256_mul_ps(half(at + 32), t);
                        ([_mm256_mul_ps(half(at), s); 2], _mm256_sub_ps(zero, least))
                    }
                    _ => {
                        let at = 288 * block;
                        let float = |at| _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(byte(at)));
                        let d = half(at);
                        let s = [32, 48].map(|to| float(at + to + 32 * group));
                        (s.map(|s| _mm256_mul_ps(d, s)), zero)
                    }
                }
            }
        }
    };
}
pub(super) use narrow;
