//! Files: what they may name, and the layers that they lie in.

use std::{collections::BTreeMap, fs, path::Path};

use crate::{root, sources};

/// The model-free half knows tokens and sources; what a source is, only a reader knows.
#[test]
fn language_knows_nothing_of_pictures() {
    for (path, text) in sources(&root().join("language/src")) {
        let text = text.to_lowercase();
        for word in ["glyph", "em size", "picture", "canvas"] {
            assert!(
                !text.contains(word),
                "{} speaks of a {word}",
                path.display()
            );
        }
    }
}

/// Metaphors of our own, each with the field's term.
#[test]
fn words_are_the_fields() {
    let terms = [
        ("heard", "transcript, source"),
        ("spent", "coverage"),
        ("mended truth", "corrected label"),
        ("guessing ahead", "drafting"),
        ("second look", "test-time augmentation"),
    ];
    for folder in [
        "cli", "datasets", "events", "fusion", "language", "runtime", "vision",
    ] {
        for (path, text) in sources(&root().join(folder)) {
            let text = text.to_lowercase();
            let words: Vec<_> = text.split(|c: char| !c.is_alphanumeric()).collect();
            let text = format!(" {} ", words.join(" "));
            for (word, term) in terms {
                let private = text.contains(&format!(" {word} "));
                assert!(!private, "{} says {word} for {term}", path.display());
            }
        }
    }
}

/// The code of a file, without its tests and comments.
fn code(text: &str) -> Vec<&str> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    lines.collect()
}

/// Numbers with a decimal point that stand in a line of code.
fn decimals(line: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let words = line
        .split(|c| !is_part(c))
        .map(|word| word.trim_matches('.'));
    let decimal = |word: &&str| {
        let whole = word.split_once('.').map(|(whole, rest)| [whole, rest]);
        whole.is_some_and(|parts| {
            parts
                .iter()
                .all(|p| p.starts_with(|c: char| c.is_ascii_digit()))
        })
    };
    words.filter(decimal).collect()
}

/// Thresholds of reading stand in `Rules` (the glyph reader) or in `rules.rs` (the page reader),
/// each with its measurement; what training shares stands in `models/rules.json`. Other files of
/// these readers declare no constants but these, of formats and wording, and no decimals but those
/// of arithmetic.
#[test]
fn thresholds_of_reading_stand_in_one_place() {
    let glyph = ["ARCHITECTURE", "BETWEEN", "FILE", "MOST", "TILE"];
    let page = [
        "ALL",
        "ARCHITECTURE",
        "CANVAS",
        "LARGEST",
        "LEADS",
        "NOT_FOUND",
    ];
    hold("glyph", &glyph, &["rules.rs", "rules/words.rs", "tests.rs"]);
    // `place.rs` is what the decoder was taught.
    hold("page", &page, &["rules.rs", "place.rs"]);
}

/// Holds the files of a reader, but for those `free`, to the constants `known`.
fn hold(reader: &str, known: &[&str], free: &[&str]) {
    let plain = ["0.0", "1.0", "2.0", "4.0", "65_536.0"];
    for (path, text) in sources(&root().join("fusion/src/readers").join(reader)) {
        if free.iter().any(|name| path.ends_with(name)) {
            continue;
        }
        for line in code(&text) {
            let own = constant(line);
            let odd = decimals(line).into_iter().find(|n| !plain.contains(n));
            let fault = match own {
                Some(name) => own.filter(|_| !known.contains(&name)),
                None => odd,
            };
            assert_eq!(fault, None, "of {} belongs in Rules", path.display());
        }
    }
}

/// The name of the constant that a line declares.
fn constant(line: &str) -> Option<&str> {
    let line = match line.trim_start().strip_prefix("pub") {
        Some(line) if line.starts_with('(') => line.split_once(')')?.1,
        Some(line) => line,
        None => line,
    };
    let rest = line.trim_start().strip_prefix("const ")?;
    (!rest.starts_with("fn ")).then(|| rest.split(':').next())?
}

