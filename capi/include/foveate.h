/* foveate for C: ask questions of pictures, on the machine that holds them.
 *
 * Written by cbindgen; `FOVEATE_UPDATE=1 cargo test -p foveate-capi` writes it again. README.md
 * beside this folder says how it is used, and what the JSON of answers holds.
 */

#ifndef FOVEATE_H
#define FOVEATE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

// What a function did.
typedef enum {
  // What it was asked to.
  FOVEATE_STATUS_OK = 0,
  // The answer has no more pieces.
  FOVEATE_STATUS_END = 1,
  // A file of the model is not there, or no model has the name.
  FOVEATE_STATUS_ASSETS_MISSING = 2,
  // A file of the model is malformed.
  FOVEATE_STATUS_ASSETS_INVALID = 3,
  // ONNX Runtime is missing, too old, or failed.
  FOVEATE_STATUS_RUNTIME = 4,
  // A picture cannot be read.
  FOVEATE_STATUS_INVALID_IMAGE = 5,
  // A picture and its text are longer than the model's context.
  FOVEATE_STATUS_CONTEXT_FULL = 6,
  // A JSON Schema that cannot be enforced.
  FOVEATE_STATUS_UNSUPPORTED_SCHEMA = 7,
  // The token budget is smaller than the shortest valid answer.
  FOVEATE_STATUS_BUDGET_TOO_SMALL = 8,
  // The model gave no usable answer.
  FOVEATE_STATUS_DECODING = 9,
  // What the schema must hold was not found in the picture.
  FOVEATE_STATUS_NOTHING_READ = 10,
  // A typed answer was closed before the model had ended it.
  FOVEATE_STATUS_INCOMPLETE = 11,
  // The time limit was reached before there was an answer.
  FOVEATE_STATUS_TIMEOUT = 12,
  // The answer was cancelled before there was one.
  FOVEATE_STATUS_CANCELLED = 13,
  // An argument that is none: a null pointer, text that is no UTF-8, a day that is no day.
  FOVEATE_STATUS_INVALID_ARGUMENT = 14,
  // A fault of the library.
  FOVEATE_STATUS_INTERNAL = 15,
} foveate_status;

// An answer that is made on a thread of its own.
typedef struct foveate_answer foveate_answer;

// A decoded picture. Any number of threads may ask about it.
typedef struct foveate_image foveate_image;

// A model, loaded once. Any number of threads may ask it.
typedef struct foveate_model foveate_model;

// How a model is loaded. All zero is allowed.
typedef struct {
  // Threads of the graphs; 0 is as many as the process may use.
  uint32_t threads;
  // Pictures that may go through the encoder at once; 0 is 1. Each beyond the first costs a copy
  // of its weights.
  uint32_t at_once;
  // Pictures whose image tokens are remembered for further questions; 16 are some megabytes.
  uint32_t remembered_images;
  // "auto", "rapid", "balanced" or "high"; NULL is the model's own default.
  const char *mode;
  // The ONNX Runtime library, or its folder; NULL searches for it in the usual places.
  const char *runtime;
} foveate_options;

// How a question is answered. All zero are the defaults.
typedef struct {
  // Most tokens of the answer; 0 is as many as the context holds.
  size_t max_tokens;
  // Seconds for everything; 0 is no limit.
  double time_limit;
} foveate_request;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// The message of the last failure on this thread: what was found, what was expected, and what
// mends it. It is empty where there was none, and valid until the next failure on this thread.
const char *foveate_error_message(void);

// The version of the library, as in "0.1.0".
const char *foveate_version(void);

// Frees text that the library gave. NULL is passed over.
//
// # Safety
// `text` was given by this library and was not freed before.
void foveate_string_free(char *text);

// Loads a model from its folder, or by its name. `options` may be NULL, which remembers 16
// pictures. `foveate_model_free` frees it.
//
// # Safety
// The pointers are NULL or valid; text ends with a zero.
foveate_status foveate_model_load(const char *model,
                                  const foveate_options *options,
                                  foveate_model **out);

