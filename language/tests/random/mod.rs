//! Random schemas, random walks through their constraints, and what must hold of every answer. Used
//! by the tests and by `examples/random_schemas.rs`.
mod once;

use foveate_language::{Constraint, Error, Grammars, Result, Schema, TokenId, Tokenizer, fake};
use once::Once;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// SplitMix64.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    fn chance(&mut self, one_in: u64) -> bool {
        self.below(one_in) == 0
    }

    /// A whole schema, with a definition that it may refer to.
    pub fn whole(&mut self) -> Value {
        let mut schema = self.schema(3);
        if let Value::Object(map) = &mut schema {
            let next = json!({"anyOf": [{"$ref": "#/$defs/T"}, {"type": "null"}]});
            let inner = self.schema(1);
            map.insert(
                "$defs".into(),
                json!({"T": {"type": "object", "properties": {"v": inner, "next": next},
                    "required": ["v"]}}),
            );
        }
        schema
    }

    pub fn schema(&mut self, depth: u64) -> Value {
        let kinds = if depth == 0 { 7 } else { 15 };
        match self.below(kinds) {
            0 => json!({"type": self.one(&["null", "boolean"])}),
            1 | 2 => self.string(),
            3 => self.integer(),
            4 => self.number(),
            5 => self.constants(),
            6 => self.several(),
            7 | 8 => self.array(depth - 1),
            9 | 10 => self.object(depth - 1),
            11 => self.map(depth - 1),
            12 => self.union(depth - 1),
            13 => self.all(depth - 1),
            _ => json!({"$ref": "#/$defs/T"}),
        }
    }

    fn string(&mut self) -> Value {
        let low = self.below(6);
        match self.below(6) {
            0 => json!({"type": "string", "minLength": low, "maxLength": low + self.below(8)}),
            1 => json!({"type": "string", "minLength": low}),
            2 => {
                let patterns = [
                    "^[a-z]+@[a-z]+$",
                    "^\\d{2,3}-\\w$",
                    "^(yes|no|maybe)$",
                    "b+c",
                    "^x?$",
                    "^[^a]$",
                    "^.{2}$",
                    "^[\\u0000-\\u0002a]$",
                ];
                json!({"type": "string", "pattern": self.one(&patterns)})
            }
            3 => {
                let formats = ["date", "time", "date-time", "ipv4", "ipv6", "ip", "uuid"];
                json!({"type": "string", "format": self.one(&formats)})
            }
            4 => json!({"type": self.one(&["string", "string"]), "maxLength": 3}),
            _ => json!({"type": "string"}),
        }
    }

    /// Bounds at random, several at once.
    fn bounded(&mut self, mut schema: Value, fractions: bool) -> Value {
        let scale = self.one(&[3.0, 100.0, 1e6, 1e14, 1e17]);
        let low = (self.below(2001) as f64 / 1000.0 - 1.0) * scale;
        let low = if fractions {
            (low * 8.0).round() / 8.0
        } else {
            low.round()
        };
        let width = self.below(2000) as f64 / 1000.0 * scale;
        for key in ["minimum", "exclusiveMinimum"] {
            if self.chance(3) {
                schema[key] = json!(low + self.below(3) as f64);
            }
        }
        for key in ["maximum", "exclusiveMaximum"] {
            if self.chance(3) {
                schema[key] = json!((low + width).ceil());
            }
        }
        schema
    }

    fn integer(&mut self) -> Value {
        let mut schema = json!({"type": "integer"});
        let formats = ["uint8", "int8", "int32", "uint64", "int64", "uint"];
        match self.below(5) {
            0 => schema["format"] = json!(self.one(&formats)),
            1 => schema["multipleOf"] = json!(self.one(&[1, 3, 7, 10])),
            2 => schema["not"] = json!({"const": 0}),
            3 => schema["type"] = json!(["integer", "null"]),
            _ => {}
        }
        self.bounded(schema, true)
    }

    fn number(&mut self) -> Value {
        let mut schema = json!({"type": "number"});
        match self.below(5) {
            0 => schema["format"] = json!(self.one(&["float", "double"])),
            1 => schema["multipleOf"] = json!(self.one(&[0.5, 0.25, 2.0])),
            2 => schema["type"] = json!(["number", "null"]),
            _ => {}
        }
        self.bounded(schema, true)
    }

    fn constant(&mut self) -> Value {
        let values = [
            json!("a"),
            json!("A b"),
            json!("\"\\\né"),
            json!("\u{1}"),
            json!(null),
            json!(true),
            json!(0),
            json!(-7),
            json!(1.5),
            json!(1e10),
            json!(123_456_789_012_i64),
            json!([1, "x"]),
            json!({"k": [null]}),
            json!(""),
        ];
        values[self.below(values.len() as u64) as usize].clone()
    }

    fn constants(&mut self) -> Value {
        if self.chance(3) {
            return json!({"const": self.constant()});
        }
        let n = 1 + self.below(4);
        json!({"enum": (0..n).map(|_| self.constant()).collect::<Vec<_>>()})
    }

    fn several(&mut self) -> Value {
        let kinds = ["string", "integer", "number", "null", "boolean"];
        let mut chosen: Vec<&str> = (0..2).map(|_| self.one(&kinds)).collect();
        chosen.dedup();
        self.bounded(json!({"type": chosen, "maxLength": 4}), true)
    }

    fn array(&mut self, depth: u64) -> Value {
        let mut schema = json!({"type": "array", "items": self.schema(depth)});
        let low = self.below(3);
        if self.chance(2) {
            schema["minItems"] = json!(low);
        }
        if self.chance(2) {
            schema["maxItems"] = json!(low + self.below(3));
        }
        if self.chance(2) {
            schema["uniqueItems"] = json!(true);
        }
        if self.chance(4) {
            schema["prefixItems"] = json!([self.schema(depth), self.schema(0)]);
        }
        if self.chance(10) {
            schema["items"] = json!(self.chance(2));
        }
        schema
    }

    fn object(&mut self, depth: u64) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for i in 0..self.below(5) {
            let name = format!("{}{i}", self.one(&["name", "größe", "a b", "x\"y"]));
            properties.insert(name.clone(), self.schema(depth));
            if self.chance(2) {
                required.push(name);
            }
        }
        let mut schema = json!({"type": "object", "properties": properties, "required": required});
        match self.below(6) {
            0 => schema["additionalProperties"] = self.schema(0),
            1 => schema["additionalProperties"] = json!(self.chance(2)),
            _ => {}
        }
        schema
    }

    fn map(&mut self, depth: u64) -> Value {
        let mut schema = json!({"type": "object"});
        match self.below(3) {
            0 => schema["additionalProperties"] = self.schema(depth),
            1 => {
                schema["patternProperties"] = json!({"^\\d+$": self.schema(depth)});
                schema["additionalProperties"] = json!(false);
            }
            _ => schema["additionalProperties"] = json!(true),
        }
        let low = self.below(3);
        if self.chance(2) {
            schema["minProperties"] = json!(low);
        }
        if self.chance(2) {
            schema["maxProperties"] = json!(low + self.below(2));
        }
        schema
    }

    fn union(&mut self, depth: u64) -> Value {
        let n = 1 + self.below(3);
        if self.chance(2) {
            return json!({"anyOf": (0..n).map(|_| self.schema(depth)).collect::<Vec<_>>()});
        }
        if self.chance(2) {
            return json!({"oneOf": (0..n).map(|_| self.schema(depth)).collect::<Vec<_>>()});
        }
        let tagged = |this: &mut Self, tag: u64| {
            let mut object = this.object(depth);
            object["properties"]["kind"] = json!({"const": format!("k{tag}")});
            object["required"]
                .as_array_mut()
                .unwrap()
                .push(json!("kind"));
            object
        };
        json!({"oneOf": (0..n).map(|i| tagged(self, i)).collect::<Vec<_>>()})
    }

    fn all(&mut self, depth: u64) -> Value {
        match self.below(3) {
            0 => json!({"allOf": [self.integer(), self.number()]}),
            1 => json!({"allOf": [self.string(), {"maxLength": 5}]}),
            _ => json!({"allOf": [self.schema(depth)], "description": "d"}),
        }
    }
}

