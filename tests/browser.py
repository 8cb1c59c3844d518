"""A real headless Chromium, and what its pages said that no test asked for.

Imported by the fixture `browser` alone: the driver takes a second to import, and only tests so marked may.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.chromium import browser_program, driver_program

_OPTIONS = (
    "--headless=new",
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


class Browser:
    """One browser; a page at a time."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, url: str, *, width: int = 1280, height: int = 1000, dark: bool = False) -> None:
        """Show a page as a screen of that size and colour scheme does."""
        self._tell(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self._tell("Emulation.setEmulatedMedia", features=scheme)
        self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        self.driver.get(url)

    def open_file(self, path: Path, *, width: int = 1280, dark: bool = False) -> None:
        """Show a page of the disk."""
        self.open(path.as_uri(), width=width, dark=dark)

    def _tell(self, command: str, **arguments: object) -> None:
        self.driver.execute_cdp_cmd(command, arguments)

    def complaints(self) -> list[str]:
        """What the console holds since the page was opened: errors of scripts, breaches of the policy."""
        return [line["message"] for line in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]

    def script(self, script: str, *arguments: object) -> Any:
        """What a script returns."""
        return self.driver.execute_script(script, *arguments)

    def find(self, selector: str) -> WebElement:
        """The element of a CSS selector."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def texts(self, selector: str) -> list[str]:
        """What is to be read in each element of a CSS selector."""
        return [element.text for element in self.driver.find_elements(By.CSS_SELECTOR, selector)]

    def text(self, selector: str) -> str:
        """What is to be read in the first element of a CSS selector, on one line."""
        return " ".join(self.find(selector).text.split())

    def click(self, selector: str) -> None:
        """Click an element."""
        element = self.find(selector)
        self.script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def hover(self, selector: str, share: float) -> None:
        """Put the mouse on an element, so far from its left edge (0) to its right edge (1)."""
        self._at(selector, share).perform()

    def click_at(self, selector: str, share: float) -> None:
        """Click an element there."""
        self._at(selector, share).click().perform()

    def drag(self, selector: str, from_share: float, to_share: float) -> None:
        """Drag across an element with the mouse."""
        width = self.find(selector).rect["width"]
        chain = self._at(selector, from_share).click_and_hold()
        chain.move_by_offset(int((to_share - from_share) * width), 0).release().perform()

    def _at(self, selector: str, share: float) -> ActionChains:
        element = self.find(selector)
        self.script("arguments[0].scrollIntoView({block: 'center'})", element)
        offset = int((share - 0.5) * element.rect["width"])
        return ActionChains(self.driver, duration=0).move_to_element_with_offset(element, offset, 0)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser, gone afterwards."""
    options = webdriver.ChromeOptions()
    options.binary_location = browser_program() or ""
    for option in _OPTIONS:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(driver_program() or ""))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
