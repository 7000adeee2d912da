//! Constrained generation on decoders of noise and on scripted ones: every answer is valid JSON of
//! its schema.
use foveate_language::fake::{self, Hashed};
use foveate_language::*;
use serde_json::{Value, json};
use std::sync::Arc;

const WORDS: [&str; 6] = ["null", "title", "\":", "\",\"", "the ", "{\""];

struct Bench {
    tokenizer: Arc<Tokenizer>,
    grammars: Grammars,
    end: TokenId,
}

impl Bench {
    fn new() -> Self {
        Self::of(&WORDS)
    }

    fn of(words: &[&str]) -> Self {
        let tokenizer = Arc::new(fake::byte_tokenizer(words));
        let end = tokenizer.special("<|end|>").unwrap();
        let grammars = Grammars::new(tokenizer.clone(), tokenizer.len() + 3, end).unwrap();
        Self {
            tokenizer,
            grammars,
            end,
        }
    }

    fn vocab(&self) -> usize {
        self.tokenizer.len() + 3
    }

    /// The answer's text, why it ended, its length, and how often the decoder was asked.
    fn run(
        &self,
        decoder: &dyn TextDecoder,
        schema: &Value,
        budget: usize,
    ) -> Result<(String, StopReason, usize, usize)> {
        let schema = Schema::new(schema)?;
        let constraint = self.grammars.json(&schema, budget)?;
        let mut context = Context::new(decoder);
        context.push(1, None)?;
        let mut generator = Generator::new(
            decoder,
            &mut context,
            Sampler::new(Sampling::Greedy),
            self.end,
        )
        .constrained(Box::new(constraint));
        let mut ids = Vec::new();
        for token in generator.by_ref() {
            ids.push(token?.id);
        }
        let (stop, runs) = (generator.stop().unwrap(), generator.work().runs);
        Ok((self.tokenizer.decode(&ids), stop, ids.len(), runs))
    }
}

fn event() -> Value {
    json!({"type": "object", "required": ["title", "date"], "properties": {
        "title": {"type": "string"}, "date": {"type": "string"},
        "venue": {"type": ["string", "null"]}, "kind": {"enum": ["concert", "talk", "other"]},
        "seats": {"type": "integer", "minimum": 10, "maximum": 500}}})
}

#[test]
fn noise_answers_validly_within_every_budget() {
    let bench = Bench::new();
    for seed in 0..30 {
        let decoder = Hashed::new(seed, bench.vocab(), 4, 4096);
        for budget in [40, 64, 200] {
            let (text, stop, n, _) = bench.run(&decoder, &event(), budget).unwrap();
            let value: Value =
                serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
            assert!(
                value["title"].is_string() && value["date"].is_string(),
                "{text}"
            );
            assert!(
                n <= budget && matches!(stop, StopReason::End | StopReason::MaxTokens),
                "{n} {stop}"
            );
            assert!(
                !text.contains(": ") || value.to_string().contains(": "),
                "compact: {text}"
            );
            if let Some(seats) = value.get("seats") {
                assert!((10..=500).contains(&seats.as_i64().unwrap()), "{text}");
            }
        }
    }
}

#[test]
fn a_budget_below_the_shortest_answer_is_named() {
    let bench = Bench::new();
    let decoder = Hashed::new(1, bench.vocab(), 4, 4096);
    match bench.run(&decoder, &event(), 8).unwrap_err() {
        Error::BudgetTooSmall {
            budget: 8,
            needed: Some(needed),
        } => assert!((10..40).contains(&needed), "{needed}"),
        other => panic!("{other}"),
    }
    let (text, ..) = bench.run(&decoder, &json!({"type": "string"}), 8).unwrap();
    assert!(serde_json::from_str::<String>(&text).is_ok(), "{text}");
}

#[test]
fn a_scripted_decoder_says_what_it_wants_and_forced_tokens_are_free() {
    let bench = Bench::new();
    let wanted =
        r#"{"title":"Jazz \"Night\"","date":"3 May","venue":null,"kind":"talk","seats":40}"#;
    let ids = bench.tokenizer.encode(wanted).unwrap();
    let (tokenizer, end) = (bench.tokenizer.clone(), bench.end);
    let text: Vec<u8> = wanted.bytes().collect();
    let decoder = fake::scripted(bench.vocab(), 4, 4096, move |seen| {
        let written: usize = seen[1..].iter().map(|&id| tokenizer.bytes(id).len()).sum();
        text.get(written).map_or(end, |&b| tokenizer.byte(b))
    });
    let (text, stop, n, runs) = bench.run(&decoder, &event(), 500).unwrap();
    assert_eq!(text, wanted);
    assert_eq!(stop, StopReason::End);
    assert!(
        runs + 20 < n,
        "{runs} runs for {n} tokens; {} canonical",
        ids.len()
    );
}

