//! The rows of one conversation, and the cache that follows them.
use crate::{Cache, Error, Output, Result, Rows, TextDecoder, TokenId};
use ndarray::{ArrayView2, aview1};

/// Everything a decoder has been or will be shown in a conversation: ids and what is added to their
/// embeddings.
///
/// Rows are the truth and the cache a prefix of it: rows are pushed without being computed, and the
/// next [`Context::forward`] runs all that the cache lacks in one batch. A stream that is dropped
/// halfway therefore leaves a conversation that can go on.
#[derive(Debug)]
pub struct Context {
    dim: usize,
    limit: usize,
    ids: Vec<TokenId>,
    extra: Vec<f32>,
    /// Ascending rows whose `extra` stands in the place of an embedding.
    replaced: Vec<usize>,
    cache: Cache,
}

impl Context {
    /// An empty conversation with `decoder`.
    #[must_use]
    pub fn new(decoder: &dyn TextDecoder) -> Self {
        let dims = decoder.dims();
        Self {
            dim: dims.dim,
            limit: dims.context,
            ids: Vec::new(),
            extra: Vec::new(),
            replaced: Vec::new(),
            cache: decoder.new_cache(),
        }
    }

    /// Rows pushed so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether nothing was pushed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Rows already computed.
    #[must_use]
    pub fn cached(&self) -> usize {
        self.cache.len()
    }

    /// Rows that still fit.
    #[must_use]
    pub fn room(&self) -> usize {
        self.limit.saturating_sub(self.len())
    }

    /// Most rows that fit.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Ids of all rows.
    #[must_use]
    pub fn ids(&self) -> &[TokenId] {
        &self.ids
    }

