//! `operations ROWSxCOLS ...`: how long matrices of these sizes take, one JSON line for each form,
//! on one thread. FOVEATE_CPU forces an instruction set. `training/compress` reads the lines.

use foveate_kernels::{Cpu, operations};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cpu = Cpu::detect()?;
    for size in std::env::args().skip(1) {
        let (rows, cols) = size.split_once('x').ok_or("sizes are ROWSxCOLS")?;
        for form in operations::FORMS {
            let found = operations::time(cpu, form, rows.parse()?, cols.parse()?)?;
            println!("{}", serde_json::to_string(&found)?);
        }
    }
    Ok(())
}
