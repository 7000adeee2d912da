//! A track: its blocks, and its keys and values of every conversation.
use super::block::{Block, LayerCaches, by_kernels};
use super::frame::{Answer, Frame};
use super::{TrackCompute, TrackError, TracksConfig};
use foveate_onnx::GraphOptions;
use std::collections::HashMap;
use std::path::Path;

/// Runs a track's blocks. The same whether it lives in a thread or in a process.
pub(super) struct Worker {
    config: TracksConfig,
    blocks: Vec<Block>,
    conversations: HashMap<u64, Vec<BlockCache>>,
}

/// Keys and values of a block's layers after `len` rows.
#[derive(Clone)]
struct BlockCache {
    len: usize,
    layers: LayerCaches,
}

impl Worker {
    pub fn open(
        dir: &Path,
        config: &TracksConfig,
        track: usize,
        options: &GraphOptions,
        compute: TrackCompute,
    ) -> Result<Self, TrackError> {
        let kernels = by_kernels(dir, config, compute)?;
        let open = |block| Block::open(dir, config, [track, block], options, kernels);
        Ok(Self {
            config: *config,
            blocks: (0..config.n_blocks).map(open).collect::<Result<_, _>>()?,
            conversations: HashMap::new(),
        })
    }

    /// Runs a frame's rows through its block.
    pub fn answer(&mut self, frame: &Frame) -> Result<Answer, String> {
        for over in &frame.forgotten {
            self.conversations.remove(over);
        }
        if frame.block >= self.blocks.len() || frame.rows.ncols() != self.config.dim {
            return Err(format!(
                "a frame for block {} with rows of {}; {} blocks and rows of {} are expected",
                frame.block,
                frame.rows.ncols(),
                self.blocks.len(),
                self.config.dim
            ));
        }
        self.begin(frame)?;
        let caches = self
            .conversations
            .get_mut(&frame.conversation)
            .ok_or("the conversation is not known here")?;
        let cache = &mut caches[frame.block];
        cache.cut(frame, &self.config)?;
        let block = &mut self.blocks[frame.block];
        let run = block.run(&self.config, &frame.rows, frame.past, &mut cache.layers);
        let rows = match run {
            Ok(rows) => rows,
            Err(why) => {
                // Some of its layers may have gone on, others not.
                self.conversations.remove(&frame.conversation);
                return Err(why);
            }
        };
        cache.len = frame.past + frame.rows.nrows();
        let bytes = caches.iter().map(|cache| cache.layers.bytes()).sum();
        Ok(Answer { rows, bytes })
    }

    /// Makes the conversation of a frame, if it is new.
    fn begin(&mut self, frame: &Frame) -> Result<(), String> {
        if self.conversations.contains_key(&frame.conversation) {
            return Ok(());
        }
        let caches = if frame.base == 0 {
            let layers = self.blocks.iter().map(|block| block.caches(&self.config));
            layers.map(|layers| BlockCache { len: 0, layers }).collect()
        } else {
            let base = self.conversations.get(&frame.base);
            base.cloned()
                .ok_or("the conversation's beginning is not known here")?
        };
        self.conversations.insert(frame.conversation, caches);
        Ok(())
    }
}

impl BlockCache {
    /// Forgets the rows from the frame's `past` on.
    fn cut(&mut self, frame: &Frame, config: &TracksConfig) -> Result<(), String> {
        let past = frame.past;
        let lost = || format!("{past} rows are expected in the cache; they are not there");
        let over = self.len.checked_sub(past).ok_or_else(lost)?;
        if over == 0 {
            return Ok(());
        }
        for layer in 0..config.depth {
            let left = self.layers.held(layer).checked_sub(over);
            let left = left.ok_or_else(lost)?;
            let global = config.is_global(frame.block * config.depth + layer);
            let short = left < past && (global || left < config.window - 1);
            if short || !self.layers.truncate(layer, left) {
                return Err(lost());
            }
        }
        self.len = past;
        Ok(())
    }
}
