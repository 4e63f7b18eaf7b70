"""The page in a real browser, over the answers of a real daemon: by mouse, by keyboard, wide and narrow.

Break it: let a template hold a style or a script, drop a label, or let a picture come from another host.
"""

import re
import shutil

import pytest

pytest.importorskip("starlette", reason="the extra `page` is not installed")
pytest.importorskip("playwright", reason="Playwright is not installed")

from axe_playwright_python.sync_playwright import Axe
from PIL import Image, ImageStat
from playwright.sync_api import expect

from tests.support.browser import chromium, opened_browser, served_page
from tests.support.daemons import inboxray
from tests.support.deadlines import scaled
from tests.support.pictures import dicom_bytes, png_bytes
from tests.support.radiographs import encoded, radiograph

pytestmark = [
    pytest.mark.skipif(chromium() is None, reason="no Chromium: install the package `chromium`"),
    pytest.mark.timeout(180),
]

LONGEST_MS = scaled(30) * 1000
expect.set_options(timeout=LONGEST_MS)

HOSTILE = '<img src=x onerror=alert(1)>"'
SHAPE_ALONE = "Element content contains only non-text characters"
SIZES = {"wide": {"width": 1280, "height": 900}, "narrow": {"width": 400, "height": 800}}
PAGES = (
    "/",
    "/?outcome=failed",
    "/?patient=absent",
    "/studies",
    "/failures",
    "/figures",
    "/scan/absent",
    "/?page=x",
)


@pytest.fixture(scope="module")
def spool(tmp_path_factory):
    """A spool in which a daemon has answered a study of two, a film, a picture of noise, and two failures."""
    spool = tmp_path_factory.mktemp("page") / "spool"
    inbox = spool / "inbox"
    inbox.mkdir(parents=True)
    study = {"StudyInstanceUID": "1.2.3.4", "PatientID": "0010", "Manufacturer": "Maker"}
    for number in (1, 2):
        (inbox / f"study-{number}.dcm").write_bytes(dicom_bytes(number, **study))
    (inbox / "hostile.dcm").write_bytes(
        dicom_bytes(3, PatientID=HOSTILE, Manufacturer=HOSTILE, StationName="Room 7")
    )
    (inbox / "film.png").write_bytes(encoded(radiograph(1, 600, 400)))
    (inbox / "noise.png").write_bytes(png_bytes(9))
    (inbox / "cut.dcm").write_bytes(dicom_bytes(5)[:-3000])
    (inbox / "letter.txt").write_text("no picture")
    done = inboxray(spool, "once", incomplete_wait_s=1, settle_s=0.2)
    assert done.returncode == 0, done.stderr
    return spool


@pytest.fixture(scope="module")
def address(spool, tmp_path_factory):
    with served_page(spool, tmp_path_factory.mktemp("served")) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    with opened_browser() as browser:
        yield browser


@pytest.fixture(params=SIZES)
def tab(request, browser, address):
    """A tab whose console must stay silent, and which may ask nobody but the page."""
    yield from opened_tab(browser, address, SIZES[request.param])


@pytest.fixture
def wide(browser, address):
    yield from opened_tab(browser, address, SIZES["wide"])


def opened_tab(browser, address, size):
    context = browser.new_context(base_url=address, viewport=size)
    context.set_default_timeout(LONGEST_MS)
    tab = context.new_page()
    messages, elsewhere = [], []
    tab.on("console", lambda message: messages.append(message.text))
    tab.on("pageerror", lambda error: messages.append(str(error)))
    tab.on("request", lambda asked: elsewhere.append(asked.url) if address not in asked.url else None)
    tab.goto("/")
    yield tab
    context.close()
    expected = re.compile("Failed to load resource: the server responded with a status of 40[04]")
    assert [text for text in messages if not expected.match(text)] == []
    assert elsewhere == []


def shown(tab):
    """Find the rows of a list; ask by `expect`, for what a click leads to may be on its way."""
    return tab.locator("#worklist tbody tr")


def test_the_worklist_leads_to_a_scan_and_back(tab):
    expect(shown(tab)).to_have_count(7)
    tab.get_by_label("Patient ID").fill("0010")
    tab.get_by_role("button", name="Show").click()
    expect(shown(tab)).to_have_count(2)
    expect(tab).to_have_url(re.compile("patient=0010"))
    shown(tab).first.get_by_role("link").click()
    expect(tab.get_by_role("heading", level=1)).to_be_visible()
    expect(tab.get_by_text("Other pictures of this study")).to_be_visible()
    tab.get_by_role("link", name="Next").click()
    expect(tab.get_by_role("link", name="Next")).to_have_count(0)
    tab.get_by_label("Neighbours").get_by_role("link", name="Worklist").click()
    expect(tab).to_have_url(re.compile("patient=0010"))


