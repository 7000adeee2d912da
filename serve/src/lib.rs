//! foveate over HTTP.
//!
//! ```no_run
//! use foveate_serve::{Options, Server};
//!
//! let model = foveate::Model::load("nano")?;
//! let server = Server::bind(model, Options::default())?;
//! println!("http://{}", server.address()?);
//! server.run()?; // until SIGTERM or Ctrl-C
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - OpenAI's form of chats: `/v1/chat/completions`, `/v1/models`.
//! - Our own: `/v1/ocr` and `/v1/events` take a picture, `/v1/calendar` corrected fields.
//! - `/` is a page for people, `/openapi.json` describes the rest, `/healthz` and `/metrics` are
//!   for whoever watches over it.
//!
//! Bodies, pictures, connections, waiting requests and time are all bounded ([`Options`]). Models
//! run on threads of their own. Nothing of a request is logged; the model remembers what it made of
//! the last pictures ([`foveate::Options::remembered_images`]) in memory.
#![forbid(unsafe_code)]

mod accept;
mod body;
mod calendar;
mod chat;
mod error;
mod events;
mod guard;
mod metrics;
mod models;
mod ocr;
mod openapi;
mod options;
mod page;
mod queue;
mod regions;
mod routes;
mod server;
mod work;

pub use error::Error;
pub use options::Options;
pub use server::Server;
