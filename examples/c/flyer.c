/* The event and the text of a flyer, and a question about it whose answer another thread may end.
 *
 *     cargo build --release -p foveate-capi
 *     cc -o flyer examples/c/flyer.c -Icapi/include -Ltarget/release -lfoveate_c -lpthread
 *     LD_LIBRARY_PATH=target/release ./flyer models/nano examples/flyers/jazz.png
 *
 * ORT_DYLIB_PATH names the ONNX Runtime library where it is in none of the usual places.
 */
#include <foveate.h>

#include <pthread.h>
#include <stdio.h>

/* Prints what went wrong, if anything did. */
static int failed(foveate_status status, const char *what) {
    if (status == FOVEATE_STATUS_OK)
        return 0;
    fprintf(stderr, "%s: %s (%d)\n", what, foveate_error_message(), (int)status);
    return 1;
}

/* Prints the whole of an answer as JSON, and frees it. */
static int print_result(const char *what, foveate_answer *answer) {
    char *json = NULL;
    int bad = failed(foveate_answer_result(answer, &json), what);
    if (!bad)
        printf("%s: %s\n", what, json);
    foveate_string_free(json);
    foveate_answer_free(answer);
    return bad;
}

static void *cancel(void *answer) {
    foveate_answer_cancel(answer);
    return NULL;
}

/* Prints an answer as it is written; with `interrupt`, another thread ends it after one piece. */
static int print_pieces(foveate_answer *answer, int interrupt) {
    foveate_status status;
    char *piece = NULL;
    int pieces = 0;
    while ((status = foveate_answer_next(answer, &piece)) == FOVEATE_STATUS_OK) {
        printf("%s", piece);
        foveate_string_free(piece);
        if (++pieces == 1 && interrupt) {
            pthread_t thread;
            if (pthread_create(&thread, NULL, cancel, answer) == 0)
                pthread_join(thread, NULL);
        }
    }
    printf("\n%d pieces\n", pieces);
    return status == FOVEATE_STATUS_END ? 0 : failed(status, "pieces");
}

static int ask(const foveate_model *model, const foveate_image *image, int interrupt) {
    foveate_answer *answer = NULL;
    foveate_request request = {.max_tokens = 1000, .time_limit = 600.0};
    if (failed(foveate_ocr(model, image, &request, &answer), "ocr"))
        return 1;
    if (print_pieces(answer, interrupt)) {
        foveate_answer_free(answer);
        return 1;
    }
    return print_result("ocr", answer);
}

static int read_flyer(const foveate_model *model, const foveate_image *image) {
    foveate_answer *answer = NULL;
    if (failed(foveate_event(model, image, "2027-01-01", NULL, &answer), "event"))
        return 1;
    if (print_result("event", answer))
        return 1;
    const char *schema = "{\"type\": \"object\", \"required\": [\"title\"],"
                         " \"properties\": {\"title\": {\"type\": \"string\"}}}";
    if (failed(foveate_read(model, image, schema, NULL, &answer), "read"))
        return 1;
    return print_result("read", answer) || ask(model, image, 0) || ask(model, image, 1);
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: %s MODEL PICTURE\n", argv[0]);
        return 2;
    }
    foveate_model *model = NULL;
    foveate_image *image = NULL;
    int bad = failed(foveate_model_load(argv[1], NULL, &model), "load") ||
              failed(foveate_image_open(argv[2], &image), "open") || read_flyer(model, image);
    foveate_image_free(image);
    foveate_model_free(model);
    return bad;
}
