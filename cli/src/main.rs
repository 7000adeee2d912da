//! The command line: questions about pictures, answered on this machine.
//!
//! `foveate --help` has the exit codes: 0, every picture was answered; 1, some were not (named);
//! 2, wrong usage; 3, the model or its adapter cannot be loaded.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    foveate_cli::run()
}
