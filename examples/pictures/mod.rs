//! What the examples about many pictures share: their options, their model, and one picture after another in order.
use clap::Args;
use foveate::Model;
use foveate::batch::{Plan, Source, Sources, in_order};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Which pictures, by which model, and how.
#[derive(Args)]
pub struct Pictures {
    /// The model's folder.
    #[arg(long, default_value = "models/nano")]
    model: PathBuf,
    /// Threads for each picture; 0 shares the cores among the pictures.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Print where the time went on standard error.
    #[arg(long)]
    pub timing: bool,
    /// A file that names pictures, one a line, or - for such a list on standard input.
    #[arg(long, value_name = "LIST")]
    files_from: Option<PathBuf>,
    /// Files, folders, patterns such as 'scans/*.jpg', or - for a picture on standard input.
    #[arg(required_unless_present = "files_from", value_name = "PICTURE")]
    images: Vec<PathBuf>,
}

impl Pictures {
    /// Whether there is just one, so that its answer may be printed as it is written.
    pub fn is_single(&self) -> bool {
        self.files_from.is_none()
            && matches!(&self.images[..], [one] if one.is_file() || one.as_os_str() == "-")
    }

    /// Loads the model and does `work` with it, which says how many pictures failed. The exit code: 0 if none did, 1 if some
    /// did, 3 if the model cannot be loaded.
    pub fn with_model(&self, work: impl FnOnce(&Model) -> anyhow::Result<usize>) -> ExitCode {
        let began = Instant::now();
        let plan = self.plan();
        let options = foveate::Options {
            threads: plan.threads,
            at_once: plan.workers,
            remembered_images: 0,
            ..foveate::Options::default()
        };
        let model = match Model::load_with(&self.model, &options) {
            Ok(model) => model,
            Err(e) => {
                eprintln!("{e}");
                return ExitCode::from(3);
            }
        };
        if self.timing {
            eprintln!("load {:.0} ms", began.elapsed().as_secs_f64() * 1e3);
        }
        match work(&model) {
            Ok(failed) => ExitCode::from(u8::from(failed > 0)),
            Err(e) => {
                eprintln!("{e}");
                ExitCode::from(1)
            }
        }
    }

    /// Does `work` on every picture, several at once, and gives the results to `keep` in order. How many failed: each of
    /// them is named on standard error.
    pub fn each<T: Send>(
        &self,
        work: impl Fn(&Source) -> anyhow::Result<T> + Sync,
        mut keep: impl FnMut(T) -> std::io::Result<()>,
    ) -> anyhow::Result<usize> {
        let listed = self.files_from.as_deref().map(Sources::listed_in);
        let listed = listed.transpose()?.into_iter().flatten();
        let sources = Sources::of(self.images.clone()).chain(listed);
        let one = |source: foveate::Result<Source>| {
            let source = source.map_err(|e| e.to_string())?;
            work(&source).map_err(|e| source.blame(e))
        };
        let mut failed = 0;
        in_order(sources, self.plan().workers, one, |result| match result {
            Ok(result) => keep(result),
            Err(why) => {
                eprintln!("{why}");
                failed += 1;
                Ok(())
            }
        })?;
        Ok(failed)
    }

    fn plan(&self) -> Plan {
        let count = self.is_single().then_some(1);
        Plan::new(count, self.threads, Plan::cores())
    }
}