def test_more_filters_open_when_one_of_them_holds(wide):
    wide.get_by_text("More filters").click()
    wide.get_by_label("Error code").select_option("truncated")
    wide.get_by_role("button", name="Show").click()
    expect(shown(wide)).to_contain_text("cut.dcm")
    expect(wide.get_by_label("Error code")).to_be_visible()
    wide.get_by_role("link", name="All scans").click()
    expect(shown(wide)).to_have_count(7)
    expect(wide.get_by_label("Error code")).to_be_hidden()


def test_the_list_and_a_scan_by_the_keyboard_alone(wide):
    wide.keyboard.press("/")
    assert wide.evaluate("document.activeElement.name") == "decision"
    wide.keyboard.press("Escape")
    wide.evaluate("document.activeElement.blur()")
    wide.keyboard.press("j")
    first = wide.evaluate("document.activeElement.getAttribute('href')")
    wide.keyboard.press("j")
    second = wide.evaluate("document.activeElement.getAttribute('href')")
    assert (first != second, wide.evaluate("document.activeElement.closest('tr').rowIndex")) == (True, 2)
    wide.keyboard.press("k")
    wide.keyboard.press("Enter")
    wide.wait_for_url(f"**{first}")
    wide.keyboard.press("n")
    wide.wait_for_url(f"**{second}")
    wide.keyboard.press("p")
    wide.wait_for_url(f"**{first}")
    wide.keyboard.press("Escape")
    wide.wait_for_selector("#worklist")


def test_studies_lead_to_the_scan_that_decides_by_the_keyboard(tab):
    tab.get_by_label("Pages").get_by_role("link", name="Studies").click()
    expect(shown(tab), "the study of two is one row").to_have_count(6)
    tab.get_by_label("Patient ID").fill("0010")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/studies?*patient=0010*")
    expect(shown(tab)).to_have_count(1)
    tab.keyboard.press("j")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/scan/*")
    tab.get_by_label("Neighbours").get_by_role("link", name="Worklist").click()
    tab.wait_for_url("**/studies?*patient=0010*")
    tab.get_by_role("link", name="2", exact=True).click()
    tab.wait_for_url("**/?study=1.2.3.4&current=1")
    expect(shown(tab)).to_have_count(2)


def film_of(tab, name="film.png"):
    tab.goto(f"/?name={name}")
    shown(tab).get_by_role("link").click()
    tab.wait_for_url("**/scan/*")
    return loaded(tab.locator("img.film").first)


def loaded(picture):
    """Wait until a picture is there."""
    picture.scroll_into_view_if_needed()
    picture.evaluate("one => one.decode()")
    return picture


def brightness(tab, tmp_path):
    """Measure what the browser really draws of the film."""
    tab.locator("img.film").screenshot(path=tmp_path / "drawn.png")
    with Image.open(tmp_path / "drawn.png") as drawn:
        return ImageStat.Stat(drawn.convert("L")).mean[0]


def test_window_level_and_inversion_change_what_is_drawn(wide, tmp_path):
    film_of(wide)
    plain = brightness(wide, tmp_path)
    wide.keyboard.press("i")
    assert brightness(wide, tmp_path) == pytest.approx(255 - plain, abs=4)
    wide.keyboard.press("0")
    assert brightness(wide, tmp_path) == pytest.approx(plain, abs=0.5)
    for _ in range(10):
        wide.keyboard.press(".")
    assert brightness(wide, tmp_path) < plain - 10
    wide.get_by_role("button", name="Reset").click()
    for _ in range(16):
        wide.keyboard.press("[")
    assert wide.get_by_label("Window").input_value() == "128"


def test_the_heat_map_fades_in_over_the_picture_and_lies_square_around_it(wide, tmp_path):
    film = film_of(wide)
    plain = brightness(wide, tmp_path)
    heat = wide.locator("img.map")
    assert heat.evaluate("one => getComputedStyle(one).opacity") == "0"
    assert wide.locator("img.outlines").evaluate("one => getComputedStyle(one).opacity") == "0"
    wide.keyboard.press("o")
    assert wide.locator("img.outlines").evaluate("one => getComputedStyle(one).opacity") == "1"
    wide.keyboard.press("m")
    assert heat.evaluate("one => getComputedStyle(one).opacity") == "0.6"
    loaded(heat)
    assert brightness(wide, tmp_path) != pytest.approx(plain, abs=0.01)
    box, square = film.bounding_box(), heat.bounding_box()
    assert square["width"] == pytest.approx(square["height"], abs=1)
    assert square["height"] == pytest.approx(box["height"], abs=1)
    middle = box["x"] + box["width"] / 2
    assert square["x"] + square["width"] / 2 == pytest.approx(middle, abs=1)


