//! Tracks in processes: the same answers as in threads, one message a border each way, and what
//! becomes of a request when a track dies.
#![cfg(unix)]

mod bundles;

use bundles::{apart, bundle, copy, golden, in_processes, open, options, run};
use foveate_language::{Context, TextDecoder, TrackDecoder, TrackError, TrackOptions, TrackPlaces};
use std::process::Command;
use std::time::Duration;

fn kill(process: u32, signal: &str) {
    let done = Command::new("kill")
        .args([signal, &process.to_string()])
        .status();
    assert!(done.unwrap().success());
}

#[test]
fn processes_say_what_threads_say_bit_for_bit() {
    let (golden, threads) = (golden("tiny"), open("tiny"));
    let processes = TrackDecoder::open(bundle("tiny"), &in_processes()).unwrap();
    assert!(processes.processes().iter().all(Option::is_some));
    let mut caches = [threads.new_cache(), processes.new_cache()];
    for [from, to] in [[0, 33], [33, 34], [34, 35], [35, 96]] {
        let [a, b] = [(&threads, 0), (&processes, 1)]
            .map(|(decoder, i)| run(decoder, &mut caches[i], &golden, [from, to]).unwrap());
        assert_eq!((a.logits, a.hidden), (b.logits, b.hidden));
        let forks = caches.each_ref().map(foveate_language::Cache::fork);
        caches = forks;
    }
    assert_eq!(caches[0].bytes(), caches[1].bytes());
    assert_eq!(threads.counts(), processes.counts());
    let counts = processes.counts();
    // Four passes of two borders, each with a frame to each of two tracks and one back.
    assert_eq!((counts.passes, counts.borders), (4, 8));
    assert_eq!((counts.sent, counts.received), (16, 16));
}

#[test]
fn a_track_that_dies_is_named_and_the_request_can_be_asked_again() {
    let golden = golden("tiny");
    let decoder = TrackDecoder::open(bundle("tiny"), &in_processes()).unwrap();
    let mut context = Context::new(&decoder);
    context.push_ids(&golden.ids[..20]).unwrap();
    let first = context.forward(&decoder, 1).unwrap();
    kill(decoder.processes()[1].unwrap(), "-KILL");
    context.push_ids(&golden.ids[20..22]).unwrap();
    let error = context.forward(&decoder, 1).unwrap_err();
    println!("{error}");
    let cause = TrackError::of(&error).unwrap();
    assert!(
        matches!(cause, TrackError::Died { track: 1, .. }),
        "{error}"
    );
    // What the tracks held is gone; the conversation's rows are not.
    assert_eq!((context.cached(), context.len()), (0, 22));
    let again = context.forward(&decoder, 1).unwrap();
    assert_eq!(decoder.counts().restarts, 1);
    let threads = open("tiny");
    let mut whole = Context::new(&threads);
    whole.push_ids(&golden.ids[..22]).unwrap();
    assert_eq!(again.logits, whole.forward(&threads, 1).unwrap().logits);
    context.truncate(20);
    // The last row alone now, not among twenty: other sums, the same answer.
    let last = context.forward(&decoder, 1).unwrap();
    assert!(apart(&first.logits, &last.logits) < 1e-4);
}

#[test]
fn a_track_that_does_not_answer_is_ended() {
    let golden = golden("tiny");
    let options = TrackOptions {
        stall: Duration::from_millis(300),
        ..in_processes()
    };
    // Loading may take longer than the limit on a busy machine: that is an error of its own.
    let Ok(decoder) = TrackDecoder::open(bundle("tiny"), &options) else {
        return;
    };
    kill(decoder.processes()[0].unwrap(), "-STOP");
    let mut cache = decoder.new_cache();
    let error = run(&decoder, &mut cache, &golden, [0, 3]).unwrap_err();
    assert!(matches!(
        TrackError::of(&error),
        Some(TrackError::Stalled { track: 0, .. })
    ));
    assert_eq!((cache.len(), decoder.processes()[0]), (0, None));
}

#[test]
fn a_bundle_that_a_process_refuses_is_an_error_of_the_decoder() {
    let dir = copy("tiny");
    std::fs::write(dir.path().join("track1.block1.onnx"), "no graph").unwrap();
    let error = TrackDecoder::open(dir.path(), &in_processes()).unwrap_err();
    assert!(
        matches!(
            TrackError::of(&error),
            Some(TrackError::Failed { track: 1, .. })
        ),
        "{error}"
    );
    assert!(error.to_string().contains("track1.block1.onnx"), "{error}");
    let places = TrackPlaces::Processes {
        program: "/no/such/program".into(),
    };
    let error = TrackDecoder::open(
        bundle("tiny"),
        &TrackOptions {
            places,
            ..options()
        },
    );
    assert!(error.unwrap_err().to_string().contains("/no/such/program"));
}
