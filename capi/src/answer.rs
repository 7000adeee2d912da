//! Questions, and answers that are being made.
use crate::border::{Out, borrowed, free, guarded, optional_text, quietly, text};
use crate::image::Image;
use crate::model::Model;
use crate::status::Status;
use foveate_bindings::{Failure, Picture, Question, Settings, Step, Work, time_limit_of};
use std::ffi::c_char;
use std::time::Duration;

/// An answer that is made on a thread of its own.
pub struct Answer(Work);

/// How a question is answered. All zero are the defaults.
#[repr(C)]
pub struct Request {
    /// Most tokens of the answer; 0 is as many as the context holds.
    max_tokens: usize,
    /// Seconds for everything; 0 is no limit.
    time_limit: f64,
}

/// Begins the answer to `question`, for the pointers that every question takes.
///
/// # Safety
/// The pointers are null or valid.
unsafe fn begin(
    model: *const Model,
    image: *const Image,
    request: *const Request,
    out: *mut *mut Answer,
    question: impl FnOnce() -> Result<Question, Failure>,
) -> Status {
    guarded(|| {
        // SAFETY: as the caller promises.
        let (out, model, image, request) = unsafe {
            (
                Out::new("out", out)?,
                borrowed("model", model)?,
                borrowed("image", image)?,
                request.as_ref(),
            )
        };
        let picture = Picture::Image(image.0.clone());
        let work = Work::begin(&model.0, picture, question()?, settings(request)?)?;
        out.give(Answer(work));
        Ok(Status::Ok)
    })
}

fn settings(request: Option<&Request>) -> Result<Settings, Failure> {
    let (max_tokens, seconds) = request.map_or((0, 0.0), |r| (r.max_tokens, r.time_limit));
    Ok(Settings {
        max_tokens: (max_tokens > 0).then_some(max_tokens),
        time_limit: time_limit_of((seconds != 0.0).then_some(seconds))?,
        stream: true,
        ..Settings::default()
    })
}

/// Begins to read all text of a picture. Pieces are text. `request` may be NULL.
/// `foveate_answer_free` frees the answer.
///
/// # Safety
/// The pointers are NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn foveate_ocr(
    model: *const Model,
    image: *const Image,
    request: *const Request,
    out: *mut *mut Answer,
) -> Status {
    // SAFETY: as the caller promises.
    unsafe { begin(model, image, request, out, || Ok(Question::Ocr)) }
}

/// Begins to answer a question in words. Pieces are text.
///
/// # Safety
/// The pointers are NULL or valid; text ends with a zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn foveate_ask(
    model: *const Model,
    image: *const Image,
    question: *const c_char,
    request: *const Request,
    out: *mut *mut Answer,
) -> Status {
    // SAFETY: as the caller promises.
    let question = || unsafe { text("question", question) }.map(|q| Question::Ask(q.to_owned()));
    // SAFETY: as the caller promises.
    unsafe { begin(model, image, request, out, question) }
}

/// Begins to read a value of a JSON Schema off a picture. Pieces are JSON values that grow, each
/// with the members that are complete.
///
/// # Safety
/// The pointers are NULL or valid; text ends with a zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn foveate_read(
    model: *const Model,
    image: *const Image,
    schema: *const c_char,
    request: *const Request,
    out: *mut *mut Answer,
) -> Status {
    // SAFETY: as the caller promises.
    let question = || Question::read(unsafe { text("schema", schema) }?);
    // SAFETY: as the caller promises.
    unsafe { begin(model, image, request, out, question) }
}

/// Begins to read the event that a picture announces. Dates without a year come after `today`
/// (YYYY-MM-DD); NULL is the current day. There are no pieces.
///
/// # Safety
/// The pointers are NULL or valid; text ends with a zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn foveate_event(
    model: *const Model,
    image: *const Image,
    today: *const c_char,
    request: *const Request,
    out: *mut *mut Answer,
) -> Status {
    // SAFETY: as the caller promises.
    let question = || Question::event(unsafe { optional_text("today", today) }?);
    // SAFETY: as the caller promises.
    unsafe { begin(model, image, request, out, question) }
}

/// Waits for the next piece of an answer, which `foveate_string_free` frees; END after the last.
///
/// # Safety
/// The pointers are NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn foveate_answer_next(
    answer: *const Answer,
    piece: *mut *mut c_char,
) -> Status {
    guarded(|| {
        // SAFETY: as the caller promises.
        let (out, answer) = unsafe { (Out::new("piece", piece)?, borrowed("answer", answer)?) };
        loop {
            match answer.0.step(Duration::from_secs(60)) {
                Step::Waiting => {}
                Step::Ended(end) => return end.map(|_| Status::End),
                Step::Piece(piece) => {
                    out.give_text(piece);
                    return Ok(Status::Ok);
                }
            }
        }
    })
}

/// Waits for the whole answer as JSON, which `foveate_string_free` frees. Pieces not taken before
/// are in it.
///
/// # Safety
/// The pointers are NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn foveate_answer_result(
    answer: *const Answer,
    json: *mut *mut c_char,
) -> Status {
    guarded(|| {
        // SAFETY: as the caller promises.
        let (out, answer) = unsafe { (Out::new("json", json)?, borrowed("answer", answer)?) };
        out.give_text(answer.0.wait()?.to_string());
        Ok(Status::Ok)
    })
}

/// Ends an answer before its next token; any thread may call it while others wait. What was written
/// is then the answer, and its "stop" is "cancelled"; of a value, and before there is an answer,
/// those who wait get FOVEATE_STATUS_CANCELLED. NULL is passed over.
///
/// # Safety
/// `answer` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn foveate_answer_cancel(answer: *const Answer) {
    // SAFETY: as the caller promises.
    if let Some(answer) = unsafe { answer.as_ref() } {
        quietly(|| answer.0.cancel());
    }
}

/// Frees an answer; one that has not ended is cancelled. NULL is passed over.
///
/// # Safety
/// `answer` was given by this library, was not freed before, and no thread uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn foveate_answer_free(answer: *mut Answer) {
    // SAFETY: as the caller promises.
    unsafe { free(answer) };
}
