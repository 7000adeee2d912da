//! Graph files that are refused before ONNX Runtime sees them, and runs that are stopped.
use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use foveate_onnx::{ErrorKind, ExternalData, Graph, GraphFile, GraphOptions};
use ndarray::{Array1, Array2, Array3, array};

fn graph(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn beside() -> GraphOptions {
    GraphOptions {
        external_data: ExternalData::InFolder,
        threads: 1,
        ..GraphOptions::default()
    }
}

#[test]
fn weights_in_other_files_are_refused_unless_they_are_wanted() {
    let folder = folder("beside");
    let file = folder.join("external.onnx");
    fs::copy(graph("external.onnx"), &file).unwrap();
    fs::write(folder.join("weights.bin"), 2.5_f32.to_le_bytes()).unwrap();
    for error in [
        Graph::open(&file, &GraphOptions::default()).unwrap_err(),
        GraphFile::read(&file).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::GraphInvalid);
        let text = error.to_string();
        assert!(
            text.contains("\"weights.bin\"") && text.contains("external_data"),
            "{text}"
        );
    }
    let opened = Graph::open(&file, &beside()).unwrap();
    let a = Array1::<f32>::ones(1);
    let sum: Array1<f32> = opened
        .run(&[("a", (&a).into())])
        .unwrap()
        .take("sum")
        .unwrap();
    assert_eq!(sum, array![3.5]);
}

#[cfg(unix)]
#[test]
fn weights_outside_the_folder_are_refused_by_every_way_there() {
    let folder = folder("outside");
    let (inner, secret) = (folder.join("model"), folder.join("secret.bin"));
    fs::create_dir(&inner).unwrap();
    fs::write(&secret, 2.5_f32.to_le_bytes()).unwrap();
    let file = inner.join("external.onnx");
    let bytes = fs::read(graph("external.onnx")).unwrap();
    let at = bytes.windows(11).position(|w| w == b"weights.bin").unwrap();
    // Each of eleven bytes, as the name in the file.
    for location in ["../secret.b", "/etc/passwd", "./../secret", "weights.bin"] {
        let mut changed = bytes.clone();
        changed[at..at + 11].copy_from_slice(location.as_bytes());
        fs::write(&file, changed).unwrap();
        std::os::unix::fs::symlink(&secret, inner.join("weights.bin")).unwrap_or(());
        let error = Graph::open(&file, &beside()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::GraphInvalid);
        assert!(
            error.to_string().contains("must lie beside"),
            "{location}: {error}"
        );
    }
}

#[cfg(unix)]
#[test]
fn devices_pipes_and_folders_are_no_graphs() {
    let folder = folder("devices");
    let pipe = folder.join("pipe.onnx");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    let mut paths = vec![folder.clone(), PathBuf::from("/dev/zero")];
    paths.extend(made.is_ok_and(|s| s.success()).then_some(pipe));
    let link = folder.join("link.onnx");
    std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
    paths.push(link);
    for path in paths {
        for error in [
            Graph::open(&path, &GraphOptions::default()).unwrap_err(),
            GraphFile::read(&path).unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::GraphMissing);
            assert!(error.to_string().contains("plain file"), "{error}");
        }
    }
    let large = folder.join("large.onnx");
    fs::File::create(&large).unwrap().set_len(3 << 30).unwrap();
    let error = Graph::open(&large, &GraphOptions::default()).unwrap_err();
    assert!(error.to_string().contains("2 GiB"), "{error}");
}

#[test]
fn a_run_is_stopped_when_nobody_wants_it() {
    let graph = Graph::open(graph("add.onnx"), &beside()).unwrap();
    let (a, b) = (Array2::<f32>::zeros((2, 3)), Array1::<f32>::zeros(3));
    let inputs = [("a", (&a).into()), ("b", (&b).into())];
    assert!(graph.run_while(&inputs, Some(&|| true)).is_ok());
    let error = graph.run_while(&inputs, Some(&|| false)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert!(graph.run(&inputs).is_ok(), "the graph is as good as before");
}

/// A graph of 2,000 operators that takes seconds on one thread, stopped after 40 ms.
#[test]
fn a_long_run_ends_between_two_operators() {
    let graph = Graph::open(graph("long.onnx"), &beside()).unwrap();
    let x = Array2::<f32>::zeros((256, 256));
    let inputs = [("x", (&x).into())];
    let began = Instant::now();
    let until = began + Duration::from_millis(40);
    let error = graph
        .run_while(&inputs, Some(&|| Instant::now() < until))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);

    // Whoever waits for a turn is let go too: the one session is taken until the first is told to
    // end.
    let (over, asked) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let first = scope.spawn(|| {
            let go_on = || {
                asked.fetch_add(1, Ordering::SeqCst);
                !over.load(Ordering::SeqCst)
            };
            graph.run_while(&inputs, Some(&go_on))
        });
        while asked.load(Ordering::SeqCst) < 2 {
            std::thread::yield_now();
        }
        let times = AtomicUsize::new(0);
        let go_on = || times.fetch_add(1, Ordering::SeqCst) < 3;
        let second = graph.run_while(&inputs, Some(&go_on));
        assert_eq!(second.unwrap_err().kind(), ErrorKind::Stopped);
        over.store(true, Ordering::SeqCst);
        assert_eq!(
            first.join().unwrap().unwrap_err().kind(),
            ErrorKind::Stopped
        );
    });
}

#[test]
fn a_file_replaced_under_an_open_graph_changes_nothing() {
    let file = folder("replaced").join("graph.onnx");
    fs::copy(graph("step.onnx"), &file).unwrap();
    let options = GraphOptions {
        at_once: 2,
        ..beside()
    };
    let open = Graph::open(&file, &options).unwrap();
    fs::copy(graph("add.onnx"), &file).unwrap();
    let past = Array3::<f32>::zeros((2, 0, 4));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let (new, ids) = (Array3::<f32>::ones((2, 1, 4)), array![7_i64]);
                    let inputs = [
                        ("past", (&past).into()),
                        ("new", new.into()),
                        ("ids", ids.into()),
                    ];
                    assert!(open.run(&inputs).is_ok());
                }
            });
        }
    });
}
