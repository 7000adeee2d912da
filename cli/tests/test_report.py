"""The report of a batch in headless Chromium: boxes, sorting, finding; 2,000 pictures; axe-core."""

import os
import pathlib
import shutil
import subprocess

import pytest

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

from conftest import BINARY, ENVIRONMENT, ROOT, foveate

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
# The package axe-core of npm, unpacked; `make test-cli` fetches it.
AXE = pathlib.Path(os.environ.get("AXE_CORE", ""), "axe.min.js")
# Pictures of the page, for people; none are taken where nobody asks.
SHOTS = os.environ.get("FOVEATE_SCREENSHOTS")
# A short answer: the weights are random, and the text of a picture would go round in circles.
READ = ("read", "--max-tokens", "40", "--schema", ROOT / "tests/data/title.schema.json")
TINY = ("--model", ROOT / "tests/data/tiny", "--rules", "off", "--mode", "rapid", *READ)
PICTURE = ROOT / "tests/data/tiny/picture.png"

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no chromium (Debian: apt-get install it)")


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def report(flyers, tmp_path_factory):
    """Events of the flyers, and of what is none."""
    folder = tmp_path_factory.mktemp("report")
    broken = folder / "<img src=x onerror=alert(1)>.png"
    broken.write_bytes(b"no picture")
    file = folder / "events.html"
    said = foveate("event", "--today", "2027-01-01", "--report", file, flyers, broken)
    assert said.returncode == 1, said.stderr
    return file


@pytest.fixture
def page(browser, report, request):
    context = browser.new_context(locale="en-GB", **getattr(request, "param", {}))
    page = context.new_page()
    faults, asked = [], []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text))
    page.on("dialog", lambda dialog: faults.append(dialog.message))
    page.on("request", lambda one: asked.append(one.url))
    page.goto(report.as_uri())
    yield page
    assert faults == []
    assert [url for url in asked if not url.startswith(("data:", report.as_uri()))] == []
    context.close()


def names(page):
    return page.locator("tbody tr:visible .picture span").all_text_contents()


def shot(page, name):
    if SHOTS:
        page.screenshot(path=pathlib.Path(SHOTS) / f"report-{name}.png")


def test_pictures_boxes_fields_and_errors_are_shown(page):
    expect(page.locator("#count")).to_have_text("5 pictures, 1 failed")
    row = page.locator("tbody tr").filter(has_text="jazz.png")
    expect(row.locator("td.k0 div").first).to_have_text("Summer Jazz Night")
    expect(row).to_contain_text("2027-06-12")
    image = row.locator("img")
    assert image.evaluate("(i) => i.complete && i.naturalWidth") == 256 or image.evaluate(
        "(i) => i.naturalHeight") == 256
    # The boxes lie on the picture.
    picture, box = image.bounding_box(), row.locator("rect.k0").first.bounding_box()
    assert picture["x"] <= box["x"] and box["x"] + box["width"] <= picture["x"] + picture["width"]
    assert picture["y"] <= box["y"] and box["width"] > 0.4 * picture["width"]
    failed = page.locator("tr:has(td.failed)")
    expect(failed).to_contain_text("<img src=x onerror=alert(1)>.png")
    expect(failed.locator("td.failed p")).to_contain_text("PNG")
    assert failed.locator("img").count() == 0


def test_it_is_sorted_by_the_mouse_and_by_the_keyboard(page):
    def head(name):
        return page.get_by_role("columnheader", name=name)

    titles = lambda: [t for t in page.locator("td:nth-child(3)").all_text_contents()]
    head("title").get_by_role("button").click()
    assert head("title").get_attribute("aria-sort") == "ascending"
    found = titles()
    assert found[-1] == "" and found[:-1] == sorted(found[:-1], key=str.casefold)
    page.keyboard.press("Enter")
    assert head("title").get_attribute("aria-sort") == "descending"
    assert titles()[-1] == "", "what is empty stays last"
    for _ in range(6):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert head("Confidence").get_attribute("aria-sort") == "ascending"
    sure = page.locator("tbody tr td:nth-last-child(2)").all_text_contents()
    numbers = [int(text.rstrip("%")) for text in sure if text]
    assert numbers == sorted(numbers) and len(numbers) == 4
    head("No.").get_by_role("button").click()
    assert [int(n) for n in page.locator("td:first-child").all_text_contents()] == [1, 2, 3, 4, 5]


def test_rows_are_found_and_pictures_enlarged(page):
    page.get_by_label("Find").fill("JAZZ")
    assert [pathlib.Path(name).name for name in names(page)] == ["jazz.png"]
    expect(page.locator("#count")).to_have_text("1 pictures, 0 failed")
    thumb = page.get_by_role("button", name="Enlarge").and_(page.locator(":visible"))
    before = thumb.bounding_box()["width"]
    thumb.focus()
    page.keyboard.press("Enter")
    expect(thumb).to_have_attribute("aria-expanded", "true")
    assert thumb.bounding_box()["width"] > 2 * before


LOOKS = {
    "light": {"viewport": {"width": 1280, "height": 860}},
    "dark": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True},
}


@pytest.mark.parametrize("page", LOOKS.values(), ids=LOOKS, indirect=True)
def test_it_keeps_the_rules_of_axe(page, request):
    shot(page, request.node.callspec.id)
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0, "it is wider than the screen"
    if not AXE.is_file():
        pytest.skip("no rules of axe (npm)")
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": AXE.read_text() + ";0"})
    found = page.evaluate("axe.run()")["violations"]
    serious = [f for f in found if f["impact"] in ("serious", "critical")]
    assert [(f["id"], f["help"], [n["html"][:200] for n in f["nodes"]]) for f in serious] == []


def batch(count, file):
    """Reports so many pictures; the most memory it took, in megabytes."""
    command = [BINARY, *TINY, "--report", file, "--files-from", "-"]
    run = subprocess.Popen(["/usr/bin/env", "python3", "-c", PEAK, *map(str, command)], cwd=ROOT,
        env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    peak, _ = run.communicate(f"{PICTURE}\n" * count)
    assert run.returncode == 0
    return int(peak) / 1024


PEAK = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


def test_two_thousand_pictures(browser, tmp_path):
    few, many = batch(100, tmp_path / "few.html"), batch(2000, tmp_path / "many.html")
    print(f"100 pictures: {few:.0f} MB at most; 2,000: {many:.0f} MB")
    assert many < few + 30, "memory grows with the pictures"
    page = browser.new_page()
    page.goto((tmp_path / "many.html").as_uri(), timeout=300_000)
    expect(page.locator("#count")).to_have_text("2,000 pictures, 0 failed")
    page.get_by_role("button", name="No.").click()
    assert page.locator("tbody tr td:first-child").first.text_content() == "2000"
    assert page.locator("tbody tr").count() == 2000
    assert page.locator("img[loading=lazy]").count() == 2000
    page.close()
