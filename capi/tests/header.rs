//! `include/foveate.h` is what cbindgen writes of this crate.
use std::path::Path;
use std::{env, fs};

#[test]
fn the_header_is_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml")).unwrap();
    let mut builder = cbindgen::Builder::new().with_config(config);
    for file in ["status", "border", "model", "image", "answer"] {
        builder = builder.with_src(folder.join("src").join(file).with_extension("rs"));
    }
    let mut written = Vec::new();
    builder.generate().unwrap().write(&mut written);
    let written = String::from_utf8(written).unwrap();
    let header = folder.join("include/foveate.h");
    if env::var_os("FOVEATE_UPDATE").is_some() {
        fs::write(&header, &written).unwrap();
    }
    let committed = fs::read_to_string(&header).unwrap_or_default();
    assert!(
        written == committed,
        "{} is not what cbindgen writes; FOVEATE_UPDATE=1 cargo test -p foveate-capi writes it",
        header.display()
    );
}
