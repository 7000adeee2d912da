//! Pages of the manual.
use crate::options::Cli;
use crate::shown;
use crate::terminal::print;
use anyhow::{Context, Result};
use clap::CommandFactory;
use clap_mangen::Man;
use std::path::Path;

/// Prints the page of the whole command or, with a folder, writes that of each command into it.
pub fn man(folder: Option<&Path>) -> Result<()> {
    let command = Cli::command();
    if let Some(folder) = folder {
        let made = std::fs::create_dir_all(folder);
        let written = made.and_then(|()| clap_mangen::generate_to(command, folder));
        return written.with_context(|| shown(folder));
    }
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    Ok(print(&String::from_utf8_lossy(&page))?)
}
