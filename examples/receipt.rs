//! A nested type read off a picture of a receipt.
//!
//! ```text
//! cargo run --release --example receipt -- MODEL_DIR IMAGE
//! ```
use foveate::{Image, Model};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(dir), Some(picture)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: receipt MODEL_DIR IMAGE");
    };
    let receipt: Receipt = Model::load(dir)?.read(&Image::open(picture)?)?;
    println!("{}", serde_json::to_string_pretty(&receipt)?);
    Ok(())
}
