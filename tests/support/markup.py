"""What a browser would do with a page beyond showing text."""

from html.parser import HTMLParser


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.active, self.texts, self._in_script = [], [], False

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self._in_script = tag == "script"
        if tag in ("script", "iframe", "object", "embed", "base") and not _is_own(given.get("src")):
            self.active.append((tag, given))
        for name, value in attrs:
            is_address = name in ("src", "href", "action", "formaction", "srcset", "poster", "data")
            is_script = name.startswith(("on", "hx-on")) or name in ("style", "srcdoc")
            if is_script or (is_address and not (_is_own(value) or value.startswith("#"))):
                self.active.append((tag, name, value))

    def handle_endtag(self, _tag):
        self._in_script = False

    def handle_data(self, data):
        (self.active if self._in_script else self.texts).append(data)


def _is_own(address):
    return bool(address) and address.startswith("/") and not address.startswith(("//", "/\\"))


def read_markup(page):
    """Read a page as a browser does.

    Parameters
    ----------
    page : str

    Returns
    -------
    tuple of (list, str)
        What runs, or loads from elsewhere, or could; and all text that is shown.
    """
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.active, "".join(reader.texts)
