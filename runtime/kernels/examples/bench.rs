//! `bench [SHAPE] [THREADS] [PROMPT] [TOKENS]`: speed and memory of a decoder with random weights.
//! SHAPE is on-device-3b, on-device-300m or on-device-30m; FOVEATE_CPU forces an instruction set.

use foveate_kernels::Cpu;
use foveate_kernels::bench::{Options, run};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let shape = args.first().map_or("on-device-30m", String::as_str);
    let mut options = Options::new(shape, Cpu::detect()?);
    let number = |i: usize, default: usize| args.get(i).map_or(Ok(default), |s| s.parse());
    options.threads = number(1, options.threads)?;
    options.prompt = number(2, options.prompt)?;
    options.tokens = number(3, options.tokens)?;
    run(&options, &mut std::io::stdout().lock())?;
    Ok(())
}
