//! Graphs of a few hundred bytes (made by `graphs.py`) through the installed ONNX Runtime.

use std::{fs, path::PathBuf};

use foveate_onnx::{Dim, Element, ErrorKind, Graph, GraphOptions, Provider, Tensor};
use ndarray::{Array1, Array2, Array3, Array4, array};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

fn open(name: &str) -> Graph {
    Graph::open(
        path(name),
        &GraphOptions {
            threads: 1,
            ..GraphOptions::default()
        },
    )
    .unwrap()
}

#[test]
fn a_sum_and_its_ports() {
    let graph = open("add.onnx");
    assert_eq!(graph.inputs()[0].name, "a");
    assert_eq!(
        graph.inputs()[0].shape,
        [Dim::Free("n".into()), Dim::Fixed(3)]
    );
    assert_eq!(graph.outputs()[0].to_string(), "`sum` f32 [n, 3]");
    let (a, b) = (
        array![[1_f32, 2., 3.], [4., 5., 6.]],
        array![10_f32, 20., 30.],
    );
    let mut outputs = graph.run(&[("a", (&a).into()), ("b", b.into())]).unwrap();
    assert_eq!(outputs.names().collect::<Vec<_>>(), ["sum"]);
    let sum: Array2<f32> = outputs.take("sum").unwrap();
    assert_eq!(sum, array![[11., 22., 33.], [14., 25., 36.]]);
}

#[test]
fn views_that_are_not_row_major_give_the_same() {
    let graph = open("add.onnx");
    let transposed = array![[1_f32, 4.], [2., 5.], [3., 6.]];
    let inputs = [
        ("a", transposed.t().into()),
        ("b", Array1::<f32>::zeros(3).into()),
    ];
    let sum: Array2<f32> = graph.run(&inputs).unwrap().take("sum").unwrap();
    assert_eq!(sum, transposed.t());
}

#[test]
fn kept_outputs_feed_the_next_run_and_empty_tensors_work() {
    let graph = open("step.onnx");
    let new = Array3::<f32>::ones((2, 1, 4));
    let ids = array![7_i64];
    let none = Array3::<f32>::zeros((2, 0, 4));
    let mut outputs = graph
        .run(&[
            ("past", (&none).into()),
            ("new", (&new).into()),
            ("ids", (&ids).into()),
        ])
        .unwrap();
    assert_eq!(outputs.take::<i64, _>("next").unwrap(), array![8_i64]);
    let mut past = outputs.keep("present").unwrap();
    for step in 2..=5 {
        let mut outputs = graph
            .run(&[
                ("past", (&past).into()),
                ("new", (&new).into()),
                ("ids", (&ids).into()),
            ])
            .unwrap();
        let attention: Array3<f32> = outputs.take("attention").unwrap();
        assert_eq!(attention.dim(), (2, 1, step));
        assert!(
            attention
                .iter()
                .all(|&weight| (weight - 1.0 / step as f32).abs() < 1e-6)
        );
        past = outputs.keep("present").unwrap();
        assert_eq!(past.shape(), [2, step, 4]);
    }
    let no_ids = Array1::<i64>::zeros(0);
    let no_new = Array3::<f32>::zeros((2, 0, 4));
    let mut outputs = graph
        .run(&[
            ("past", (&none).into()),
            ("new", (&no_new).into()),
            ("ids", no_ids.into()),
        ])
        .unwrap();
    assert_eq!(
        outputs.take::<f32, ndarray::Ix3>("present").unwrap().dim(),
        (2, 0, 4)
    );
}

