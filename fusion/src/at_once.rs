//! Two pieces of work at the same time.
use std::panic::resume_unwind;

/// Does `beside` in a thread of its own and `here` in this one. A panic of either is the caller's.
///
/// For the parts of a model, which need nothing of each other: ONNX Runtime opens a graph on one
/// core.
pub(crate) fn at_once<A: Send, B>(
    beside: impl FnOnce() -> A + Send,
    here: impl FnOnce() -> B,
) -> (A, B) {
    std::thread::scope(|scope| {
        let beside = scope.spawn(beside);
        let here = here();
        let beside = beside.join();
        (beside.unwrap_or_else(|panic| resume_unwind(panic)), here)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_done_and_a_panic_is_not_lost() {
        let word = String::from("two");
        assert_eq!(at_once(|| word.len(), || word.as_str()), (3, "two"));
        let panics = || at_once(|| panic!("beside"), || ());
        let panic = std::panic::catch_unwind(panics).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"beside"));
    }
}
