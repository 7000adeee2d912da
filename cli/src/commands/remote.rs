//! Questions that a server may be asked where this device is not sure.
use super::answers::{Ending, corners, notes_of};
use crate::many::Said;
use crate::options::Common;
use crate::report::Seen;
use crate::terminal::harmless;
use anyhow::Result;
use clap::Args;
use foveate::batch::Source;
use foveate::engine::{Engine, Leave, Local, Policy, Remote, RemoteOptions, Router, Terms};
use foveate::{Image, Session, Timing};
use serde_json::json;
use std::path::PathBuf;

/// Names the token.
const TOKEN: &str = "FOVEATE_TOKEN";

/// What can be said of a server.
#[derive(Args)]
pub struct Server {
    /// Ask this server (OpenAI's form of chats, such as `foveate serve`) what this device is not
    /// sure of, where --consent allows it. Plain http is taken for this machine alone. Its token is
    /// FOVEATE_TOKEN.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// The model that the server is to answer with.
    #[arg(long, requires = "server", default_value = "nano", value_name = "NAME")]
    server_model: String,
    /// A PEM file of who may vouch for the server, in the place of the public authorities.
    #[arg(long, requires = "server", value_name = "FILE")]
    authority: Option<PathBuf>,
    /// Let the pictures and the question go to the server where the policy asks for it. Without it
    /// nothing leaves this machine.
    #[arg(long, requires = "server")]
    consent: bool,
    /// List what would go to the server, and send nothing.
    #[arg(long, requires = "server")]
    dry_run: bool,
}

/// A server that may be asked.
pub struct Asked {
    remote: Remote,
    consent: bool,
    dry_run: bool,
}

impl Server {
    /// The server, if one was named. The error says what is wrong with its usage.
    pub fn asked(&self, common: &Common) -> Result<Option<Asked>, String> {
        let Some(url) = &self.server else {
            return Ok(None);
        };
        if common.adapter.is_some() {
            return Err("--adapter and --server do not go together".into());
        }
        let options = RemoteOptions {
            url: url.clone(),
            model: self.server_model.clone(),
            token: std::env::var(TOKEN).ok().filter(|token| !token.is_empty()),
            authority: self.authority.clone(),
            ..RemoteOptions::default()
        };
        Ok(Some(Asked {
            remote: Remote::new(&options).map_err(|e| e.to_string())?,
            consent: self.consent,
            dry_run: self.dry_run,
        }))
    }
}

impl Asked {
    /// Answers a question about a picture, here or there, and says where and why.
    pub fn ask(
        &self,
        start: &Session,
        prompt: &str,
        source: &Source,
        seen: &mut Seen,
        common: &Common,
    ) -> Result<Said> {
        let (name, image) = (source.name(), seen.open(source, common)?);
        if self.dry_run {
            return self.listed(prompt, &image);
        }
        let device = Local::new(start.model().clone());
        let router = Router::new(device, self.remote.clone(), Policy::default());
        let mut conversation = router.begin()?;
        conversation.show(&image, Leave::Allowed)?;
        let terms = Terms {
            consent: self.consent,
            ..Terms::default()
        };
        let reply = conversation.answer(prompt, &terms)?;
        seen.text(&image, &reply.text, reply.region.as_slice())?;
        let route = reply.route.to_string();
        let mut notes = notes_of(&image);
        notes.push(route.clone());
        let (stop, usage, timing) = (reply.stop, &reply.usage, &Timing::default());
        let ending = Ending {
            stop,
            timing,
            usage,
        };
        let out = if common.json {
            let (place, sure) = (reply.region.as_ref(), reply.region.map(|r| r.confidence));
            json!({"file": name, "answer": reply.text, "found": reply.found,
                "box": place.map(corners), "confidence": sure, "stop": stop.as_str(),
                "place": reply.route.place.as_str(), "route": route})
            .to_string()
        } else {
            harmless(&reply.text)
        };
        Ok(ending.said(out, &name, &notes, common))
    }

    fn listed(&self, prompt: &str, image: &Image) -> Result<Said> {
        let mut conversation = self.remote.begin()?;
        conversation.show(image, Leave::Allowed)?;
        let outgoing = conversation.outgoing(prompt);
        Ok(Said {
            out: outgoing
                .map(|listed| harmless(&listed.to_string()))
                .unwrap_or_default(),
            ..Said::default()
        })
    }
}
