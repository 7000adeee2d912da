//! Conversations in this process.
use super::{Conversation, Engine, Leave, Outgoing, Pieces, Place, Reply, Route, Terms};
use crate::answer::{Timing, Usage};
use crate::session::Stream;
use crate::{Image, Model, Result, Session};
use foveate_language::StopReason;

/// Conversations with a model in this process.
#[derive(Debug, Clone)]
pub struct Local {
    model: Model,
}

impl Local {
    /// Conversations with `model`.
    #[must_use]
    pub fn new(model: Model) -> Self {
        Self { model }
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    pub(super) fn conversation(&self) -> Result<LocalConversation> {
        Ok(LocalConversation {
            session: self.model.session()?,
            ended: None,
        })
    }
}

impl Engine for Local {
    fn begin(&self) -> Result<Box<dyn Conversation>> {
        Ok(Box::new(self.conversation()?))
    }
}

type Ended = (StopReason, Timing, Usage);

/// A session, and how its last answer ended.
pub(super) struct LocalConversation {
    session: Session,
    ended: Option<Ended>,
}

impl LocalConversation {
    pub fn fork(&self) -> Self {
        Self {
            session: self.session.fork(),
            ended: self.ended,
        }
    }

    /// Rows of the conversation with `question` in it.
    pub fn rows_with(&self, question: &str) -> Result<usize> {
        let model = self.session.model();
        let asked = model.template().asked(model.tokenizer(), question)?;
        Ok(self.session.context.len() + asked.len())
    }

    /// Rows that there is room for.
    pub fn most_rows(&self) -> usize {
        self.session.context.limit()
    }

    /// The smallest median height of a picture's words or glyphs, in pixels of its canvas; `None`
    /// where no picture has any.
    pub fn print_height(&self) -> Option<f32> {
        let pictures = self.session.gallery.pictures().iter();
        let heights = pictures.filter_map(|picture| {
            let canvas = picture.sources.iter().map(|source| source.canvas);
            let mut heights: Vec<f64> = canvas.map(|rect| rect.y1 - rect.y0).collect();
            heights.sort_by(f64::total_cmp);
            heights.get(heights.len() / 2).map(|&height| height as f32)
        });
        heights.min_by(f32::total_cmp)
    }
}

impl Conversation for LocalConversation {
    fn instruct(&mut self, instructions: &str) -> Result<()> {
        self.session.instruct(instructions);
        Ok(())
    }

    /// A picture shown to a model in this process leaves nothing.
    fn show(&mut self, image: &Image, _: Leave) -> Result<()> {
        self.session.add_image(image).map(drop)
    }

    fn append(&mut self, question: &str, answer: &str) -> Result<()> {
        self.session.append(question, answer)
    }

    fn ask<'c>(&'c mut self, question: &str, terms: &Terms) -> Result<Pieces<'c>> {
        let Self { session, ended } = self;
        *ended = None;
        let stream = session.ask(question).with(&terms.request).stream()?;
        Ok(Box::new(LocalPieces {
            stream: Some(stream),
            ended,
        }))
    }

    fn last(&self) -> Option<Reply> {
        let (stop, timing, usage) = self.ended?;
        let answer = self.session.last_answer(stop, timing, usage);
        Some(Reply {
            text: answer.text,
            stop,
            region: answer.region,
            found: answer.found,
            usage,
            route: Route::only(Place::Device),
        })
    }

    fn outgoing(&self, _: &str) -> Option<Outgoing> {
        None
    }
}

struct LocalPieces<'c> {
    stream: Option<Stream<'c>>,
    ended: &'c mut Option<Ended>,
}

impl Iterator for LocalPieces<'_> {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        self.stream.as_mut()?.next()
    }
}

impl Drop for LocalPieces<'_> {
    fn drop(&mut self) {
        *self.ended = self.stream.take().map(Stream::finish);
    }
}
