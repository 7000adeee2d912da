//! What a decoder of a configuration consists of: the one list that reader, writer and random
//! decoders go by.

use crate::config::Config;

/// Every matrix of a decoder: name, rows, columns.
pub(crate) fn matrices(c: &Config) -> impl Iterator<Item = (String, usize, usize)> {
    let (dim, q, kv, ffn) = (c.dim, c.q_dim(), c.kv_dim(), c.ffn_dim);
    let own = c.n_layers_kv;
    let layers = (0..c.n_layers()).flat_map(move |i| {
        let all = [
            ("q", q, dim),
            ("o", dim, q),
            ("gate", ffn, dim),
            ("up", ffn, dim),
            ("down", dim, ffn),
            ("k", kv, dim),
            ("v", kv, dim),
        ];
        let n = if i < own { 7 } else { 5 };
        all.into_iter()
            .take(n)
            .map(move |(name, rows, cols)| (format!("layers.{i}.{name}"), rows, cols))
    });
    std::iter::once(("embed".to_owned(), c.vocab_size, c.dim)).chain(layers)
}

/// Every vector of a decoder: name, length.
pub(crate) fn vectors(c: &Config, kv_scale: bool) -> impl Iterator<Item = (String, usize)> {
    let (dim, head, own) = (c.dim, c.head_dim, c.n_layers_kv);
    let layers = (0..c.n_layers()).flat_map(move |i| {
        let all = [
            ("attn_norm", dim),
            ("ffn_norm", dim),
            ("q_norm", head),
            ("k_norm", head),
            ("kv_scale", 2),
        ];
        let n = if i < own {
            4 + usize::from(kv_scale)
        } else {
            3
        };
        all.into_iter()
            .take(n)
            .map(move |(name, n)| (format!("layers.{i}.{name}"), n))
    });
    std::iter::once(("norm".to_owned(), c.dim)).chain(layers)
}