/// What became of one schema.
#[derive(Debug, PartialEq, Eq)]
pub enum Walk {
    /// An answer, valid.
    Answered(String),
    /// Refused by name, or the budget too small.
    Refused(String),
}

/// A tokenizer whose tokens cut JSON in inconvenient places, and constraints over it.
pub struct Bench {
    pub tokenizer: Arc<Tokenizer>,
    pub grammars: Grammars,
    pub end: TokenId,
}

impl Bench {
    pub fn new() -> Self {
        let words = [
            "null", "true", "false", "\":", "\",\"", "\"]", "\"}", "},{", "],", "00", "123", "0.5",
            "-0", ",\"", "\\\"", "\":\"", "aa", "\"a", "\"a\":", "99999999", "000000", "],[",
            "\",", ".000", "k1",
        ];
        let tokenizer = Arc::new(fake::byte_tokenizer(&words));
        let end = tokenizer.special("<|end|>").unwrap();
        let grammars = Grammars::new(tokenizer.clone(), tokenizer.len(), end).unwrap();
        Self {
            tokenizer,
            grammars,
            end,
        }
    }

    /// The tokens of an answer that says at random what it may.
    pub fn walk(&self, schema: &Value, budget: usize, dice: &mut Dice) -> Result<Vec<TokenId>> {
        let schema = Schema::new(schema)?;
        let _ = schema.field_list();
        let mut constraint = self.grammars.json(&schema, budget)?;
        let mut ids = constraint.start()?;
        // Some answers are of letters and digits for long, some of what ends and begins.
        let fond = dice.below(3);
        while !constraint.is_done() {
            let mut logits = vec![0.0; self.tokenizer.len()];
            constraint.mask(&mut logits)?;
            let allowed: Vec<TokenId> = (0..logits.len())
                .filter(|&i| logits[i] == 0.0)
                .map(|i| i as TokenId)
                .collect();
            if allowed.is_empty() {
                return Err(Error::Decoding("nothing may come next".into()));
            }
            let structural = |id: &&TokenId| {
                let bytes = self.tokenizer.bytes(**id);
                bytes.iter().any(|b| b"\"{}[],:".contains(b)) || **id == self.end
            };
            let some: Vec<TokenId> = match fond {
                0 => allowed.iter().filter(structural).copied().collect(),
                _ => Vec::new(),
            };
            let from = if some.is_empty() || dice.chance(4) {
                &allowed
            } else {
                &some
            };
            let id = from[dice.below(from.len() as u64) as usize];
            let commit = constraint.commit(id)?;
            if !commit.taken && commit.forced.is_empty() && !constraint.is_done() {
                return Err(Error::Decoding(
                    "a token was refused and nothing came of it".into(),
                ));
            }
            ids.extend(commit.taken.then_some(id));
            ids.extend(commit.forced);
        }
        Ok(ids)
    }

