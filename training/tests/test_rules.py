"""rules.json: the numbers of the format, and what a reader refuses."""

import json

import pytest

import rules
from rules import PATH, RULES, parse

CHANGES = {
    "slots": [("min_presence", "0.5", "expected a number"), ("max_glyphs", 1.5, "type int")],
    "tiling": [("pad", [127, 127], "three integers"), ("pad", [1.0, 2, 3], "three integers")],
    "box": [("above", True, "expected a number"), ("above", None, "expected a number")],
}


def test_the_numbers_are_those_that_models_were_trained_with():
    assert (RULES.tiling.rapid, RULES.tiling.balanced, RULES.tiling.high) == (224, 672, 1344)
    assert RULES.tiling.pad == (127, 127, 127) and RULES.tiling.max_upscale == 2.0
    assert (RULES.slots.overview_min_em, RULES.slots.detail_max_em) == (14.0, 72.0)
    assert (RULES.slots.same_across, RULES.slots.same_down) == (0.4, 0.3)
    assert (RULES.slots.min_presence, RULES.slots.overview_share) == (0.5, 0.75)
    assert (RULES.box.above, RULES.box.below) == (0.55, 0.45)
    assert (RULES.lines.drift, RULES.lines.growth, RULES.lines.gap) == (0.4, 1.7, 1.0)
    assert (RULES.place.longest, RULES.place.octaves, RULES.place.size_gain) == (4096, 8, 8)


def test_every_name_is_documented():
    text = (PATH.parent / "FORMAT.md").read_text()
    documented = text[text.index("## rules.json") :]
    for name, section in json.loads(PATH.read_text()).items():
        for key in section:
            assert f"`{name}.{key}`" in documented or f"`.{key}`" in documented, (name, key)


def test_missing_and_unknown_names_are_refused():
    given = json.loads(PATH.read_text())
    del given["lines"]["gap"]
    with pytest.raises(ValueError, match="lines lacks gap"):
        parse(json.dumps(given))
    given = json.loads(PATH.read_text()) | {"colour": {}}
    with pytest.raises(ValueError, match="unknown names: colour"):
        parse(json.dumps(given))
    with pytest.raises(ValueError, match="lacks box, lines"):
        parse("[]")


@pytest.mark.parametrize("name", CHANGES)
def test_values_of_another_type_are_refused(name):
    for key, value, why in CHANGES[name]:
        given = json.loads(PATH.read_text())
        given[name][key] = value
        with pytest.raises(ValueError, match=f"{name}.{key} is .*{why}"):
            parse(json.dumps(given))


def test_a_whole_number_may_stand_for_a_float():
    given = json.loads(PATH.read_text())
    given["box"]["above"] = 1
    assert isinstance(parse(json.dumps(given)).box.above, float)
    assert rules.RULES is RULES
