//! An answer that is known already, written as if the decoder had said it.
use crate::{Attribution, Context, Result, StopReason, Token, TokenId, TokenStream, Work};

/// Writes a known answer into a [`Context`], one token an item, without running the decoder: later
/// questions see the answer as if it had been generated. What does not fit into the context is
/// handed out all the same; later questions do not see it.
pub struct Scripted<'a> {
    context: Option<&'a mut Context>,
    answer: std::vec::IntoIter<(TokenId, Option<usize>)>,
    attribution: Option<Box<dyn Attribution + 'a>>,
    last: Option<usize>,
    stop: Option<StopReason>,
    work: Work,
}

impl<'a> Scripted<'a> {
    /// Goes on from `context` with `answer`: tokens, each with its source.
    #[must_use]
    pub fn new(
        context: &'a mut Context,
        answer: Vec<(TokenId, Option<usize>)>,
        attribution: Option<Box<dyn Attribution + 'a>>,
    ) -> Self {
        Self {
            context: Some(context),
            answer: answer.into_iter(),
            attribution,
            last: None,
            stop: None,
            work: Work::default(),
        }
    }

    /// Hands out `answer` and leaves it out of the conversation: the decoder was shown what it says
    /// already.
    #[must_use]
    pub fn aside(answer: Vec<(TokenId, Option<usize>)>) -> Self {
        Self {
            context: None,
            answer: answer.into_iter(),
            attribution: None,
            last: None,
            stop: None,
            work: Work::default(),
        }
    }

    fn write(&mut self, (id, source): (TokenId, Option<usize>)) -> Result<Token> {
        self.last = source.or(self.last);
        let row = self.attribution.as_ref().zip(self.last);
        // One row is left for the token that ends the answer.
        if let Some(context) = self.context.as_mut().filter(|context| context.room() > 1) {
            context.push(id, row.map(|(a, at)| a.row(at)))?;
        }
        self.work.tokens += 1;
        self.work.forced += 1;
        Ok(Token {
            id,
            source,
            forced: true,
        })
    }
}

impl Iterator for Scripted<'_> {
    type Item = Result<Token>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.stop.is_some() {
            return None;
        }
        let Some(next) = self.answer.next() else {
            self.stop = Some(StopReason::End);
            return None;
        };
        Some(self.write(next))
    }
}

impl TokenStream for Scripted<'_> {
    fn stop(&self) -> Option<StopReason> {
        self.stop
    }

    fn work(&self) -> Work {
        self.work
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Hashed;

    #[test]
    fn the_answer_stands_in_the_context_and_ends() {
        let decoder = Hashed::new(1, 50, 4, 5);
        let mut context = Context::new(&decoder);
        context.push(1, None).unwrap();
        let answer = vec![(7, None), (8, Some(0))];
        let mut stream = Scripted::new(&mut context, answer.clone(), None);
        let ids: Vec<_> = stream.by_ref().map(|t| t.unwrap().id).collect();
        assert_eq!((ids, stream.stop()), (vec![7, 8], Some(StopReason::End)));
        drop(stream);
        assert_eq!(context.ids(), [1, 7, 8]);
        let mut stream = Scripted::new(&mut context, answer, None);
        assert_eq!(stream.by_ref().count(), 2, "all of it is handed out");
        drop(stream);
        assert_eq!(context.room(), 1, "and what fits is kept");
    }
}
