"""Print every deck in build/slides as a PDF beside it, a page for each slide: make pdf."""

from pathlib import Path

from browser import running_browser

FOLDER = Path(__file__).resolve().parents[2] / "build" / "slides"


def print_deck(browser, deck: Path) -> Path:
    """Let Chromium print a deck, and return the PDF's path."""
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    page.goto(deck.as_uri() + "?print-pdf")
    page.locator("html[data-ready]").wait_for(state="attached", timeout=60_000)
    path = deck.with_suffix(".pdf")
    page.pdf(path=path, prefer_css_page_size=True, print_background=True)
    page.close()
    return path


if __name__ == "__main__":
    with running_browser() as chromium:
        for each in sorted(FOLDER.glob("[0-9]*.html")):
            print(f"printed {print_deck(chromium, each).name}", flush=True)
