//! `config.json` of a tiled reader's bundle.
use crate::bundle::{FORMATS, Prompts, Tier, TokenNames};
use crate::{Error, Result};
use foveate_vision::{GlobalSizes, ImageConfig};
use serde::Deserialize;
use serde_json::Value;
use std::path::Path;

/// What `config.json` calls this family.
pub const ARCHITECTURE: &str = "tiled";

/// `config.json`.
#[derive(Debug, Deserialize)]
pub(super) struct TiledConfig {
    format: u32,
    pub name: String,
    pub tier: Tier,
    /// How views are prepared; the window is the whole view.
    pub image: ImageConfig,
    /// Sizes of the encoder.
    pub vision: GlobalSizes,
    pub views: Labels,
    pub tokens: TokenNames,
    pub prompts: Prompts,
}

/// What the decoder gets of a view's place, behind the token of an image.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Labels {
    overview: String,
    /// With `{row}` and `{column}`, each 0 or 1.
    tile: String,
}

impl TiledConfig {
    pub fn read(dir: &Path, config: Value) -> Result<Self> {
        let refused = |why: String| Error::AssetsInvalid {
            file: dir.join("config.json"),
            why,
        };
        let config = Self::deserialize(config).map_err(|e| refused(e.to_string()))?;
        config.check().map_err(refused)?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        if !FORMATS.contains(&self.format) {
            return Err(format!(
                "format {}, this library reads formats {} to {}",
                self.format,
                FORMATS.start(),
                FORMATS.end()
            ));
        }
        for (name, text, part) in [
            ("views.tile", &self.views.tile, "{row}"),
            ("views.tile", &self.views.tile, "{column}"),
            ("prompts.fields", &self.prompts.fields, "{fields}"),
        ] {
            if !text.contains(part) {
                return Err(format!("{name} is {text:?}; {part} is expected in it"));
            }
        }
        Ok(())
    }
}

impl Labels {
    /// The label of a quarter at a row and column, or of the overview.
    pub fn of(&self, place: Option<[u32; 2]>) -> String {
        match place {
            None => self.overview.clone(),
            Some([row, column]) => self
                .tile
                .replace("{row}", &row.to_string())
                .replace("{column}", &column.to_string()),
        }
    }
}
