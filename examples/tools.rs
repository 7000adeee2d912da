//! A question that the model may answer with the help of functions.
//!
//! ```text
//! cargo run --release --example tools -- [--model NAME|FOLDER] PICTURE QUESTION
//! ```
//! The shipped model was not taught to choose tools: the grammar alone sees to it that a call is
//! one. It is the manner that is shown here.
use clap::Parser;
use foveate::tools::{Call, Tool, ToolMode};
use foveate::{Image, Model, Request};
use foveate_events::{Date, Order, Printed, Schedule};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Says which day printed text means.
struct Calendar;

impl Tool for Calendar {
    fn name(&self) -> &str {
        "day"
    }

    fn description(&self) -> &str {
        "says which day a printed date means"
    }

    fn arguments(&self) -> Value {
        json!({"type": "object", "properties": {"date": {"type": "string", "maxLength": 40}},
            "required": ["date"]})
    }

    fn call(&self, call: Call<'_>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let printed = Printed {
            date: call.arguments["date"].as_str(),
            ..Printed::default()
        };
        let day = Schedule::read(printed, Date::today(), Order::default());
        Ok(json!({"day": day.map(|d| d.date.to_string()), "untrusted": call.untrusted}))
    }
}

#[derive(Parser)]
struct Arguments {
    /// The model: its name, or a path to its folder.
    #[arg(long, default_value = "nano")]
    model: PathBuf,
    picture: PathBuf,
    question: String,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut session = Model::load(&arguments.model)?.look_at(&Image::open(&arguments.picture)?)?;
    let consulted = session.consult(
        &arguments.question,
        &[&Calendar],
        ToolMode::Allowed,
        &Request::default(),
    )?;
    for (tool, arguments, result) in &consulted.calls {
        println!("{tool} {arguments} -> {result}");
    }
    println!(
        "{}",
        consulted
            .answer
            .unwrap_or_else(|| "no answer after all these calls".into())
    );
    Ok(())
}
