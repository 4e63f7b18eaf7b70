"""A real browser over a real page: Debian's Chromium, driven by Playwright."""

import os
import shutil
from contextlib import contextmanager

from tests.support.daemons import environment, start
from tests.support.deadlines import scaled
from tests.support.ports import free_port
from tests.support.waiting import wait_until


def chromium():
    """Say where the browser's program is; None if there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def opened_browser():
    """Open the browser without a window, and close it."""
    from playwright.sync_api import sync_playwright

    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []  # its own sandbox refuses root
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=as_root)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def served_page(spool, folder, *options):
    """Serve the page of a spool by its command; give its address."""
    port = free_port()
    log = folder / "page.log"
    with log.open("wb") as errors:
        process = start(
            ["page", "--listen", f"127.0.0.1:{port}", *options],
            env=environment(spool),
            stdout=errors,
            stderr=errors,
        )
        try:
            wait_until(lambda: "the page is at" in log.read_text(), timeout_s=60, what="the page")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            assert process.wait(scaled(30)) == 0, log.read_text()
