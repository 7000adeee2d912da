//! When the server tier may be asked.
use super::{Cause, Kept, Outgoing, Terms};
use std::fmt;
use std::sync::Arc;

/// When the server tier may be asked. Something has to ask for it, and nothing may stand against
/// it: consent, pictures that may never leave, the privacy rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Answers whose mean confidence is under this ask for the server; `None` for none. 0.6 by
    /// default: what the page reader takes for illegible ([`Rules`](crate::readers::glyph::Rules)).
    /// Answers without boxes have no confidence, and are not judged by it.
    pub confidence: Option<f32>,
    /// Whether an answer that the pictures do not tell asks for the server. Yes by default.
    pub not_found: bool,
    /// Pictures whose words have a median height under this ask for it, in pixels of the canvas
    /// they were seen on (1344 in mode `high`); `None` for none. 12 by default: under it the
    /// on-device tier looks again itself ([`Rules`](crate::readers::glyph::Rules)).
    pub print: Option<f32>,
    /// Conversations of more rows than this ask for it; `None`, the default, for those that have no
    /// room on the device.
    pub context: Option<usize>,
    /// Forbids what it does not like of what would be sent.
    pub privacy: Option<Privacy>,
}

type Rule = dyn Fn(&Outgoing) -> Option<String> + Send + Sync;

/// A privacy rule: why a request may not be sent, if it may not.
#[derive(Clone)]
pub struct Privacy(Arc<Rule>);

impl Privacy {
    /// A rule of one's own.
    pub fn new(rule: impl Fn(&Outgoing) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(rule))
    }

    /// A rule that forbids everything, in these words.
    #[must_use]
    pub fn forbid(why: &str) -> Self {
        let why = why.to_owned();
        Self::new(move |_| Some(why.clone()))
    }
}

impl fmt::Debug for Privacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Privacy(..)")
    }
}

impl PartialEq for Privacy {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            confidence: Some(0.6),
            not_found: true,
            print: Some(12.0),
            context: None,
            privacy: None,
        }
    }
}

impl Policy {
    /// What asks for the server before anything is answered: `print` is the smallest median height
    /// of a picture's words, `rows` the conversation's with the question in it.
    pub(super) fn before(&self, print: Option<f32>, rows: usize) -> Option<Cause> {
        if let Some(most) = self.context.filter(|&most| rows > most) {
            return Some(Cause::Context { found: rows, most });
        }
        let (least, found) = self.print.zip(print)?;
        (found < least).then_some(Cause::Print { found, least })
    }

    /// What asks for it once the device has answered.
    pub(super) fn after(&self, found: bool, confidence: Option<f32>) -> Option<Cause> {
        if self.not_found && !found {
            return Some(Cause::NotFound);
        }
        let (least, found) = self.confidence.zip(confidence)?;
        (found < least).then_some(Cause::Confidence { found, least })
    }

    /// What stands against sending `outgoing`. `private` is a picture that may never leave.
    pub(super) fn against(
        &self,
        terms: &Terms,
        private: Option<&str>,
        outgoing: Option<&Outgoing>,
    ) -> Option<Kept> {
        if let Some(picture) = private {
            let picture = picture.to_owned();
            return Some(Kept::Private { picture });
        }
        if !terms.consent {
            return Some(Kept::NoConsent);
        }
        let (Privacy(rule), outgoing) = self.privacy.as_ref().zip(outgoing)?;
        rule(outgoing).map(|why| Kept::Rule { why })
    }
}
