"""Where the browser and its driver are, and what installs them where they are not."""

from __future__ import annotations

import shutil

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def browser_program() -> str | None:
    """The browser; None where there is none."""
    return _first(_BROWSERS)


def driver_program() -> str | None:
    """Its driver, which comes with it from the distribution; None where there is none."""
    return _first(("chromedriver",))


def missing() -> str | None:
    """Why no page can be looked at here, and the command that mends it; None where one can."""
    if browser_program() and driver_program():
        return None
    return (
        "THE REPORT IS NOT TESTED IN A BROWSER: chromium and chromedriver are not installed; `make browser` "
        "does it (Debian: apt-get install chromium chromium-driver)"
    )


def _first(names: tuple[str, ...]) -> str | None:
    return next((path for name in names if (path := shutil.which(name))), None)
