"""The page in headless Chromium: drop, correct, download, ask, faults; and axe-core's rules."""

import base64
import os
import pathlib
import shutil

import pytest

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

from conftest import ROOT, Server

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
# The package axe-core of npm, unpacked; `make test-serve` fetches it.
AXE = os.environ.get("AXE_CORE", "")
# Pictures of the page, for people; none are taken where nobody asks.
SHOTS = os.environ.get("FOVEATE_SCREENSHOTS")
# A model reads for a second; a busy machine takes longer.
expect.set_options(timeout=60_000)

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no chromium (Debian: apt-get install it)")


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def page(browser, server, request):
    options = getattr(request, "param", {})
    context = browser.new_context(accept_downloads=True, locale="en-GB", **options)
    page = context.new_page()
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    blocked = lambda said: "Content Security Policy" in said.text and page.faults.append(said.text)
    page.on("console", blocked)
    page.asked = []
    page.on("request", lambda asked: page.asked.append(asked.url))
    page.goto(server.url)
    yield page
    assert page.faults == []
    others = [u for u in page.asked if not u.startswith((server.url, "blob:", "data:"))]
    assert others == []
    context.close()


def shot(page, name):
    if SHOTS:
        page.wait_for_timeout(200)
        page.screenshot(path=pathlib.Path(SHOTS) / f"{name}.png", full_page=True)


def chosen(page, picture):
    page.locator("#file").set_input_files(picture)


def dropped(page, picture, kind="drop"):
    """Drops or pastes a file, as the browser tells the page of it."""
    data = base64.b64encode(pathlib.Path(picture).read_bytes()).decode()
    page.evaluate(
        """([data, kind]) => {
            const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
            const files = new DataTransfer();
            files.items.add(new File([bytes], "flyer.png", { type: "image/png" }));
            const event = kind === "drop"
              ? new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true })
              : new ClipboardEvent("paste", { clipboardData: files, bubbles: true });
            document.body.dispatchEvent(event);
        }""",
        [data, kind],
    )


def is_read(page):
    expect(page.locator("#title")).to_have_value("Summer Jazz Night")
    expect(page.locator("#when")).to_contain_text("12 June 2027, 20:00 – 23:30")


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_a_flyer_is_dropped_or_pasted(page, flyers, kind):
    dropped(page, flyers / "jazz.png", kind)
    is_read(page)
    assert page.locator("rect.field").count() == 5
    assert page.locator("rect.line").count() > 5
    # The boxes lie on the picture.
    picture = page.locator("#image").bounding_box()
    box = page.locator("rect.field[data-of=title]").bounding_box()
    assert picture["x"] <= box["x"] and box["x"] + box["width"] <= picture["x"] + picture["width"]
    assert box["width"] > 0.8 * picture["width"]


def test_fields_are_corrected_and_downloaded(page, flyers):
    chosen(page, flyers / "jazz.png")
    is_read(page)
    page.locator("rect.field[data-of=venue]").click()
    expect(page.locator("#venue")).to_be_focused()
    assert page.locator("rect.now").count() == 1
    page.locator("#venue").fill("The Old Mill")
    page.locator("#date").fill("13 June 2027")
    page.locator("#end").fill("")
    expect(page.locator("#when")).to_have_text("Sunday, 13 June 2027, 20:00")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download .ics").click()
    assert download.value.suggested_filename == "summer-jazz-night.ics"
    calendar = pathlib.Path(download.value.path()).read_text()
    for line in ("LOCATION:The Old Mill", "DTSTART:20270613T200000", "SUMMARY:Summer Jazz Night"):
        assert line in calendar
    page.locator("#date").fill("sometime")
    expect(page.locator("#when")).to_contain_text("not a date")
    expect(page.get_by_role("button", name="Download .ics")).to_be_disabled()


def test_an_answer_lights_up(page, flyers):
    chosen(page, flyers / "jazz.png")
    is_read(page)
    page.get_by_label("Ask about the picture").fill("Where is it?")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_contain_text("Riverside Hall")
    expect(page.locator("rect.lit").first).to_be_visible()
    shot(page, "asked")
    page.locator("#title").focus()
    expect(page.locator("rect.lit")).to_have_count(0)


def test_it_works_by_keyboard(page, flyers):
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    chooser.value.set_files(flyers / "jazz.png")
    is_read(page)
    page.locator("#title").focus()
    for name in ("date", "start", "end", "venue"):
        page.keyboard.press("Tab")
        expect(page.locator(f"#{name}")).to_be_focused()
    page.keyboard.press("Tab")
    with page.expect_download():
        page.keyboard.press("Enter")


def test_faults_are_told(page, server, flyers, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"this is no picture")
    chosen(page, broken)
    expect(page.get_by_role("alert")).to_contain_text("picture")
    shot(page, "fault")
    expect(page.locator("#drop")).to_be_visible()
    chosen(page, ROOT / "tests/bad/grey.png")
    expect(page.locator("#note")).to_contain_text("No text was found")
    expect(page.locator("#when")).to_have_text("A title is missing.")
    expect(page.get_by_role("alert")).to_be_hidden()
    page.route("**/v1/events*", lambda route: route.fulfill(
        status=429, headers={"Retry-After": "7"}, json={"error": {"message": "full"}}))
    chosen(page, flyers / "jazz.png")
    expect(page.get_by_role("alert")).to_have_text("The server is busy. Try again in 7 s.")
    page.unroute("**/v1/events*")
    page.route("**/v1/events*", lambda route: route.abort())
    chosen(page, flyers / "jazz.png")
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")


def test_a_token_is_asked_for(browser, flyers, tmp_path):
    token = tmp_path / "token"
    token.write_text("secret\n")
    server = Server("--token-file", token)
    page = browser.new_page(locale="en-GB")
    page.goto(server.url)
    chosen(page, flyers / "jazz.png")
    page.get_by_label("This server asks for its token").fill("secret")
    page.get_by_role("button", name="Go on").click()
    is_read(page)
    page.close()
    assert server.end() == 0


LOOKS = {
    "wide": {"viewport": {"width": 1280, "height": 860}},
    "dark": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2,
              "has_touch": True, "is_mobile": True},
    "phone-dark": {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2,
                   "color_scheme": "dark", "is_mobile": True},
}


@pytest.mark.parametrize("page", LOOKS.values(), ids=LOOKS, indirect=True)
def test_it_fits_and_keeps_the_rules_of_axe(page, flyers, request):
    look = request.node.callspec.id
    shot(page, f"{look}-empty")
    rules(page)
    chosen(page, flyers / "jazz.png")
    shot(page, f"{look}-reading")
    is_read(page)
    shot(page, f"{look}-read")
    rules(page)
    page.get_by_label("Ask about the picture").fill("When does it start?")
    page.keyboard.press("Enter")
    expect(page.locator("rect.lit").first).to_be_visible()
    shot(page, f"{look}-asked")
    rules(page)
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0, "it is wider than the screen"


def rules(page):
    """No serious finding of axe-core."""
    if not pathlib.Path(AXE, "axe.min.js").is_file():
        return
    # As a browser's extension would: the page's policy lets no script in.
    session = page.context.new_cdp_session(page)
    script = (pathlib.Path(AXE) / "axe.min.js").read_text()
    session.send("Runtime.evaluate", {"expression": script + ";0"})
    found = page.evaluate("axe.run()")["violations"]
    serious = [f for f in found if f["impact"] in ("serious", "critical")]
    told = [(f["id"], f["help"], [n["html"] for n in f["nodes"]]) for f in serious]
    assert told == []
