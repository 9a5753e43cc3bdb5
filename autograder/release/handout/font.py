"""The font of the page's formulas, cut down to what the page needs: without one, many a browser sets them poorly."""

import base64
import html
import io
import re
from importlib import metadata

_MATH = re.compile(r"<math.*?</math>", re.DOTALL)
_NOT_SHOWN = re.compile(r"<annotation.*?</annotation>|<[^>]+>", re.DOTALL)
# What is shown and not written: slanted letters, Latin and Greek, for single ones; the root and its bar.
_SHOWN_AS = {*range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D71C), *map(ord, "ℎ√¯")}
_LICENSE = (0, 13, 14)  # names that stay in the font: copyright, licence and its address


def style(page: str) -> str:
    """A style sheet with the part of STIX Two Math that the formulas of a page are set in; the same bytes each time."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    shown = html.unescape(_NOT_SHOWN.sub("", "".join(_MATH.findall(page))))
    options = Options(flavor="woff", hinting=False, layout_features=["ssty"], name_IDs=_LICENSE)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=_SHOWN_AS | set(map(ord, shown)))
    # Found without importing its package, which is of no use here.
    path = metadata.distribution("ziamath").locate_file("ziamath/fonts/STIXTwoMath-Regular.ttf")
    font = TTFont(str(path), recalcTimestamp=False)
    subsetter.subset(font)
    font.flavor = "woff"
    file = io.BytesIO()
    font.save(file)
    data = base64.b64encode(file.getvalue()).decode()
    return (
        '<style>@font-face { font-family: "STIX Two Math"; '
        f'src: url("data:font/woff;base64,{data}") format("woff"); }}</style>\n'
    )
