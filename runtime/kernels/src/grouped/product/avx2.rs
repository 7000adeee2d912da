//! AVX2 without VNNI: `vpmaddubsw` to 16 bits, then `vpmaddwd` to 32.
//!
//! ```text
//! 16-bit room, |x| <= 127, one vpmaddubsw adds two products:
//!     4 bits: 2 * 15 * 127 =  3810, so a group's eight fit
//!     5 bits: 2 * 31 * 127 =  7874, so four of them fit
//!     6 bits: 2 * 63 * 127 = 16002, so two of them fit
//!     8 bits: |code - 128| times x with the sign of code - 128: 2 * 128 * 127 = 32512 fits
//! ```

super::narrow::narrow!("avx2,fma,f16c", four, whole);

/// The 32-bit sums of what [`four`] gives: at 4 bits it has added in 16.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn whole<const BITS: usize>(acc: __m256i) -> __m256i {
    if BITS == 4 {
        _mm256_madd_epi16(acc, _mm256_set1_epi16(1))
    } else {
        acc
    }
}

/// `acc + sum of c * x` over four quads; at 8 bits of `(c - 128) * x`.
///
/// # Safety
/// `x` has 16 elements.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn four<const BITS: usize>(
    acc: __m256i,
    c: [__m256i; 4],
    x: *const i8,
    _sum: i32,
) -> __m256i {
    // SAFETY: four of the 16 begin at 4 * q.
    let x = [0, 1, 2, 3]
        .map(|q| unsafe { _mm256_set1_epi32(x.add(4 * q).cast::<i32>().read_unaligned()) });
    let ones = _mm256_set1_epi16(1);
    let mut acc = acc;
    if BITS == 8 {
        for (c, x) in c.into_iter().zip(x) {
            let c = _mm256_xor_si256(c, _mm256_set1_epi8(-128));
            let products = _mm256_maddubs_epi16(_mm256_abs_epi8(c), _mm256_sign_epi8(x, c));
            acc = _mm256_add_epi32(acc, _mm256_madd_epi16(products, ones));
        }
        return acc;
    }
    let two = |q: usize| {
        let products = [q, q + 1].map(|q| _mm256_maddubs_epi16(c[q], x[q]));
        _mm256_add_epi16(products[0], products[1])
    };
    match BITS {
        4 => _mm256_add_epi16(acc, _mm256_add_epi16(two(0), two(2))),
        5 => {
            let products = _mm256_add_epi16(two(0), two(2));
            _mm256_add_epi32(acc, _mm256_madd_epi16(products, ones))
        }
        _ => {
            let acc = _mm256_add_epi32(acc, _mm256_madd_epi16(two(0), ones));
            _mm256_add_epi32(acc, _mm256_madd_epi16(two(2), ones))
        }
    }
}
