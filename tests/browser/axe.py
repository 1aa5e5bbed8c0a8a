"""axe-core in a page: the rules of accessibility that the page breaks as it is now."""

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page

# axe parses the same few colours thousands of times for each page, which takes a third of its time.
PARSE_EACH_COLOUR_ONCE = """
(() => {
  const colour = axe.commons.color.Color.prototype, parse = colour.parseString, known = new Map()
  colour.parseString = function (text) {
    if (!known.has(text)) {
      parse.call(this, text)
      const {r, g, b, alpha} = this
      known.set(text, {r, g, b, alpha})
    }
    return Object.assign(this, known.get(text))
  }
})()"""
SCRIPT = f"{AXE_SCRIPT};{PARSE_EACH_COLOUR_ONCE}"
RUN = "axe.run({resultTypes: ['violations']}).then(({violations}) => ({violations}))"


def found_by_axe(page: Page) -> AxeResults:
    """Return the violations that axe finds with all rules that it runs by default."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(SCRIPT)
    return AxeResults(page.evaluate(RUN))
