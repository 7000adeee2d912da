//! Answers that were given elsewhere.
use super::Session;
use crate::{Result, Task};
use foveate_language::StopReason;

impl Session {
    /// Takes in a question and its answer as if they had been asked and given here, without boxes.
    ///
    /// # Errors
    /// A text that has no room; the session is then as it was.
    pub(crate) fn append(&mut self, question: &str, answer: &str) -> Result<()> {
        let tokenizer = self.model.tokenizer();
        let asked = self.model.template().asked(tokenizer, question)?;
        let ids = tokenizer.encode_within(answer, self.room())?;
        // The end tokens of the answer before it and of its own.
        self.context.check_room(asked.len() + ids.len() + 2)?;
        self.begin(question, Task::Ask)?;
        self.context.push_ids(&ids)?;
        let answer = self.model.tokenizer().decode(&ids);
        if let Some(turn) = self.turns.last_mut() {
            turn.sources = vec![None; ids.len()];
            (turn.ids, turn.answer) = (ids, answer);
            turn.stop = Some(StopReason::End.as_str().to_owned());
        }
        Ok(())
    }
}
