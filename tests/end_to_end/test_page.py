"""The page at /, used by a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Page, Route, expect, sync_playwright
from tests.end_to_end.running_server import RunningServer

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = pytest.mark.engine
with_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium (Debian's package chromium)")


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    """A page whose script errors, console errors and requests to other hosts fail the test."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1100, "height": 900})
        yield page
        browser.close()


@pytest.fixture
def problems(browser_page: Page) -> list[str]:
    found: list[str] = []
    browser_page.on("pageerror", lambda error: found.append(f"script: {error}"))
    browser_page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    browser_page.on("requestfailed", lambda request: found.append(f"request: {request.url}"))
    return found


@with_browser
def test_chat_streams_and_a_text_is_classified(server: RunningServer, browser_page: Page, problems: list[str]) -> None:
    page = browser_page
    page.goto(server.url)
    expect(page.locator("#status")).to_have_text("ok")
    expect(page.locator("#models")).to_contain_text("jobai-nano")
    expect(page.locator("#base-url")).to_have_text(server.base_url)
    page.fill("#key", server.admin_key)
    # Every change of the answer is kept: a streamed one grows, one that comes at once does not.
    page.evaluate(
        """() => {
            window.lengths = [];
            const answer = document.getElementById("answer");
            new MutationObserver(() => window.lengths.push(answer.textContent.length))
                .observe(answer, {childList: true, characterData: true, subtree: true});
        }"""
    )
    page.click("#chat button[type=submit]")
    page.wait_for_function(
        "() => document.getElementById('stop').disabled && window.lengths.length > 5", timeout=60_000
    )
    lengths = page.evaluate("() => window.lengths")
    assert lengths == sorted(lengths)
    assert len(set(lengths)) > 5
    page.click("#classify button[type=submit]")
    expect(page.locator("#scores tr")).to_have_count(3, timeout=60_000)
    shown = page.locator("#scores tr td:last-child").all_inner_texts()
    assert sum(map(float, shown)) == pytest.approx(1, abs=0.01)
    assert problems == []


@with_browser
def test_a_wrong_key_is_said_in_words_and_markup_stays_text(server: RunningServer, browser_page: Page) -> None:
    page = browser_page
    page.goto(server.url)
    page.fill("#key", "wrong")
    page.click("#chat button[type=submit]")
    expect(page.locator("#chat-error")).to_contain_text("key")
    page.fill("#key", server.admin_key)
    page.fill("#categories", "<img src=x onerror=alert(1)>, other")
    page.click("#classify button[type=submit]")
    expect(page.locator("#scores")).to_contain_text("<img src=x onerror=alert(1)>", timeout=60_000)
    assert page.locator("#scores img").count() == 0


@with_browser
@pytest.mark.parametrize(
    ("status", "body", "answer", "said"),
    [
        (200, 'data: {"choices": [{"delta": {"content": "Half an"}}]}\n\n', "Half an", "The answer was cut off."),
        (502, "", "", "The server answered with status 502."),
        (503, '{"error": {"message": "Try later."}}', "", "Try later."),
        (0, "", "", "The connection to the server was lost."),
    ],
)
def test_an_answer_that_breaks_off_is_no_whole_one(
    server: RunningServer, browser_page: Page, status: int, body: str, answer: str, said: str
) -> None:
    def broken(route: Route) -> None:
        if status:
            route.fulfill(status=status, body=body)
        else:
            route.abort()

    page = browser_page
    page.goto(server.url)
    page.route("**/v1/chat/completions", broken)
    page.fill("#key", server.admin_key)
    page.click("#chat button[type=submit]")
    expect(page.locator("#chat-error")).to_have_text(said)
    expect(page.locator("#answer")).to_have_text(answer)
    page.unroute("**/v1/chat/completions")


@with_browser
def test_a_key_that_is_none_is_not_sent(server: RunningServer, browser_page: Page) -> None:
    page = browser_page
    page.goto(server.url)
    for key in ("", "schlüssel", "two words"):
        page.fill("#key", key)
        page.click("#classify button[type=submit]")
        expect(page.locator("#classify-error")).to_contain_text("Type an API key")


@with_browser
def test_a_narrow_window_needs_no_scrolling_sideways(server: RunningServer, browser_page: Page) -> None:
    page = browser_page
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(server.url)
    expect(page.locator("#models")).to_contain_text("all-MiniLM-L6-v2")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.set_viewport_size({"width": 1100, "height": 900})


def test_the_page_takes_nothing_from_elsewhere(server: RunningServer) -> None:
    with httpx2.Client(base_url=server.url) as anybody:
        page = anybody.get("/")
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none';")
        assert "unsafe" not in policy
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        for name in ("page.js", "page.css", "icon.svg"):
            assert f"/page/{name}" in page.text
            assert anybody.get(f"/page/{name}").status_code == 200
        assert "http://" not in page.text
        assert anybody.get("/page/../app.py").status_code == 404
        assert anybody.get("/page/%2e%2e%2fapp.py").status_code == 404
        assert anybody.get("/page/__init__.py").status_code == 404
