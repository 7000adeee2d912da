//! Two thousand random schemas on decoders of noise, with budgets from tight to ample: valid by an independent check, or
//! the budget named as too small; never cut.
use foveate_language::fake::{self, Hashed};
use foveate_language::*;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Chance by SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn schema(&mut self, depth: u64) -> Value {
        let kinds = if depth == 0 { 9 } else { 13 };
        match self.below(kinds) {
            0 => json!({"type": "string"}),
            1 => self.string(),
            2 => json!({"type": "boolean"}),
            3 => self.integer(),
            4 => self.number(),
            5 => json!({"enum": (0..=self.below(4)).map(|i| self.constant(i)).collect::<Vec<_>>()}),
            6 => {
                let i = self.below(9);
                json!({"const": self.constant(i)})
            }
            7 => json!({"type": ["string", "null"]}),
            8 => json!({"type": "null"}),
            9 => self.array(depth - 1),
            10 => json!({"anyOf": [self.schema(depth - 1), self.schema(depth - 1)]}),
            _ => self.object(depth - 1),
        }
    }

    fn constant(&mut self, i: u64) -> Value {
        match self.below(5) {
            0 => json!(i),
            1 => json!(null),
            2 => json!(i.is_multiple_of(2)),
            _ => json!(format!(
                "{}{i}",
                ["red", "Green \"x\"", "über", "a\\b"][self.below(4) as usize]
            )),
        }
    }

    fn string(&mut self) -> Value {
        let low = self.below(4);
        match self.below(6) {
            0 => json!({"type": "string", "minLength": low}),
            1 => json!({"type": "string", "maxLength": low}),
            2 => json!({"type": "string", "minLength": low, "maxLength": low + self.below(5)}),
            3 => json!({"type": "string", "pattern": "^[A-Z]{2}-\\d+$"}),
            4 => json!({"type": "string", "format": "date"}),
            _ => json!({"type": "string", "pattern": "^(yes|no|maybe)$"}),
        }
    }

    fn integer(&mut self) -> Value {
        let low = self.below(200) as i64 - 100;
        match self.below(5) {
            0 => json!({"type": "integer"}),
            1 => json!({"type": "integer", "minimum": low}),
            2 => json!({"type": "integer", "exclusiveMaximum": low}),
            3 => json!({"type": "integer", "format": "uint8", "minimum": 0}),
            _ => {
                json!({"type": "integer", "minimum": low, "maximum": low + self.below(1000) as i64})
            }
        }
    }

    fn number(&mut self) -> Value {
        let low = self.below(200) as f64 / 8.0 - 10.0;
        match self.below(3) {
            0 => json!({"type": "number"}),
            1 => json!({"type": "number", "minimum": low}),
            _ => json!({"type": "number", "minimum": low, "maximum": low + 2.5}),
        }
    }

    fn array(&mut self, depth: u64) -> Value {
        let low = self.below(3);
        match self.below(3) {
            0 => json!({"type": "array", "items": self.schema(depth)}),
            1 => json!({"type": "array", "items": self.schema(depth), "minItems": low}),
            _ => {
                json!({"type": "array", "items": self.schema(depth), "minItems": low, "maxItems": low + self.below(3)})
            }
        }
    }

    fn object(&mut self, depth: u64) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for i in 0..self.below(5) {
            let name = format!(
                "{}{i}",
                ["name", "größe", "a b", "x\"y"][self.below(4) as usize]
            );
            properties.insert(name.clone(), self.schema(depth));
            if self.below(2) == 0 {
                required.push(name);
            }
        }
        json!({"type": "object", "properties": properties, "required": required})
    }
}

/// Whether `value` is valid by `schema`, for the keywords used above; properties must stand in declaration order.
fn valid(schema: &Value, value: &Value) -> bool {
    if let Some(branches) = schema["anyOf"].as_array() {
        return branches.iter().any(|b| valid(b, value));
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.contains(value);
    }
    if let Some(constant) = schema.get("const") {
        return constant == value;
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => kind.as_str().into_iter().collect(),
    };
    kinds.iter().any(|kind| valid_kind(kind, schema, value))
}

