//! A conversation as data: saved, restored, and sent in as feedback.
use crate::readers::Written;
use crate::session::{PictureRecord, Turn};
use crate::{Error, Image, Model, Result, Session, Task};
use foveate_language::TokenId;
use serde::{Deserialize, Serialize};

/// A conversation that can be kept: what was shown (not the pixels), asked and answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    /// The model's name.
    pub model: String,
    /// The adapter in use, by its name. It is for people and statistics: a conversation is restored
    /// without one, and [`Session::set_adapter`] costs nothing before the next answer.
    #[serde(default)]
    pub adapter: Option<String>,
    /// What the model was told to keep to.
    pub instructions: Option<String>,
    /// The pictures shown.
    pub pictures: Vec<PictureRecord>,
    /// The questions and answers.
    pub turns: Vec<Turn>,
}

/// How an answer was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sentiment {
    /// It was right.
    Positive,
    /// Neither.
    Neutral,
    /// It was wrong.
    Negative,
}

/// What was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Issue {
    /// Text was read wrongly.
    Misread,
    /// Text was left out.
    Missing,
    /// Something was said that does not stand in the picture.
    Invented,
    /// A right text in the wrong field.
    WrongField,
    /// The answer went round in circles or broke off.
    Incomplete,
    /// It took too long.
    Slow,
    /// Anything else.
    Other,
}

/// A conversation with a judgement of its last answer, to be sent to whoever makes the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feedback {
    /// How the answer was received.
    pub sentiment: Sentiment,
    /// What was wrong.
    pub issues: Vec<Issue>,
    /// What the answer should have been.
    pub desired: Option<String>,
    /// The conversation.
    pub transcript: Transcript,
}

impl Session {
    /// The conversation as data.
    #[must_use]
    pub fn transcript(&self) -> Transcript {
        Transcript {
            model: self.model.name().to_owned(),
            adapter: self.adapter().map(|a| a.name().to_owned()),
            instructions: self.instructions.clone(),
            pictures: self.images.clone(),
            turns: self.turns.clone(),
        }
    }

    /// The conversation with a judgement of its last answer.
    #[must_use]
    pub fn feedback(
        &self,
        sentiment: Sentiment,
        issues: &[Issue],
        desired: Option<&str>,
    ) -> Feedback {
        Feedback {
            sentiment,
            issues: issues.to_vec(),
            desired: desired.map(str::to_owned),
            transcript: self.transcript(),
        }
    }

    /// The first `most` rows of a saved answer: each token, and what is added to its embedding.
    fn rows_of(&self, turn: &Turn, most: usize) -> Vec<(TokenId, Option<Vec<f32>>)> {
        let decoding = self.decoding(Task::Ask);
        let mut last = None;
        let mut row = |(id, source): Written| {
            last = source.or(last);
            let row = decoding.attribution.as_ref().zip(last);
            (
                id,
                row.map(|(attribution, at)| attribution.row(at).to_vec()),
            )
        };
        turn.written().take(most).map(&mut row).collect()
    }

    /// Writes a saved turn as if it had just been answered.
    fn replay(&mut self, turn: &Turn) -> Result<()> {
        let known = |&id: &u32| {
            (id as usize) < self.model.tokenizer().len()
                && self.model.tokenizer().special_name(id).is_none()
        };
        if turn.ids.len() != turn.sources.len() || !turn.ids.iter().all(known) {
            return Err(Error::Transcript(format!(
                "the answer to {:?} holds tokens of another model",
                turn.prompt
            )));
        }
        let written = self.model.tokenizer().decode(&turn.ids);
        if written != turn.answer {
            return Err(Error::Transcript(format!(
                "the answer to {:?} is not what its tokens spell; expected {written:?}",
                turn.prompt
            )));
        }
        if turn
            .sources
            .iter()
            .flatten()
            .any(|&s| s >= self.gallery.sources())
        {
            return Err(Error::Transcript(format!(
                "the answer to {:?} was read from another picture",
                turn.prompt
            )));
        }
        let task = if turn.transcribes {
            Task::Transcribe
        } else {
            Task::Ask
        };
        self.begin(&turn.prompt, task)?;
        // A transcript may be longer than the context; one row is left for its end.
        let most = self.context.room().saturating_sub(1);
        if !self.is_aside(task) {
            for (id, row) in self.rows_of(turn, most) {
                self.context.push(id, row.as_deref())?;
            }
        }
        if let Some(begun) = self.turns.last_mut() {
            *begun = turn.clone();
        }
        Ok(())
    }
}