// Lets go of a model; answers that are being made keep it until they end. NULL is passed over.
//
// # Safety
// `model` was given by `foveate_model_load`, was not freed before, and no thread uses it.
void foveate_model_free(foveate_model *model);

// Reads a file: PNG, JPEG, WebP, GIF, BMP or TIFF, of at most 100 million pixels.
// `foveate_image_free` frees it.
//
// # Safety
// The pointers are NULL or valid; text ends with a zero.
foveate_status foveate_image_open(const char *path, foveate_image **out);

// Decodes the contents of a file, which are not used any more when it returns.
//
// # Safety
// The pointers are NULL or valid; `contents` has `length` bytes.
foveate_status foveate_image_decode(const uint8_t *contents, size_t length, foveate_image **out);

// Takes pixels: rows from the top, without gaps, `channels` bytes a pixel: 1 grey, 3 RGB, 4 RGBA
// not multiplied by alpha. They are copied.
//
// # Safety
// The pointers are NULL or valid; `pixels` has `width * height * channels` bytes.
foveate_status foveate_image_from_pixels(const uint8_t *pixels,
                                         uint32_t width,
                                         uint32_t height,
                                         uint32_t channels,
                                         foveate_image **out);

// Frees a picture; answers that are being made keep it until they end. NULL is passed over.
//
// # Safety
// `image` was given by this library, was not freed before, and no thread uses it.
void foveate_image_free(foveate_image *image);

// Begins to read all text of a picture. Pieces are text. `request` may be NULL.
// `foveate_answer_free` frees the answer.
//
// # Safety
// The pointers are NULL or valid.
foveate_status foveate_ocr(const foveate_model *model,
                           const foveate_image *image,
                           const foveate_request *request,
                           foveate_answer **out);

// Begins to answer a question in words. Pieces are text.
//
// # Safety
// The pointers are NULL or valid; text ends with a zero.
foveate_status foveate_ask(const foveate_model *model,
                           const foveate_image *image,
                           const char *question,
                           const foveate_request *request,
                           foveate_answer **out);

// Begins to read a value of a JSON Schema off a picture. Pieces are JSON values that grow, each
// with the members that are complete.
//
// # Safety
// The pointers are NULL or valid; text ends with a zero.
foveate_status foveate_read(const foveate_model *model,
                            const foveate_image *image,
                            const char *schema,
                            const foveate_request *request,
                            foveate_answer **out);

// Begins to read the event that a picture announces. Dates without a year come after `today`
// (YYYY-MM-DD); NULL is the current day. There are no pieces.
//
// # Safety
// The pointers are NULL or valid; text ends with a zero.
foveate_status foveate_event(const foveate_model *model,
                             const foveate_image *image,
                             const char *today,
                             const foveate_request *request,
                             foveate_answer **out);

// Waits for the next piece of an answer, which `foveate_string_free` frees; END after the last.
//
// # Safety
// The pointers are NULL or valid.
foveate_status foveate_answer_next(const foveate_answer *answer, char **piece);

// Waits for the whole answer as JSON, which `foveate_string_free` frees. Pieces not taken before
// are in it.
//
// # Safety
// The pointers are NULL or valid.
foveate_status foveate_answer_result(const foveate_answer *answer, char **json);

// Ends an answer before its next token; any thread may call it while others wait. What was written
// is then the answer, and its "stop" is "cancelled"; of a value, and before there is an answer,
// those who wait get FOVEATE_STATUS_CANCELLED. NULL is passed over.
//
// # Safety
// `answer` is NULL or valid.
void foveate_answer_cancel(const foveate_answer *answer);

// Frees an answer; one that has not ended is cancelled. NULL is passed over.
//
// # Safety
// `answer` was given by this library, was not freed before, and no thread uses it.
void foveate_answer_free(foveate_answer *answer);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* FOVEATE_H */
