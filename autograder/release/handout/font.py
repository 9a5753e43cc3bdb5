"""The font of the page's formulas, reduced to what the page needs. Without it, many browsers show them badly."""

import base64
import html
import io
import re
from importlib import metadata

_MATH = re.compile(r"<math.*?</math>", re.DOTALL)
_NOT_SHOWN = re.compile(r"<annotation.*?</annotation>|<[^>]+>", re.DOTALL)
# Shown but not written: italic letters, Latin and Greek, for single letters; the root and its bar.
_SHOWN_AS = {*range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D71C), *map(ord, "ℎ√¯")}
_LICENSE = (0, 13, 14)  # names that stay in the font: copyright, licence and its address


def style(page: str) -> str:
    """A style sheet with the part of STIX Two Math that the formulas of a page need; always the same bytes."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    shown = html.unescape(_NOT_SHOWN.sub("", "".join(_MATH.findall(page))))
    options = Options(flavor="woff", hinting=False, layout_features=["ssty"], name_IDs=_LICENSE)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=_SHOWN_AS | set(map(ord, shown)))
    # The file is found without importing its package, which is not needed here.
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