/// Where text is forced, llguidance allows its canonical token alone, and no single byte.
#[test]
fn a_vocabulary_of_whole_words_finds_its_way_out() {
    let bench = Bench::of(&["ind", "onc", "eats", "enue", "\":\"", "\",\"", "\":"]);
    let wanted = r#"{"title":"Jazz","date":"3 May","venue":"Hall","kind":"concert","seats":40}"#;
    let (tokenizer, end) = (bench.tokenizer.clone(), bench.end);
    let decoder = fake::scripted(bench.vocab(), 4, 4096, move |seen| {
        let written: usize = seen[1..].iter().map(|&id| tokenizer.bytes(id).len()).sum();
        let ids = tokenizer
            .encode(wanted.get(written..).unwrap_or_default())
            .unwrap();
        ids.first().copied().unwrap_or(end)
    });
    let (text, stop, ..) = bench.run(&decoder, &event(), 500).unwrap();
    assert_eq!((text.as_str(), stop), (wanted, StopReason::End));
}

#[test]
fn stubborn_noise_is_closed_rather_than_cut() {
    let bench = Bench::new();
    let x = bench.tokenizer.byte(b'x');
    let decoder = fake::scripted(bench.vocab(), 4, 4096, move |_| x);
    let (text, stop, n, _) = bench.run(&decoder, &event(), 60).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert!(
        value["title"].as_str().unwrap().starts_with("xxxx"),
        "{text}"
    );
    assert_eq!((stop, n <= 60), (StopReason::MaxTokens, true));
}

#[test]
fn hard_lexemes_are_finished() {
    let bench = Bench::new();
    for schema in [
        json!({"type": "string", "pattern": "^[a-z]+@[a-z]+\\.com$"}),
        json!({"type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}$"}),
        json!({"type": "string", "format": "date-time"}),
        json!({"type": "string", "format": "uuid"}),
        json!({"type": "string", "minLength": 5, "maxLength": 9}),
        json!({"type": "integer", "minimum": 1, "multipleOf": 7}),
        json!({"type": "number", "exclusiveMinimum": 0.5, "maximum": 0.75}),
        json!({"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 3}),
        json!({"enum": ["confirmed", "ok", 3, null, {"a": [1]}]}),
        json!({"anyOf": [{"type": "null"}, {"type": "array", "items": {"type": "integer"}}]}),
        json!({"type": "object", "additionalProperties": {"type": "integer"}}),
        json!({"$ref": "#/$defs/T", "$defs": {"T": {"type": "object", "required": ["v"],
            "properties": {"v": {"type": "integer"},
            "next": {"anyOf": [{"$ref": "#/$defs/T"}, {"type": "null"}]}}}}}),
        json!(true),
    ] {
        for seed in 0..6 {
            let decoder = Hashed::new(seed, bench.vocab(), 4, 4096);
            let (text, _, n, _) = bench
                .run(&decoder, &schema, 60)
                .unwrap_or_else(|e| panic!("{schema}: {e}"));
            assert!(n <= 60);
            serde_json::from_str::<Value>(&text)
                .unwrap_or_else(|e| panic!("{schema}: {e}: {text}"));
        }
    }
}

#[test]
fn limits_are_adapters_and_a_dropped_stream_leaves_what_was_seen() {
    let bench = Bench::new();
    let decoder = Hashed::new(3, bench.vocab(), 4, 4096);
    let never: Vec<TokenId> = (0..6).collect();
    let mut context = Context::new(&decoder);
    context.push(1, None).unwrap();
    let generator = Generator::new(
        &decoder,
        &mut context,
        Sampler::new(Sampling::Greedy),
        bench.end,
    )
    .processed(Box::new(Suppress(&never)));
    let mut stream = generator.max_tokens(7);
    assert_eq!(stream.by_ref().count(), 7);
    assert_eq!(stream.stop(), Some(StopReason::MaxTokens));
    drop(stream);
    assert_eq!(context.len(), 8);

    let handle = CancelHandle::new();
    let generator = Generator::new(
        &decoder,
        &mut context,
        Sampler::new(Sampling::Greedy),
        bench.end,
    )
    .processed(Box::new(Suppress(&never)));
    let mut stream = generator.cancelled_by(&handle);
    assert!(stream.next().is_some());
    handle.cancel();
    assert!(stream.next().is_none());
    assert_eq!(stream.stop(), Some(StopReason::Cancelled));
    drop(stream);
    assert_eq!(context.len(), 9);

    let x = bench.tokenizer.byte(b'x');
    let stubborn = fake::scripted(bench.vocab(), 4, 4096, move |_| x);
    let mut context = Context::new(&stubborn);
    context.push(1, None).unwrap();
    let mut stream = Generator::new(
        &stubborn,
        &mut context,
        Sampler::new(Sampling::Greedy),
        bench.end,
    )
    .watching_for_loops();
    assert!(stream.by_ref().count() < 100);
    assert_eq!(stream.stop(), Some(StopReason::Repetition));
}