/// Processors without VNNI add two products of 8 bits in 16: on those the sums here come out too
/// small unless the session asks for the kernels that do not.
#[test]
fn products_of_eight_bits_do_not_overflow() {
    let graph = open("int8.onnx");
    let x = Array2::from_elem((3, 64), 255_f32);
    let mut outputs = graph.run(&[("x", x.into())]).unwrap();
    let product: Array2<f32> = outputs.take("product").unwrap();
    let picture: Array4<f32> = outputs.take("picture").unwrap();
    // 64 x 255 x 127 in steps of 8,192 is 253.01; half of the second column's weights are negative.
    let wanted = [253.0 * 8192.0, 0.0];
    for (row, plane) in product.outer_iter().zip(picture.outer_iter()) {
        assert_eq!(row.to_vec(), wanted);
        assert_eq!(plane.iter().copied().collect::<Vec<_>>(), wanted);
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let graph = open("add.onnx");
    let (a, b) = (Array2::<f32>::zeros((2, 3)), Array1::<f32>::zeros(3));
    let refused = |inputs: &[(&str, Tensor<'_>)], word: &str| {
        let error = graph.run(inputs).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Mismatch);
        assert!(error.to_string().contains(word), "{error}");
    };
    refused(&[("a", (&a).into())], "input `b` f32 [3] was not given");
    refused(&[("a", (&a).into()), ("c", (&b).into())], "no input `c`");
    refused(
        &[("a", (&a).into()), ("a", (&a).into()), ("b", (&b).into())],
        "twice",
    );
    refused(
        &[
            ("a", Array2::<f32>::zeros((2, 4)).into()),
            ("b", (&b).into()),
        ],
        "was given f32 [2, 4]",
    );
    refused(
        &[
            ("a", Array2::<i64>::zeros((2, 3)).into()),
            ("b", (&b).into()),
        ],
        "was given i64",
    );
    refused(
        &[("a", (&b).into()), ("b", (&b).into())],
        "was given f32 [3]",
    );
    let mut outputs = graph
        .run(&[("a", (&a).into()), ("b", (&b).into())])
        .unwrap();
    assert_eq!(
        outputs
            .take::<f32, ndarray::Ix2>("product")
            .unwrap_err()
            .kind(),
        ErrorKind::Mismatch
    );
    assert_eq!(
        outputs.view::<i64, ndarray::Ix2>("sum").unwrap_err().kind(),
        ErrorKind::Mismatch
    );
    assert_eq!(
        outputs.view::<f32, ndarray::Ix3>("sum").unwrap_err().kind(),
        ErrorKind::Mismatch
    );
}

#[test]
fn ports_are_checked_against_what_is_expected() {
    let graph = open("add.onnx");
    graph
        .expect_input("a", Element::F32, &[None, Some(3)])
        .unwrap();
    graph
        .expect_output("sum", Element::F32, &[None, None])
        .unwrap();
    let error = graph
        .expect_input("a", Element::F32, &[None, Some(4)])
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("input `a` f32 [?, 4] was expected, it has `a` f32 [n, 3]"),
        "{error}"
    );
    assert!(
        graph
            .expect_input("a", Element::I64, &[None, Some(3)])
            .is_err()
    );
    assert!(graph.expect_output("sum", Element::F32, &[None]).is_err());
    assert!(
        graph
            .expect_output("logits", Element::F32, &[None])
            .is_err()
    );
}

#[test]
fn files_that_are_no_graph_are_named() {
    let options = GraphOptions::default();
    let error = Graph::open(path("none.onnx"), &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::GraphMissing);
    assert!(error.to_string().contains("none.onnx"));
    let whole = fs::read(path("step.onnx")).unwrap();
    let folder = std::env::temp_dir().join(format!("foveate-onnx-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    for (name, bytes) in [
        ("empty", &whole[..0]),
        ("text", b"not a graph at all".as_slice()),
        ("cut", &whole[..whole.len() / 2]),
    ] {
        let file = folder.join(name);
        fs::write(&file, bytes).unwrap();
        let error = Graph::open(&file, &options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::GraphInvalid, "{name}: {error}");
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_provider_that_is_not_there_is_an_error() {
    let options = GraphOptions {
        provider: Provider::Cuda { device: 99 },
        ..GraphOptions::default()
    };
    let error = Graph::open(path("add.onnx"), &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ProviderUnavailable);
}

#[test]
fn threads_share_a_graph() {
    for at_once in [1, 3] {
        let options = GraphOptions {
            threads: 1,
            at_once,
            ..GraphOptions::default()
        };
        let graph = Graph::open(path("add.onnx"), &options).unwrap();
        assert_eq!(graph.copies(), 1, "more only when they are needed");
        std::thread::scope(|scope| {
            for thread in 0..4_u8 {
                let graph = &graph;
                scope.spawn(move || sums(graph, f32::from(thread)));
            }
        });
        assert!((1..=at_once).contains(&graph.copies()));
    }
}

fn sums(graph: &Graph, number: f32) {
    let a = Array2::from_elem((5, 3), number);
    for _ in 0..50 {
        let mut outputs = graph
            .run(&[("a", (&a).into()), ("b", Array1::<f32>::ones(3).into())])
            .unwrap();
        let sum = outputs.take::<f32, ndarray::Ix2>("sum").unwrap();
        assert_eq!(sum[[4, 2]], number + 1.0);
    }
}