    /// What is added to the embedding of each row, `[len, dim]`.
    #[must_use]
    pub fn extra(&self) -> ArrayView2<'_, f32> {
        aview1(&self.extra)
            .into_shape_with_order((self.len(), self.dim))
            .unwrap_or_else(|_| unreachable!("len x dim"))
    }

    /// Adds a row; `extra` is `[dim]`, or `None` for zeros.
    pub fn push(&mut self, id: TokenId, extra: Option<&[f32]>) -> Result<()> {
        if self.room() == 0 {
            return Err(Error::ContextFull {
                needed: self.len() + 1,
                limit: self.limit,
            });
        }
        match extra {
            Some(extra) if extra.len() != self.dim => {
                return Err(Error::decoder(format!(
                    "an extra row has {} values, not {}",
                    extra.len(),
                    self.dim
                )));
            }
            Some(extra) => self.extra.extend_from_slice(extra),
            None => self.extra.resize(self.extra.len() + self.dim, 0.0),
        }
        self.ids.push(id);
        Ok(())
    }

    /// Adds rows without extra, or none of them where they do not fit.
    pub fn push_ids(&mut self, ids: &[TokenId]) -> Result<()> {
        self.check_room(ids.len())?;
        ids.iter().try_for_each(|&id| self.push(id, None))
    }

    /// Adds a row for each of `ids` with the row of `extra` (`[n, dim]`) beside it, or none of them
    /// where they do not fit.
    pub fn push_rows(&mut self, ids: &[TokenId], extra: ArrayView2<'_, f32>) -> Result<()> {
        if ids.len() != extra.nrows() {
            let (n, rows) = (ids.len(), extra.nrows());
            return Err(Error::decoder(format!("{n} tokens have {rows} extra rows")));
        }
        self.check_room(ids.len())?;
        for (&id, row) in ids.iter().zip(extra.rows()) {
            self.push(id, Some(&row.to_vec()))?;
        }
        Ok(())
    }

    /// Adds a row for each of `embeddings` (`[n, dim]`), which stand in the place of tokens, or
    /// none of them where they do not fit. `id` is what [`ids`](Self::ids) shows of them.
    pub fn push_embeddings(&mut self, id: TokenId, embeddings: ArrayView2<'_, f32>) -> Result<()> {
        let first = self.len();
        self.push_rows(&vec![id; embeddings.nrows()], embeddings)?;
        self.replaced.extend(first..self.len());
        Ok(())
    }

    /// An error with both counts unless `n` more rows fit.
    pub fn check_room(&self, n: usize) -> Result<()> {
        if n <= self.room() {
            Ok(())
        } else {
            Err(Error::ContextFull {
                needed: self.len() + n,
                limit: self.limit,
            })
        }
    }

    /// Runs every row that is not computed yet and answers for the last `wanted` of all rows. Rows
    /// that are computed already but wanted are computed again.
    pub fn forward(&mut self, decoder: &dyn TextDecoder, wanted: usize) -> Result<Output> {
        if wanted > self.len() {
            return Err(Error::decoder(
                "more rows are wanted than the conversation has",
            ));
        }
        self.cache.truncate(self.len() - wanted);
        self.run(decoder, self.len(), wanted)
    }

    /// Runs the rows before `to` that are not computed yet and answers for the last `wanted`.
    fn run(&mut self, decoder: &dyn TextDecoder, to: usize, wanted: usize) -> Result<Output> {
        let from = self.cache.len();
        let t = to - from;
        let select: Vec<usize> = (t - wanted..t).collect();
        let extra = &self.extra[from * self.dim..to * self.dim];
        let extra = ArrayView2::from_shape((t, self.dim), extra)
            .unwrap_or_else(|_| unreachable!("t x dim"));
        let replaced = self.replaced.iter().filter(|row| (from..to).contains(row));
        let replaced: Vec<usize> = replaced.map(|row| row - from).collect();
        decoder.forward(
            &mut self.cache,
            Rows {
                ids: &self.ids[from..to],
                extra,
                replaced: &replaced,
                select: &select,
            },
        )
    }

    /// Computes what is not computed yet, without asking for an answer.
    pub fn prefill(&mut self, decoder: &dyn TextDecoder) -> Result<()> {
        self.prefill_first(decoder, self.len())
    }

    /// Computes the first `rows` of them with `decoder`, as far as they are not computed yet.
    pub fn prefill_first(&mut self, decoder: &dyn TextDecoder, rows: usize) -> Result<()> {
        let rows = rows.min(self.len());
        if self.cached() < rows {
            self.run(decoder, rows, 0)?;
        }
        Ok(())
    }

    /// Forgets what was computed of the rows from `first` on; they are computed again.
    pub fn recompute_from(&mut self, first: usize) {
        self.cache.truncate(first);
    }

    /// Goes on with another decoder of the same shape: the rows stay, what was computed of them is
    /// computed again.
    pub fn change_decoder(&mut self, decoder: &dyn TextDecoder) {
        self.cache = decoder.new_cache();
    }

    /// Forgets every row from `len` on.
    pub fn truncate(&mut self, len: usize) {
        if len < self.len() {
            self.ids.truncate(len);
            self.extra.truncate(len * self.dim);
            self.replaced.retain(|&row| row < len);
            self.cache.truncate(len);
        }
    }

    /// A copy that goes its own way.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self {
            dim: self.dim,
            limit: self.limit,
            ids: self.ids.clone(),
            extra: self.extra.clone(),
            replaced: self.replaced.clone(),
            cache: self.cache.fork(),
        }
    }

    /// Bytes held by the cache.
    #[must_use]
    pub fn cache_bytes(&self) -> usize {
        self.cache.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Hashed;

    #[test]
    fn batches_steps_forks_and_truncations_agree() {
        let decoder = Hashed::new(7, 50, 4, 32);
        let mut whole = Context::new(&decoder);
        whole.push_ids(&[1, 2, 3, 4]).unwrap();
        let expected = whole.forward(&decoder, 1).unwrap().logits;

        let mut steps = Context::new(&decoder);
        for id in [1, 2, 3] {
            steps.push(id, None).unwrap();
            steps.prefill(&decoder).unwrap();
        }
        let mut fork = steps.fork();
        steps.push(9, None).unwrap();
        steps.forward(&decoder, 1).unwrap();
        steps.truncate(3);
        for context in [&mut steps, &mut fork] {
            context.push(4, None).unwrap();
            assert_eq!(context.cached(), 3);
            assert_eq!(context.forward(&decoder, 1).unwrap().logits, expected);
        }
        assert_eq!(
            steps.forward(&decoder, 1).unwrap().logits,
            expected,
            "asked again"
        );
    }

    #[test]
    fn two_decoders_share_the_rows_of_a_conversation() {
        let [first, second] = [7, 8].map(|seed| Hashed::new(seed, 50, 4, 32));
        let mut context = Context::new(&first);
        context.push_ids(&[1, 2, 3, 4, 5]).unwrap();
        context.prefill_first(&first, 3).unwrap();
        assert_eq!(context.cached(), 3);
        context.prefill_first(&first, 2).unwrap();
        assert_eq!(context.cached(), 3, "what is computed stays");
        context.forward(&second, 1).unwrap();
        assert_eq!((first.rows(), second.rows()), (3, 2));

        context.recompute_from(3);
        context.prefill(&first).unwrap();
        assert_eq!((first.rows(), second.rows()), (5, 2));
    }

    #[test]
    fn a_full_context_names_both_counts() {
        let decoder = Hashed::new(7, 50, 4, 3);
        let mut context = Context::new(&decoder);
        context.push_ids(&[1, 2]).unwrap();
        let err = context.push_ids(&[3, 4]).unwrap_err();
        assert!(
            matches!(
                err,
                Error::ContextFull {
                    needed: 4,
                    limit: 3
                }
            ),
            "{err}"
        );
        assert_eq!(context.len(), 2);
    }
}