/// What a file's `use` of this crate's modules name: paths from the root, groups taken apart.
fn used(own: &str, code: &str) -> Vec<String> {
    let uses = code
        .split("use ")
        .skip(1)
        .filter_map(|rest| rest.split(';').next());
    let mut paths = Vec::new();
    for path in uses.flat_map(|tree| apart(&tree.split_whitespace().collect::<String>())) {
        let mut at: Vec<&str> = own.split("::").filter(|part| !part.is_empty()).collect();
        let mut rest = path.as_str();
        if let Some(inner) = rest.strip_prefix("crate::") {
            (at, rest) = (Vec::new(), inner);
        } else if !rest.starts_with("super::") {
            continue;
        }
        while let Some(inner) = rest.strip_prefix("super::") {
            at.pop();
            rest = inner;
        }
        at.push(rest);
        paths.push(at.join("::"));
    }
    paths
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d` and `a::c::e`; without spaces.
fn apart(tree: &str) -> Vec<String> {
    let Some((before, group)) = tree.split_once('{') else {
        return vec![tree.to_owned()];
    };
    let group = group.strip_suffix('}').unwrap_or(group);
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for c in group.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        match (c, depth) {
            (',', 0) => parts.push(String::new()),
            _ => parts.last_mut().unwrap().push(c),
        }
    }
    let inner = parts.iter().flat_map(|part| apart(part));
    inner.map(|part| format!("{before}{part}")).collect()
}

/// The files of a folder that each file imports from, by their modules' paths.
fn imports(folder: &Path) -> BTreeMap<String, Vec<String>> {
    let module = |path: &Path| {
        let inside = path.strip_prefix(folder).unwrap().with_extension("");
        let parts: Vec<_> = inside.iter().map(|p| p.to_str().unwrap()).collect();
        parts.join("::").trim_end_matches("::mod").to_owned()
    };
    let files: BTreeMap<_, _> = sources(folder)
        .into_iter()
        .map(|(path, text)| (module(&path), text))
        .collect();
    let home = |path: &String| {
        let mut path = path.as_str();
        loop {
            if files.contains_key(path) {
                return Some(path.to_owned());
            }
            path = path.rsplit_once("::")?.0;
        }
    };
    let of = |(own, text): (&String, &String)| {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let mut others: Vec<_> = used(own, code).iter().filter_map(home).collect();
        others.retain(|other| other != own && other != "lib");
        (own.clone(), others)
    };
    files.iter().map(of).collect()
}

/// Whether imports lead from `at` to `to`.
fn leads(
    imports: &BTreeMap<String, Vec<String>>,
    at: &str,
    to: &str,
    seen: &mut Vec<String>,
) -> bool {
    imports[at].iter().any(|next| {
        next == to
            || !seen.contains(next) && {
                seen.push(next.clone());
                leads(imports, next, to, seen)
            }
    })
}

/// Files of the library lie in layers: none imports one that leads back to it. The modules that a
/// file declares are part of it: it may name them, and they it.
#[test]
fn no_files_of_the_library_import_each_other_in_a_circle() {
    let imports = imports(&root().join("fusion/src"));
    let known = |file: &str, other: &str| imports[file].iter().any(|one| one == other);
    assert!(known("batch::list", "batch::name") && known("readers::glyph", "readers"));
    for file in imports.keys() {
        let back = leads(&imports, file, file, &mut Vec::new());
        assert!(!back, "{file} stands in a circle of imports");
    }
}

/// The root of the library is a table of contents.
#[test]
fn the_library_has_few_files_at_its_root() {
    let files = fs::read_dir(root().join("fusion/src")).unwrap();
    let n = files
        .filter(|file| file.as_ref().unwrap().path().is_file())
        .count();
    assert!(n <= 20, "{n} files in fusion/src");
}

/// What programs import from the root, besides modules, can be held in the head.
#[test]
fn the_library_has_few_names_at_its_root() {
    let text = fs::read_to_string(root().join("fusion/src/lib.rs")).unwrap();
    let uses = code(&text).join(" ");
    let uses = uses
        .split("pub use ")
        .skip(1)
        .filter_map(|rest| rest.split(';').next());
    let joined = |tree: &str| {
        tree.replace(" as ", "=")
            .split_whitespace()
            .collect::<String>()
    };
    let names: Vec<_> = uses
        .flat_map(|tree| apart(&joined(tree)))
        .filter(|n| !n.contains('='))
        .collect();
    assert!(
        names.iter().any(|path| path.ends_with("Model")),
        "{names:?}"
    );
    assert!(names.len() < 30, "{}: {names:?}", names.len());
}