    /// Walks once and checks the answer.
    pub fn check(
        &self,
        schema: &Value,
        budget: usize,
        dice: &mut Dice,
    ) -> std::result::Result<Walk, String> {
        let ids = match self.walk(schema, budget, dice) {
            Ok(ids) => ids,
            Err(e @ (Error::BudgetTooSmall { .. } | Error::UnsupportedSchema { .. })) => {
                return Ok(Walk::Refused(e.to_string()));
            }
            Err(e) => return Err(format!("{e}: {schema}")),
        };
        let text = self.tokenizer.decode(&ids);
        let failed = |why: String| Err(format!("{why}\n  schema {schema}\n  answer {text}"));
        if ids.len() > budget {
            return failed(format!("{} tokens of {budget}", ids.len()));
        }
        let value: Value = match serde_json::from_str(&text) {
            Ok(value) => value,
            Err(e) => return failed(format!("not JSON: {e}")),
        };
        if let Err(e) = serde_json::from_str::<Once>(&text) {
            return failed(e.to_string());
        }
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .build(schema);
        let validator = match validator {
            Ok(validator) => validator,
            Err(e) => return failed(format!("the validator refuses the schema: {e}")),
        };
        match validator.validate(&value) {
            Ok(()) => Ok(Walk::Answered(text)),
            Err(e) => failed(format!("not valid: {e}")),
        }
    }
}
