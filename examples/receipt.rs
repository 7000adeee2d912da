//! A nested type read off a picture of a receipt.
//!
//! ```text
//! cargo run --release --example receipt -- [--model NAME|FOLDER] PICTURE
//! ```
use clap::Parser;
use foveate::{Image, Model};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Receipt {
    /// Who sold.
    shop: Option<String>,
    date: Option<String>,
    /// At most 40 of them.
    #[schemars(length(max = 40))]
    items: Vec<Item>,
    total: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Item {
    name: String,
    #[schemars(range(min = 1, max = 999))]
    quantity: Option<u16>,
    price: Option<String>,
}

#[derive(Parser)]
struct Arguments {
    /// The model: its name, or a path to its folder.
    #[arg(long, default_value = "nano")]
    model: PathBuf,
    picture: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let receipt: Receipt =
        Model::load(&arguments.model)?.read(&Image::open(&arguments.picture)?)?;
    println!("{}", serde_json::to_string_pretty(&receipt)?);
    Ok(())
}
