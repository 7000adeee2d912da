/* What is no argument is a code and a message, and nothing is given. */
#include <foveate.h>

#undef NDEBUG
#include <assert.h>
#include <string.h>


static void told(foveate_status status, foveate_status expected, const char *part) {
    assert(status == expected);
    assert(strstr(foveate_error_message(), part));
}

int main(int argc, char **argv) {
    foveate_model *model = (foveate_model *)argv;
    foveate_image *image = (foveate_image *)argv;
    foveate_answer *answer = (foveate_answer *)argv;
    char *text = NULL;
    const foveate_status none = FOVEATE_STATUS_INVALID_ARGUMENT;
    assert(argc == 2 && *foveate_version() && !*foveate_error_message());

    told(foveate_model_load(NULL, NULL, &model), none, "model is NULL");
    assert(!model);
    told(foveate_model_load(argv[1], NULL, NULL), none, "out is NULL");
    told(foveate_model_load("/nowhere/at all", NULL, &model), FOVEATE_STATUS_ASSETS_MISSING, "");
    foveate_options options = {.mode = "close"};
    told(foveate_model_load(argv[1], &options, &model), none, "\"close\" is no mode");

    told(foveate_image_open("/nowhere.png", &image), FOVEATE_STATUS_INVALID_IMAGE, "/nowhere.png");
    assert(!image);
    told(foveate_image_open("\xff", &image), none, "no UTF-8");
    told(foveate_image_decode((const uint8_t *)"no", 2, &image), FOVEATE_STATUS_INVALID_IMAGE, "");
    told(foveate_image_from_pixels((const uint8_t *)"12", 1, 1, 2, &image), none, "channels");
    told(foveate_ocr(NULL, NULL, NULL, &answer), none, "model is NULL");
    assert(!answer);
    told(foveate_answer_next(NULL, &text), none, "answer is NULL");
    told(foveate_answer_result(NULL, NULL), none, "json is NULL");

    const uint8_t white[3] = {255, 255, 255};
    assert(foveate_image_from_pixels(white, 1, 1, 3, &image) == FOVEATE_STATUS_OK && image);
    foveate_image_free(image);
    foveate_answer_cancel(NULL);
    foveate_answer_free(NULL);
    foveate_image_free(NULL);
    foveate_model_free(NULL);
    foveate_string_free(NULL);
    return 0;
}