impl Session {
    /// Forgets the oldest `turns`, so that a conversation whose context is full can go on. Pictures
    /// and later turns stay; the next answer computes them again.
    ///
    /// # Errors
    /// [`ErrorKind::Transcript`](crate::ErrorKind::Transcript) where turns are to be forgotten and
    /// there are none left, so that whoever makes room turn by turn comes to an end.
    /// [`ErrorKind::ContextFull`](crate::ErrorKind::ContextFull) where [`Session::instruct`] was
    /// called after the first question, and what it says does not fit before the turns that stay.
    /// The session is then as it was.
    pub fn forget_turns(&mut self, turns: usize) -> Result<&mut Self> {
        if turns > 0 && self.turns.is_empty() {
            return Err(Error::Transcript(format!(
                "no turn is left to forget; the pictures take {} of {} rows: begin a new session \
                 with fewer or smaller pictures, or ask a shorter question",
                self.context.len(),
                self.context.limit()
            )));
        }
        let mut kept = self.transcript();
        let turns = turns.min(kept.turns.len());
        kept.turns.drain(..turns);
        for picture in &mut kept.pictures {
            picture.after = picture.after.saturating_sub(turns);
        }
        let mut fresh = self.model.session()?;
        fresh.set_adapter(self.adapter())?;
        fresh.instructions.clone_from(&kept.instructions);
        let mut pictures = kept.pictures.iter().zip(self.gallery.pictures()).peekable();
        for i in 0..=kept.turns.len() {
            while let Some((record, encoded)) = pictures.next_if(|(record, _)| record.after <= i) {
                fresh.show(encoded.clone(), record.clone())?;
            }
            if let Some(turn) = kept.turns.get(i) {
                fresh.replay(turn)?;
            }
        }
        fresh.take_costs(self);
        *self = fresh;
        Ok(self)
    }
}

impl Model {
    /// Takes a saved conversation up again. `images` are the pictures it was about, in the same
    /// order; another picture is an error.
    pub fn restore(&self, transcript: &Transcript, images: &[Image]) -> Result<Session> {
        if transcript.model != self.name() || transcript.pictures.len() != images.len() {
            let (of, n) = (&transcript.model, transcript.pictures.len());
            return Err(Error::Transcript(format!(
                "it is with the model {of} about {n} pictures"
            )));
        }
        let known = transcript.turns.len();
        if let Some(late) = transcript.pictures.iter().find(|p| p.after > known) {
            return Err(Error::Transcript(format!(
                "the picture {} was shown after {} turns, and there are {known}",
                late.name, late.after
            )));
        }
        let mut session = self.session()?;
        session.instructions.clone_from(&transcript.instructions);
        let mut pictures = transcript.pictures.iter().zip(images).peekable();
        for i in 0..=transcript.turns.len() {
            while let Some((record, image)) = pictures.next_if(|(record, _)| record.after <= i) {
                if !record.fingerprint.is_comparable() {
                    return Err(Error::Transcript(format!(
                        "an earlier version saved it, and the picture {} cannot be recognised by \
                         what it kept: show it in a new session",
                        record.name
                    )));
                }
                if record.fingerprint != image.fingerprint() {
                    return Err(Error::Transcript(format!(
                        "{} is not the picture {}",
                        image.name(),
                        record.name
                    )));
                }
                session.add_image_in(image, record.mode)?;
                if let Some(added) = session.images.last_mut() {
                    added.name.clone_from(&record.name);
                }
            }
            if let Some(turn) = transcript.turns.get(i) {
                session.replay(turn)?;
            }
        }
        Ok(session)
    }
}
