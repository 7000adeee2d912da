//! The command line: questions about pictures, answered on this machine.
//!
//! Exit codes: 0, every picture was answered; 1, some were not (each is named on standard error);
//! 2, wrong usage; 3, the model or its adapter cannot be loaded.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    foveate_cli::run()
}