fn valid_kind(kind: &str, schema: &Value, value: &Value) -> bool {
    match (kind, value) {
        ("null", Value::Null) | ("boolean", Value::Bool(_)) => true,
        ("string", Value::String(s)) => valid_string(schema, s),
        ("integer", Value::Number(n)) => {
            (n.is_i64() || n.is_u64()) && within(schema, n.as_f64().unwrap())
        }
        ("number", Value::Number(n)) => within(schema, n.as_f64().unwrap()),
        ("array", Value::Array(items)) => {
            let (low, high) = (
                schema["minItems"].as_u64().unwrap_or(0),
                schema["maxItems"].as_u64().unwrap_or(u64::MAX),
            );
            (low..=high).contains(&(items.len() as u64))
                && items.iter().all(|i| valid(&schema["items"], i))
        }
        ("object", Value::Object(map)) => {
            let properties = schema["properties"].as_object().unwrap();
            let declared: Vec<&String> =
                properties.keys().filter(|k| map.contains_key(*k)).collect();
            map.keys().collect::<Vec<_>>() == declared
                && schema["required"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .all(|r| map.contains_key(r.as_str().unwrap()))
                && map.iter().all(|(k, v)| valid(&properties[k], v))
        }
        _ => false,
    }
}

fn valid_string(schema: &Value, s: &str) -> bool {
    let n = s.chars().count() as u64;
    let in_length = n >= schema["minLength"].as_u64().unwrap_or(0)
        && n <= schema["maxLength"].as_u64().unwrap_or(u64::MAX);
    let matched = match schema["pattern"].as_str() {
        None => true,
        Some(p) if p.contains("yes") => ["yes", "no", "maybe"].contains(&s),
        Some(_) => {
            let (head, tail) = s.split_at(s.len().min(3));
            head.len() == 3
                && head.ends_with('-')
                && head[..2].bytes().all(|b| b.is_ascii_uppercase())
                && !tail.is_empty()
                && tail.chars().all(char::is_numeric)
        }
    };
    let dated = schema["format"] != "date"
        || (s.len() == 10 && s.as_bytes()[4] == b'-' && s.as_bytes()[7] == b'-');
    in_length && matched && dated
}

fn within(schema: &Value, x: f64) -> bool {
    let bound = |key: &str, or: f64| schema[key].as_f64().unwrap_or(or);
    let high = if schema["format"] == "uint8" {
        255.0
    } else {
        f64::INFINITY
    };
    x >= bound("minimum", f64::NEG_INFINITY)
        && x <= bound("maximum", high)
        && x < bound("exclusiveMaximum", f64::INFINITY)
}

#[test]
fn two_thousand_random_schemas() {
    let tokenizer = Arc::new(fake::byte_tokenizer(&[
        "null", "true", "false", "\":", "\",\"",
    ]));
    let end = tokenizer.special("<|end|>").unwrap();
    let grammars = Grammars::new(tokenizer.clone(), tokenizer.len(), end).unwrap();
    let mut dice = Dice(7);
    let (mut answered, mut refused) = (0, 0);
    for seed in 0..2000 {
        let schema = dice.schema(3);
        let budget = [8, 16, 32, 400][seed as usize % 4];
        let constraint = match grammars.json(&Schema::new(&schema).unwrap(), budget) {
            Ok(constraint) => constraint,
            Err(Error::BudgetTooSmall { needed, .. }) => {
                assert!(needed.is_none_or(|n| n > budget), "{schema}");
                refused += 1;
                continue;
            }
            Err(e) => panic!("{e}: {schema}"),
        };
        let decoder = Hashed::new(seed, tokenizer.len(), 4, 4096);
        let mut context = Context::new(&decoder);
        context.push(1, None).unwrap();
        let generator = Generator::new(&decoder, &mut context, Sampler::new(Sampling::Greedy), end);
        let ids: Vec<TokenId> = generator
            .constrained(Box::new(constraint))
            .map(|t| t.unwrap().id)
            .collect();
        let text = tokenizer.decode(&ids);
        assert!(
            ids.len() <= budget,
            "{} of {budget}: {schema}: {text}",
            ids.len()
        );
        let value: Value =
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {schema}: {text}"));
        assert!(valid(&schema, &value), "{schema}: {text}");
        answered += 1;
    }
    assert!(
        answered > 1200,
        "{answered} answered, {refused} refused for their budget"
    );
    println!("{answered} answered, {refused} refused for their budget");
}
