//! Keys and values of what a session has read, in pages that never move.
//!
//! ```text
//! one page, PAGE tokens, for every layer of block 1:
//!   int8   K  [kv head][PAGE/16 tiles of tokens][head_dim/4 blocks][64]   8-bit codes, value + 128
//!          V  [kv head][head_dim/16 tiles of channels][PAGE/4 blocks][64]
//!          laid out as packed weights, so that both products of attention are `dot::tile`
//!   f32    K  [kv head][PAGE][head_dim]
//!          V  [kv head][PAGE][head_dim]
//!   f16    K  [kv head][PAGE/16 tiles of tokens][head_dim][16 tokens]
//!          V  [kv head][head_dim/16 tiles of channels][PAGE][16 channels]
//!          so that both products add rows of 16
//!   measured   as int8, a head's codes followed by scales, f32: of keys
//!              [groups of K_GROUP channels][PAGE], of values [PAGE]
//! ```
//! A fork shares pages; the first write to a shared page copies that page only.

use std::ops::Range;
use std::sync::Arc;

use crate::bytes::Bytes;
use crate::config::Config;
use crate::file::Attention;
use crate::packed::{BLOCK, TILE};
use crate::team::Shared;

/// Tokens of a page.
pub(crate) const PAGE: usize = 64;

/// Channels of a key that share a scale where scales are measured. Keys have outliers that values
/// do not have, and their errors go through an exponential.
pub(crate) const K_GROUP: usize = 32;

/// The layout of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PageLayout {
    layers: usize,
    kv_heads: usize,
    head_dim: usize,
    attention: Attention,
}

impl PageLayout {
    pub fn new(config: &Config, attention: Attention) -> Self {
        Self {
            layers: config.n_layers_kv,
            kv_heads: config.n_kv_heads,
            head_dim: config.head_dim,
            attention,
        }
    }

    /// Bytes of one head's codes of keys in a page.
    pub fn k_codes(self) -> usize {
        PAGE / TILE * self.head_dim.div_ceil(4) * BLOCK
    }

    /// Bytes of one head's codes of values in a page.
    pub fn v_codes(self) -> usize {
        self.head_dim.div_ceil(TILE) * (PAGE / 4) * BLOCK
    }

    /// Bytes of one head's keys in a page.
    pub fn k_bytes(self) -> usize {
        match self.attention {
            Attention::Int8 => self.k_codes(),
            Attention::Measured => self.k_codes() + self.head_dim.div_ceil(K_GROUP) * PAGE * 4,
            Attention::F32 => PAGE * self.head_dim * 4,
            Attention::F16 => PAGE * self.head_dim * 2,
        }
    }

    /// Bytes of one head's values in a page.
    pub fn v_bytes(self) -> usize {
        match self.attention {
            Attention::Int8 => self.v_codes(),
            Attention::Measured => self.v_codes() + PAGE * 4,
            Attention::F32 => PAGE * self.head_dim * 4,
            Attention::F16 => PAGE * self.head_dim.next_multiple_of(TILE) * 2,
        }
    }

    fn bytes(self) -> usize {
        self.layers * self.kv_heads * (self.k_bytes() + self.v_bytes())
    }

    /// Bytes that a token's keys and values take.
    pub fn bytes_per_token(self) -> usize {
        self.bytes() / PAGE
    }

    /// Where one head's keys lie in a page, and its values.
    pub fn head(self, layer: usize, head: usize) -> (Range<usize>, Range<usize>) {
        let start = (layer * self.kv_heads + head) * (self.k_bytes() + self.v_bytes());
        let middle = start + self.k_bytes();
        (start..middle, middle..middle + self.v_bytes())
    }

    /// Where a token's channel lies in one head's keys: its code (int8), or which number it is
    /// (f16).
    pub fn k_code(self, token: usize, channel: usize) -> usize {
        if self.attention == Attention::F16 {
            return (token / TILE * self.head_dim + channel) * TILE + token % TILE;
        }
        (token / TILE * self.head_dim.div_ceil(4) + channel / 4) * BLOCK
            + token % TILE * 4
            + channel % 4
    }

    /// The same in its values.
    pub fn v_code(self, token: usize, channel: usize) -> usize {
        if self.attention == Attention::F16 {
            return (channel / TILE * PAGE + token) * TILE + channel % TILE;
        }
        (channel / TILE * (PAGE / 4) + token / 4) * BLOCK + channel % TILE * 4 + token % 4
    }
}

/// What a session has read so far. Made by `Decoder::cache`, filled by `Decoder::run`.
pub struct Cache {
    pub(crate) layout: PageLayout,
    pages: Vec<Arc<Bytes>>,
    len: usize,
}

impl Cache {
    pub(crate) fn new(layout: PageLayout) -> Self {
        Self {
            layout,
            pages: Vec::new(),
            len: 0,
        }
    }

    /// Tokens held.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes of the pages this cache refers to; forks may share them.
    pub fn bytes(&self) -> usize {
        self.pages.len() * self.layout.bytes()
    }

    /// Forgets all but the first `len` tokens; no effect if it holds fewer.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        self.pages.truncate(self.len.div_ceil(PAGE));
    }

    /// A second session with the same past. Pages are shared until one of the two writes to one.
    pub fn fork(&self) -> Self {
        Self {
            layout: self.layout,
            pages: self.pages.clone(),
            len: self.len,
        }
    }

    /// Makes room for `more` tokens and lends all pages. What was there is not copied, unless a
    /// fork shares the last page.
    pub(crate) fn grow(&mut self, more: usize) -> Vec<Page<'_>> {
        let writable = self.len / PAGE;
        while self.pages.len() * PAGE < self.len + more {
            self.pages
                .push(Arc::new(Bytes::zeroed(self.layout.bytes())));
        }
        let mut lent = Vec::with_capacity(self.pages.len());
        for (i, page) in self.pages.iter_mut().enumerate() {
            lent.push(if i < writable {
                Page::Full(page.clone())
            } else {
                Page::Open(Shared::new(Arc::make_mut(page).as_mut_slice()))
            });
        }
        lent
    }

    /// Counts the tokens that were written.
    pub(crate) fn advance(&mut self, more: usize) {
        self.len += more;
    }
}

/// A page during a call.
pub(crate) enum Page<'a> {
    /// Only read.
    Full(Arc<Bytes>),
    /// Tokens are written to it.
    Open(Shared<'a, u8>),
}

impl Page<'_> {
    /// # Safety
    /// No worker writes to this range in the same phase.
    pub unsafe fn get(&self, range: Range<usize>) -> &[u8] {
        match self {
            Self::Full(bytes) => &bytes.as_slice()[range],
            // SAFETY: passed on.
            Self::Open(shared) => unsafe { shared.get(range) },
        }
    }

    /// # Safety
    /// No other reference to any part of this range is used in the same phase.
    #[allow(
        clippy::mut_from_ref,
        reason = "the caller vouches for exclusive use of the range"
    )]
    pub unsafe fn get_mut(&self, range: Range<usize>) -> &mut [u8] {
        match self {
            Self::Full(_) => unreachable!("new tokens lie in open pages"),
            // SAFETY: passed on.
            Self::Open(shared) => unsafe { shared.get_mut(range) },
        }
    }
}