def test_a_picture_is_enlarged_by_keys_and_moved_by_dragging(wide):
    film = film_of(wide)
    before = film.bounding_box()["width"]
    for _ in range(8):
        wide.keyboard.press("+")
    assert film.bounding_box()["width"] == pytest.approx(3 * before, rel=0.02)
    wide.wait_for_selector("img.film[src$='picture.png']")  # every pixel, not the preview's
    viewer = wide.locator(".viewer")
    box = viewer.bounding_box()
    x, y = box["x"] + 100, box["y"] + 100
    wide.mouse.move(x, y)
    wide.mouse.down()
    wide.mouse.move(x - 60, y - 40, steps=4)
    wide.mouse.up()
    assert viewer.evaluate("one => [one.scrollLeft, one.scrollTop]") == [60, 40]
    wide.keyboard.down("Shift")
    wide.mouse.move(x, y)
    wide.mouse.down()
    wide.mouse.move(x + 50, y, steps=5)
    wide.mouse.up()
    wide.keyboard.up("Shift")
    assert wide.get_by_label("Window").input_value() == "306"


def test_failures_say_why_and_lead_to_the_scans(tab):
    tab.get_by_role("link", name="Failures").click()
    expect(tab.get_by_text("inboxray requeue --code truncated")).to_be_visible()
    tab.get_by_role("link", name="failed: truncated").click()
    expect(shown(tab)).to_have_count(1)
    shown(tab).get_by_role("link").click()
    expect(tab.get_by_text("The file ends before its picture does").first).to_be_visible()
    expect(tab.locator("img.film")).to_have_count(0)


def test_figures_count_by_day_and_device(tab):
    tab.get_by_role("link", name="Figures").click()
    by_device = tab.get_by_role("table", name="By device")
    expect(by_device.get_by_role("row", name=re.compile("^Maker 2"))).to_have_count(1)
    expect(tab.get_by_role("table", name="By day").get_by_role("row")).to_have_count(15)
    tab.locator("select[name=days]").select_option("1")
    tab.get_by_role("button", name="Show").click()
    expect(tab.get_by_role("table", name="By day").get_by_role("row")).to_have_count(2)


def test_what_a_header_holds_is_text(wide):
    """Break it: turn `autoescape` off."""
    wide.on("dialog", lambda dialog: pytest.fail(dialog.message))
    expect(wide.get_by_text(HOSTILE).first).to_be_visible()
    film_of(wide, "hostile")
    expect(wide.get_by_text(HOSTILE).first).to_be_visible()
    wide.goto("/figures")
    expect(wide.get_by_text(HOSTILE).first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_barrier_that_axe_finds(tab, scheme):
    """What axe leaves open is looked through too."""
    tab.emulate_media(color_scheme=scheme)
    film_of(tab)
    scan = tab.url
    for path in (*PAGES, scan):
        tab.goto(path)
        found = Axe().run(tab).response
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []
        left = [node for one in found["incomplete"] for node in one["nodes"]]
        # The shape beside a word has the word's colour, which axe did judge.
        assert [node["html"] for node in left if node["any"][0]["message"] != SHAPE_ALONE] == []


@pytest.mark.parametrize("path", [*PAGES, "scan"])
def test_nothing_is_wider_than_a_narrow_screen(browser, address, path):
    for tab in opened_tab(browser, address, SIZES["narrow"]):
        if path == "scan":
            film_of(tab)
        else:
            tab.goto(path)
        assert tab.evaluate("document.documentElement.scrollWidth") <= SIZES["narrow"]["width"]


def test_a_scan_is_reviewed_with_one_key(spool, browser, tmp_path):
    copy = shutil.copytree(spool, tmp_path / "spool")
    with served_page(copy, tmp_path, "--reviewer", "Dr. A") as address:
        for tab in opened_tab(browser, address, SIZES["wide"]):
            film_of(tab)
            tab.keyboard.press("d")
            tab.wait_for_url("**#reviews")
            expect(tab.get_by_text("disagree with abstained: Dr. A")).to_be_visible()
            tab.get_by_label("Note").fill("d a u")  # letters in a field are letters
            tab.get_by_label("Note").press("Enter")  # which chooses no verdict
            expect(tab.get_by_text("Dr. A, ")).to_have_count(1)
            tab.get_by_role("button", name="unsure").click()
            tab.wait_for_selector("text=unsure with abstained")
            tab.goto("/?reviewed=yes")
            expect(shown(tab)).to_contain_text("reviewed: unsure")
            found = Axe().run(tab).response
            assert found["violations"] == []
