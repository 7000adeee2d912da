//! `bench [SHAPE] [THREADS] [PROMPT] [TOKENS] [--decoder-only]`: speed and memory of a decoder with
//! random weights. SHAPE is on-device-3b, on-device-300m or on-device-30m; FOVEATE_CPU forces an
//! instruction set; with `--decoder-only` the kernels are not timed alone.

use foveate_kernels::Cpu;
use foveate_kernels::bench::{Options, run};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (flags, args): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|arg| arg.starts_with("--"));
    if let Some(unknown) = flags.iter().find(|flag| *flag != "--decoder-only") {
        return Err(format!("unknown flag {unknown}").into());
    }
    let shape = args.first().map_or("on-device-30m", String::as_str);
    let mut options = Options::new(shape, Cpu::detect()?);
    let number = |i: usize, default: usize| args.get(i).map_or(Ok(default), |s| s.parse());
    options.threads = number(1, options.threads)?;
    options.prompt = number(2, options.prompt)?;
    options.tokens = number(3, options.tokens)?;
    options.kernels = flags.is_empty();
    run(&options, &mut std::io::stdout().lock())?;
    Ok(())
}
