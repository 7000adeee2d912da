//! Every index once, phases in order, panics passed on, with any number of workers.

use super::*;

fn team(workers: usize) -> Team {
    Team::new(workers, Arc::default()).unwrap()
}

/// One worker, as many as cores, and more than cores.
#[test]
fn phases_are_complete_and_in_order() {
    for workers in [1, 2, 3, 9] {
        let team = team(workers);
        for n in [0, 1, 7, 1000] {
            let mut counts = vec![0u32; n];
            let shared = Shared::new(&mut counts);
            for phase in 0..50 {
                team.share(n, 1 + phase % 5, |worker, range| {
                    assert!(worker < workers);
                    // SAFETY: `share` gives a range to one worker only.
                    for count in unsafe { shared.get_mut(range) } {
                        assert_eq!(*count, phase as u32);
                        *count += 1;
                    }
                });
            }
            assert!(counts.iter().all(|&c| c == 50));
        }
    }
}

#[test]
fn a_panic_is_passed_on_and_the_team_lives() {
    let team = team(3);
    for bad in 0..30 {
        let panics = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            team.share(30, 1, |_, range| assert_ne!(range.start, bad));
        }));
        assert!(panics.is_err());
        let done = AtomicUsize::new(0);
        team.share(10, 2, |_, range| {
            done.fetch_add(range.len(), Ordering::Relaxed);
        });
        assert_eq!(done.into_inner(), 10);
    }
}

#[test]
fn a_phase_within_a_phase_is_refused() {
    let team = team(2);
    let panics = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        team.share(4, 1, |_, _| team.share(4, 1, |_, _| ()));
    }));
    assert!(panics.is_err());
}

/// Beside as many other calls as there are helpers, the leader does everything.
#[test]
fn other_calls_keep_helpers_away() {
    let calls = Arc::new(AtomicUsize::new(3));
    let team = Team::new(3, calls.clone()).unwrap();
    team.share(100, 1, |worker, range| {
        assert_eq!((worker, range), (0, 0..100))
    });
    assert_eq!(team.helpers(), 0);
    calls.store(1, Ordering::Relaxed);
    assert_eq!(team.helpers(), 0, "for a while");
    team.alone_until.store(1, Ordering::Relaxed);
    assert_eq!(team.helpers(), 2);
    let done = AtomicUsize::new(0);
    team.share(100, 1, |_, range| {
        done.fetch_add(range.len(), Ordering::Relaxed);
    });
    assert_eq!(done.into_inner(), 100);
}

/// A late phase sends the helpers away for a while, a second one for longer.
#[test]
fn after_a_late_phase_the_leader_is_alone() {
    let team = team(2);
    team.go_alone(Duration::ZERO);
    assert_eq!(team.helpers(), 0);
    let first = team.pause.load(Ordering::Relaxed);
    assert_eq!(u128::from(first), PAUSE[0].as_micros());
    team.invited_at.store(team.micros(), Ordering::Relaxed);
    team.go_alone(Duration::ZERO);
    assert_eq!(team.pause.load(Ordering::Relaxed), 2 * first);
    team.go_alone(Duration::from_millis(50));
    assert_eq!(
        team.pause.load(Ordering::Relaxed),
        500_000,
        "ten times the wait"
    );
    team.alone_until.store(1, Ordering::Relaxed);
    assert_eq!(team.helpers(), 1);
}
