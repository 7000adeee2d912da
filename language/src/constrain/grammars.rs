//! Constraints for one tokenizer: a schema, compiled to a grammar by llguidance.
use super::json::{JsonConstraint, Vocabulary};
use super::rules::Rules;
use crate::{Error, Result, Schema, TokenId, Tokenizer};
use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{InferenceCapabilities, TokEnv, TokRxInfo, TokTrie, TokenizerEnv};
use llguidance::{JsonCompileOptions, Matcher, ParserFactory};
use serde_json::Value;
use std::sync::Arc;
use std::thread;

/// Stack of the thread that compiles a grammar: llguidance follows schemas within schemas by
/// recursion, up to 27 kB a level in debug builds (a chain of 300 references overflowed 8 MB), of
/// which `Schema` allows 64.
const STACK: usize = 16 << 20;

/// Makes constraints for one tokenizer; built once for a model and shared.
pub struct Grammars {
    factory: ParserFactory,
    tokenizer: Arc<Tokenizer>,
    /// Tokens with a quotation mark: the only ones that can end a string.
    quotes: Arc<[TokenId]>,
    end: TokenId,
}

/// Tokens that are allowed anywhere in a string without limits, found once for a vocabulary: then
/// llguidance looks at the others alone. With SmolLM2's 49,152 tokens a mask took 5.9 ms of a busy
/// machine's clock before this and before `quotes`, and 0.03 ms of processor time since
/// (`examples/masks.rs`).
const IN_STRINGS: &str = r#"[^"\\\x00-\x1F\x7F]+"#;

impl Grammars {
    /// Constraints over `vocab_size` logits by `tokenizer`; `end` is the token that ends an answer.
    pub fn new(tokenizer: Arc<Tokenizer>, vocab_size: usize, end: TokenId) -> Result<Self> {
        let env: TokEnv = Arc::new(Env::new(tokenizer.clone(), vocab_size, end));
        let capabilities = InferenceCapabilities {
            ff_tokens: true,
            ..Default::default()
        };
        let mut factory = ParserFactory::new(&env, capabilities, &[IN_STRINGS.to_owned()])
            .map_err(|e| Error::Tokenizer(e.to_string()))?;
        factory.quiet();
        factory.limits_mut().verbose_errors = false;
        let quotes = (0..tokenizer.len() as TokenId)
            .filter(|&id| tokenizer.bytes(id).contains(&b'"'))
            .collect();
        Ok(Self {
            factory,
            tokenizer,
            quotes,
            end,
        })
    }

    /// A constraint to JSON values of `schema`, in at most `budget` tokens.
    pub fn json(&self, schema: &Schema, budget: usize) -> Result<JsonConstraint> {
        let options = JsonCompileOptions {
            whitespace_flexible: false,
            json_allowed_escapes: Some("nrbtf\\\"".into()),
            ..JsonCompileOptions::default()
        };
        let rules = Rules::new(schema.value());
        let mut schema = schema.value().clone();
        if !schema.is_object() {
            let why = "no value is valid".to_owned();
            return Err(Error::UnsupportedSchema {
                path: "#".into(),
                keyword: "false".into(),
                why,
            });
        }
        strip_unique(&mut schema);
        options.apply_to(&mut schema);
        self.constraint(TopLevelGrammar::from_json_schema(schema), rules, budget)
    }

    fn constraint(
        &self,
        grammar: TopLevelGrammar,
        rules: Rules,
        budget: usize,
    ) -> Result<JsonConstraint> {
        let compile = || {
            let matcher = Matcher::new(self.factory.create_parser(grammar));
            if let Some(why) = matcher.get_error() {
                return Err(refused(why));
            }
            let vocabulary = Vocabulary {
                tokenizer: self.tokenizer.clone(),
                quotes: self.quotes.clone(),
                end: self.end,
            };
            JsonConstraint::new(matcher, Arc::new(rules), vocabulary, budget)
        };
        // A thread of its own: its stack is known, and a panic ends there.
        thread::scope(|scope| {
            let builder = thread::Builder::new().stack_size(STACK);
            let thread = builder.spawn_scoped(scope, compile);
            let thread = thread.map_err(|e| refused(format!("no thread to compile it: {e}")))?;
            let gave_up = |_| Err(refused("the grammar compiler gave up".to_owned()));
            thread.join().unwrap_or_else(gave_up)
        })
    }
}

fn refused(why: String) -> Error {
    Error::UnsupportedSchema {
        path: "#".into(),
        keyword: "(grammar)".into(),
        why,
    }
}

/// Takes out what [`Rules`] sees to and llguidance does not know.
fn strip_unique(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.retain(|key, value| key != "uniqueItems" || !value.is_boolean());
            map.values_mut().for_each(strip_unique);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_unique),
        _ => {}
    }
}

impl std::fmt::Debug for Grammars {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grammars")
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

/// The tokenizer as llguidance sees it.
struct Env {
    tokenizer: Arc<Tokenizer>,
    trie: TokTrie,
}

impl Env {
    fn new(tokenizer: Arc<Tokenizer>, vocab_size: usize, end: TokenId) -> Self {
        let word = |id: usize| match tokenizer.special_name(id as TokenId) {
            None if id < tokenizer.len() => tokenizer.bytes(id as TokenId).to_vec(),
            name => {
                let mut word = vec![TokTrie::SPECIAL_TOKEN_MARKER];
                word.extend(name.map_or(format!("<[{id}]>"), str::to_owned).bytes());
                word
            }
        };
        let words: Vec<Vec<u8>> = (0..vocab_size).map(word).collect();
        let trie = TokTrie::from(&TokRxInfo::new(vocab_size as u32, end), &words);
        Self { tokenizer, trie }
    }
}

impl TokenizerEnv for Env {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    fn tokenize_bytes(&self, s: &[u8]) -> Vec<TokenId> {
        self.tokenizer.encode_bytes(s)
    }
}
