//! Pictures with text whose every glyph's place is known: flyers, cards, pages and crops, made from
//! a seed.
//!
//! A [`scene::Scene`] holds shapes and runs of glyphs in page units; a [`warp::Warp`] takes it to
//! pixels. Drawing and the truth ([`record::Truth`]) both go through the same warp, so boxes lie on
//! the letters after any camera. See `FORMAT.md` for what is written.
#![forbid(unsafe_code)]

pub mod bare;
pub mod camera;
pub mod canvas;
pub mod cards;
pub mod charset;
pub mod content;
pub mod crops;
pub mod degrade;
pub mod dice;
#[cfg(feature = "eval")]
pub mod eval;
pub mod files;
pub mod flyer;
pub mod fonts;
pub mod looks;
pub mod metrics;
pub mod ornaments;
pub mod pages;
pub mod pen;
pub mod photos;
pub mod record;
pub mod scene;
pub mod stream;
pub mod typeset;
pub mod warp;
pub mod words;
