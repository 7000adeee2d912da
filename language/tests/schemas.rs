//! Random schemas and random walks through their constraints, checked by an independent validator;
//! and schemas that were made to cost much.
mod random;

use foveate_language::*;
use random::{Bench, Dice, Walk};
use serde_json::{Map, Value, json};

#[test]
fn every_answer_is_valid() {
    let bench = Bench::new();
    let mut dice = Dice(7);
    let (mut answered, mut refused) = (0, 0);
    for case in 0..1500 {
        let schema = dice.whole();
        let budget = [12, 40, 120, 400][case % 4];
        match bench
            .check(&schema, budget, &mut dice)
            .unwrap_or_else(|e| panic!("case {case}: {e}"))
        {
            Walk::Answered(_) => answered += 1,
            Walk::Refused(_) => refused += 1,
        }
    }
    println!("{answered} answered, {refused} refused by name or for their budget");
    assert!(answered > 700, "{answered} answered, {refused} refused");
}

#[test]
fn the_budget_that_is_named_is_enough() {
    let bench = Bench::new();
    let mut dice = Dice(11);
    for _ in 0..200 {
        let schema = dice.whole();
        let Ok(prepared) = Schema::new(&schema) else {
            continue;
        };
        let Err(Error::BudgetTooSmall {
            needed: Some(needed),
            ..
        }) = bench.grammars.json(&prepared, 2)
        else {
            continue;
        };
        assert!(needed > 2, "{schema}");
        assert!(
            bench.grammars.json(&prepared, needed).is_ok(),
            "{needed}: {schema}"
        );
    }
}

fn refusal(schema: &Value) -> Option<String> {
    let bench = Bench::new();
    let made = Schema::new(schema).and_then(|s| {
        assert!(s.field_list().len() < 20_000);
        bench.grammars.json(&s, 300).map(drop)
    });
    made.err().map(|e| e.to_string())
}

#[test]
fn long_chains_of_references_are_refused() {
    for n in [300, 1000] {
        let link = |i: usize| {
            json!({"type": "object", "required": ["a"],
            "properties": {"a": {"$ref": format!("#/$defs/A{}", i + 1)}}})
        };
        let mut defs: Map<String, Value> = (0..n).map(|i| (format!("A{i}"), link(i))).collect();
        defs.insert(format!("A{n}"), json!({"type": "string"}));
        let why = refusal(&json!({"$ref": "#/$defs/A0", "$defs": defs})).unwrap();
        let named = ["nest deeper than 64", "too large"];
        assert!(named.iter().any(|n| why.contains(n)), "{why}");
    }
}

#[test]
fn types_that_hold_themselves_many_times_compile() {
    for n in [20, 40, 200] {
        let properties: Map<String, Value> = (0..n)
            .map(|i| (format!("p{i}"), json!({"$ref": "#"})))
            .collect();
        assert_eq!(
            refusal(&json!({"type": "object", "properties": properties})),
            None
        );
    }
}

#[test]
fn deep_nesting_written_out_is_refused() {
    let mut deep = json!({"type": "string"});
    for _ in 0..500 {
        deep = json!({"type": "array", "items": deep});
    }
    assert!(refusal(&deep).unwrap().contains("too large"));
}

#[test]
fn two_bounds_at_once_both_hold() {
    let bench = Bench::new();
    for (seed, schema) in [
        json!({"type": "integer", "minimum": 1e15, "exclusiveMinimum": -0.5}),
        json!({"type": "integer", "minimum": -3, "exclusiveMinimum": 4, "maximum": 9,
            "exclusiveMaximum": 7}),
        json!({"type": "number", "minimum": 2.5, "exclusiveMinimum": 2.5, "maximum": 2.625}),
    ]
    .iter()
    .enumerate()
    {
        for walk in 0..20 {
            let mut dice = Dice(seed as u64 * 100 + walk);
            let got = bench.check(schema, 60, &mut dice).unwrap();
            assert!(matches!(got, Walk::Answered(_)), "{got:?}");
        }
    }
}

#[test]
fn sets_hold_each_item_once_even_when_all_are_used_up() {
    let bench = Bench::new();
    for (schema, most) in [
        (
            json!({"type": "array", "uniqueItems": true, "items": {"enum": ["mon", "tue", "wed"]}}),
            3,
        ),
        (
            json!({"type": "array", "uniqueItems": true, "items": {"type": "boolean"},
                "minItems": 2}),
            2,
        ),
        (
            json!({"type": "array", "uniqueItems": true, 
                "items": {"type": "string", "maxLength": 1}}),
            200,
        ),
    ] {
        for seed in 0..30 {
            let object = json!({"type": "object",
                "properties": {"set": schema, "after": {"type": "string"}},
                "required": ["set", "after"]});
            match bench.check(&object, 200, &mut Dice(seed)).unwrap() {
                Walk::Answered(text) => {
                    let value: Value = serde_json::from_str(&text).unwrap();
                    assert!(value["set"].as_array().unwrap().len() <= most, "{text}");
                }
                Walk::Refused(why) => panic!("{why}"),
            }
        }
    }
}
