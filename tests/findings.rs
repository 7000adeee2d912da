//! Faults that were found by use, each with the tests that would find it again. A test that is
//! renamed or dropped is missed here.
use foveate::language::Schema;
use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::net::IpAddr;
use std::path::Path;

/// What was wrong, and the tests: `file: name`.
const FOUND: &[(&str, &[&str])] = &[
    // Wrong or lost without a word.
    (
        "a page of more glyphs than there is room for was cut",
        &[
            "tests/shapes.rs: a_crowded_picture_is_read_to_its_end",
            "fusion/src/readers/glyph/select.rs: at_most_max_glyphs_are_kept",
        ],
    ),
    (
        "a blank picture was given text, numbers and truth values",
        &[
            "tests/pipeline.rs: a_blank_picture_says_nothing",
            "tests/pipeline.rs: streams_of_a_blank_picture_ask_nobody_and_say_what_run_says",
            "tests/base.rs: a_blank_picture_tells_nothing",
        ],
    ),
    (
        "a number that stands nowhere was answered",
        &[
            "tests/pipeline.rs: numbers_and_truth_values_need_evidence",
            "fusion/src/session/evidence.rs: what_must_stand_there_is_named",
            "fusion/src/session/evidence.rs: what_stands_nowhere_is_left_out_where_it_may_be",
        ],
    ),
    (
        "a value that holds an Option or must hold something was made up",
        &["fusion/src/session/blank.rs: optional_parts_say_nothing_and_required_ones_are_named"],
    ),
    (
        "an answer that went in circles was taken for one",
        &[
            "tests/pipeline.rs: circles_are_stopped_and_said",
            "tests/conversations/main.rs: limits_end_answers_and_name_themselves",
            "language/src/generate/repetition.rs: circles_are_found_soon",
        ],
    ),
    (
        "what is odd about a file was known and not shown",
        &[
            "cli/tests/command/pictures.rs: what_is_odd_about_a_file_is_told_and_carried_in_json",
            "vision/tests/bad_input.rs: of_a_damaged_file_what_is_there",
        ],
    ),
    (
        "answers broke their schema",
        &[
            "language/tests/schemas.rs: two_bounds_at_once_both_hold",
            "language/src/constrain/schema/unions.rs: \
             branches_that_could_both_hold_are_refused_by_name",
            "language/src/constrain/schema/numbers.rs: numbers_stay_within_their_type",
            "language/src/constrain/rules.rs: keys_are_written_once_by_whatever_escapes",
            "language/src/constrain/rules.rs: numbers_end",
        ],
    ),
    (
        "two pictures could be made to have one fingerprint",
        &[
            "fusion/src/image/fingerprint.rs: pixels_in_another_order_differ",
            "fusion/src/image/fingerprint.rs: pictures_of_the_same_bytes_in_another_shape_differ",
        ],
    ),
    (
        "a bundle replaced under a process mixed two models",
        &["runtime/onnx/tests/refused.rs: a_file_replaced_under_an_open_graph_changes_nothing"],
    ),
    (
        "a saved answer was not held against its tokens",
        &["tests/conversations/saved.rs: a_saved_answer_must_be_what_its_tokens_spell"],
    ),
    // Dies, hangs, eats.
    (
        "chains of references and recursive objects ate stack and memory",
        &[
            "language/tests/schemas.rs: long_chains_of_references_are_refused",
            "language/tests/schemas.rs: types_that_hold_themselves_many_times_compile",
            "language/tests/schemas.rs: deep_nesting_written_out_is_refused",
        ],
    ),
    (
        "schemas, lists and prompts were read without bound",
        &[
            "cli/tests/command/codes.rs: what_never_ends_is_not_read_for_ever",
            "fusion/src/batch/list.rs: what_is_no_list_is_one_error_soon",
            "language/src/tokenizer/tests.rs: a_text_too_long_by_its_length_is_not_tokenised",
        ],
    ),
    (
        "a picture of 314 bytes took 48 s to search for codes",
        &[
            "tests/codes.rs: a_sheet_of_corner_squares_takes_no_time",
            "tests/codes.rs: every_code_of_a_sheet_is_read",
        ],
    ),
    (
        "memory was set aside on a header's word",
        &[
            "vision/tests/claims.rs: nothing_is_allocated_for_a_claim",
            "fusion/src/image.rs: bytes_are_held_against_limits",
            "cli/tests/command/codes.rs: one_too_large_for_the_limits",
        ],
    ),
    (
        "files of a bundle that are devices or pipes were read without end",
        &[
            "tests/bundles.rs: devices_and_pipes_are_named_and_not_read",
            "runtime/onnx/tests/refused.rs: devices_pipes_and_folders_are_no_graphs",
            "vision/tests/bad_input.rs: devices_pipes_and_folders_are_no_files",
        ],
    ),
    (
        "a tokenizer could grow text, backtrack or panic",
        &[
            "language/src/tokenizer/vetted.rs: what_could_grow_or_lose_text_is_refused_by_name",
            "language/src/tokenizer/vetted.rs: \
             published_patterns_are_taken_and_backtracking_ones_are_not",
            "language/src/tokenizer/vetted.rs: padding_and_templates_change_nothing",
        ],
    ),
    (
        "a library that is not ONNX Runtime ended the process; threads had no bound",
        &[
            "runtime/onnx/tests/missing.rs: a_library_that_only_claims_to_be_it_is_named",
            "runtime/onnx/src/options.rs: threads_are_bounded",
        ],
    ),
    (
        "cancelling and time limits did not reach the encoder",
        &[
            "tests/conversations/main.rs: \
             a_request_cancelled_while_a_picture_is_encoded_is_so_named",
            "vision/tests/encoder.rs: a_picture_that_nobody_wants_is_not_encoded",
            "vision/tests/spotting.rs: a_picture_that_nobody_wants_is_not_spotted",
            "runtime/onnx/tests/refused.rs: a_long_run_ends_between_two_operators",
        ],
    ),
    (
        "a full conversation was dead, and a used handle ended every later request",
        &[
            "tests/conversations/saved.rs: \
             a_full_conversation_goes_on_when_old_turns_are_forgotten",
            "tests/background.rs: a_request_of_the_past_cancels_nothing",
        ],
    ),
    // Slow for no reason.
    (
        "a helper thread without a core held up every phase",
        &["runtime/kernels/src/team/tests.rs: after_a_late_phase_the_leader_is_alone"],
    ),
    (
        "one decoder served one request at a time",
        &[
            "runtime/kernels/src/team/tests.rs: other_calls_keep_helpers_away",
            "tests/conversations/main.rs: eight_threads_answer_as_one",
        ],
    ),
    // Lets code or files in.
    (
        "code of another user was loaded",
        &[
            "runtime/onnx/src/find/trust.rs: what_others_can_write_is_refused",
            "runtime/onnx/src/find/places.rs: without_a_wish_no_checkout_is_looked_in",
            "runtime/onnx/tests/telemetry.rs: nothing_is_written_for_sending",
        ],
    ),
    (
        "a graph read files outside its folder",
        &["runtime/onnx/tests/refused.rs: \
             weights_outside_the_folder_are_refused_by_every_way_there"],
    ),
    (
        "a stranger's folder was the default model, and names commanded the terminal",
        &[
            "cli/tests/command/models.rs: \
             a_model_in_the_current_folder_is_loaded_by_its_path_alone",
            "cli/tests/command/names.rs: names_do_not_command_the_terminal",
        ],
    ),
    (
        "a tool was called four times for the same",
        &["tests/tools.rs: noise_calls_only_declared_tools_with_declared_arguments"],
    ),
    // For who begins.
    (
        "an error's line ends were spelled out",
        &["fusion/src/error.rs: debug_is_the_message_with_its_line_ends"],
    ),
    (
        "a system-wide ONNX Runtime was not looked for",
        &["runtime/onnx/src/find/places.rs: without_either_the_documented_order"],
    ),
    (
        "an adapter had no path",
        &["cli/tests/command/models.rs: an_adapter_is_taken_by_its_path_too"],
    ),
    (
        "damaged weights were loaded",
        &[
            "tests/bundles.rs: a_file_that_is_not_the_one_config_json_names_is_named",
            "fusion/src/bundle/sums.rs: the_file_that_differs_is_named_with_both_sums",
        ],
    ),
    (
        "an exit code was another than the documented one",
        &[
            "cli/tests/command/codes.rs: zero_every_picture_was_answered",
            "cli/tests/command/codes.rs: one_some_picture_was_not",
            "cli/tests/command/codes.rs: one_out_of_time",
            "cli/tests/command/codes.rs: one_output_that_cannot_be_written",
            "cli/tests/command/codes.rs: two_wrong_usage",
            "cli/tests/command/codes.rs: three_the_model_or_its_adapter_cannot_be_loaded",
            "cli/tests/command/codes.rs: an_interrupt_ends_quietly",
            "cli/tests/command/pipes.rs: a_closed_output_ends_every_command_quietly",
            "cli/tests/command/pipes.rs: failures_until_then_are_told_in_the_code",
        ],
    ),
];

#[test]
fn every_fault_that_was_found_has_its_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (fault, test) in FOUND
        .iter()
        .flat_map(|(f, tests)| tests.iter().map(move |t| (f, t)))
    {
        let (file, name) = test.split_once(": ").unwrap();
        let text = fs::read_to_string(root.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
        let function = format!("#[test]\nfn {name}() {{");
        let lines = text.lines().map(str::trim);
        let lines: Vec<&str> = lines.filter(|line| !line.starts_with("#[cfg(")).collect();
        let text = lines.join("\n");
        assert!(
            text.contains(&function),
            "{file} has no test {name}: {fault}"
        );
    }
}

#[test]
fn sets_and_addresses_are_types_that_can_be_read() {
    #[derive(schemars::JsonSchema)]
    #[allow(dead_code, reason = "only its schema is of use")]
    struct Network {
        names: HashSet<String>,
        ports: BTreeSet<u16>,
        address: IpAddr,
    }
    let schema = schemars::schema_for!(Network);
    Schema::new(&schema.to_value()).unwrap();
}
