//! AVX-VNNI: the 256-bit `vpdpbusd`, a quad of eight rows each.

super::narrow::narrow!("avx2,fma,f16c,avxvnni", four, whole);

/// What [`four`] gives has 32 bits already.
#[inline]
#[target_feature(enable = "avx2")]
fn whole<const BITS: usize>(acc: __m256i) -> __m256i {
    acc
}

/// `acc + sum of c * x` over four quads, whose sum of x is `sum`; at 8 bits of `(c - 128) * x`.
///
/// # Safety
/// `x` has 16 elements.
#[inline]
#[target_feature(enable = "avx2,fma,f16c,avxvnni")]
unsafe fn four<const BITS: usize>(
    acc: __m256i,
    c: [__m256i; 4],
    x: *const i8,
    sum: i32,
) -> __m256i {
    let mut acc = acc;
    if BITS == 8 {
        acc = _mm256_sub_epi32(acc, _mm256_set1_epi32(128 * sum));
    }
    for (q, c) in c.into_iter().enumerate() {
        // SAFETY: four of the 16 begin at 4 * q.
        let x = unsafe { x.add(4 * q).cast::<i32>().read_unaligned() };
        acc = _mm256_dpbusd_avx_epi32(acc, c, _mm256_set1_epi32(x));
    }
    acc
}
