//! Examples in the help of each command. A test runs every line of them.
use crate::options::EXIT_CODES;

pub const ASK: &str = "\
foveate ask 'Where is it?' flyer.png
foveate --model base ask 'How much are the tickets?' flyer.png
foveate --model base ask --list 'Who is playing?' flyer.png
foveate --json ask 'When does it start?' --report answers.html flyers";

pub const READ: &str = "\
foveate read --schema event.json flyer.png
foveate --json read --schema event.json --report read.html flyers > read.jsonl";

pub const EVENT: &str = "\
foveate event flyer.png > event.ics
foveate event --today 2027-01-01 --report events.html flyers > events.ics
foveate --json event --overlay boxes.png flyer.png";

pub const OCR: &str = "\
foveate ocr flyer.png
foveate ocr --overlay boxes 'flyers/*.png'
foveate ocr - < flyer.png
find flyers -name '*.png' -print0 | foveate --json ocr -0 --files-from -";

pub const CHAT: &str = "echo 'Where is it?' | foveate chat flyer.png";

pub const BENCH: &str = "\
foveate bench --runs 1 flyer.png
foveate --adapter business-card bench --runs 1 --speculation flyer.png";

pub const INFO: &str = "\
foveate info
foveate --model base --json info";

pub const COMPLETIONS: &str = "foveate completions bash > foveate.bash";

pub const MAN: &str = "\
foveate man > foveate.1
foveate man --folder man";

/// The end of a command's help: its examples.
pub fn of(lines: &str) -> String {
    format!("Examples:\n  {}", lines.replace('\n', "\n  "))
}

/// The same, and the exit codes.
pub fn with_codes(lines: &str) -> String {
    format!("{}\n\n{EXIT_CODES}", of(lines))
}
