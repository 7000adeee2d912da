//! Prompt look-up (Saxena 2023): an answer that copies a line goes on as the line does.
use super::rules::DRAFTED;
use foveate_language::{Draft, TokenId};

/// The tokens of the lines that the decoder is shown, each with its word's source; `None` ends a
/// line.
pub(super) struct LookUp {
    tokens: Vec<Option<(TokenId, Option<usize>)>>,
    /// Behind the token that was copied last.
    at: Option<usize>,
}

impl LookUp {
    pub(super) fn new(tokens: Vec<Option<(TokenId, Option<usize>)>>) -> Self {
        Self { tokens, at: None }
    }

    fn is(&self, at: usize, id: TokenId, source: Option<usize>) -> bool {
        self.tokens
            .get(at)
            .is_some_and(|token| *token == Some((id, source)))
    }
}

impl Draft for LookUp {
    fn propose(&mut self, _: Option<usize>) -> Vec<(TokenId, Option<usize>)> {
        let Some(at) = self.at else {
            return Vec::new();
        };
        let rest = self.tokens.get(at..).unwrap_or_default();
        rest.iter()
            .map_while(|token| *token)
            .take(DRAFTED)
            .collect()
    }

    fn wrote(&mut self, id: TokenId, source: Option<usize>) {
        let next = self.at.filter(|&at| self.is(at, id, source));
        let found = next.or_else(|| {
            let places = 0..self.tokens.len();
            source.and_then(|_| places.into_iter().find(|&at| self.is(at, id, source)))
        });
        self.at = found.map(|at| at + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_drafted_up_to_its_end() {
        let token = |id, source| Some((id, Some(source)));
        let mut look_up = LookUp::new(vec![
            token(7, 0),
            token(8, 1),
            None,
            token(7, 2),
            token(9, 3),
        ]);
        assert!(look_up.propose(None).is_empty());
        look_up.wrote(7, Some(2));
        assert_eq!(look_up.propose(None), [(9, Some(3))]);
        look_up.wrote(7, Some(0));
        assert_eq!(look_up.propose(None), [(8, Some(1))]);
        look_up.wrote(5, None);
        assert!(look_up.propose(None).is_empty());
    }
}
