"""Names, contents and changes of files that a submission could contain, for the fuzz tests."""

import base64
import re
import tarfile

from hypothesis import strategies as st

from tests.harness.packing import GOOD
from tests.harness.test_intake_names import OUTSIDE

MAGIC = [
    b"",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b\x08\x00",
    b"BZh9",
    b"\xfd7zXZ\x00",
    b"{",
    b"[",
    b"\xef\xbb\xbf{",
]


FILES = {name.removeprefix("pupil/"): data.decode() for name, data in GOOD.items()}


alphabet = st.characters(codec="utf-8") | st.sampled_from("/\\.:\0 ~*é\u0301")


hostile_names = (
    st.sampled_from(
        [*OUTSIDE, *GOOD, "", "/", ".", "pupil/MATHS.py", "submission_log.json", "pupil/maths.py/x.py"]
    )
    | st.text(alphabet, max_size=40)
    | st.text(alphabet, max_size=20).map(lambda name: f"pupil/{name}.py")
)


contents = st.binary(max_size=200) | st.integers(0, 2_000_000).map(bytes)


letters = st.text(st.sampled_from("AQgw/+=-_ \n\u00e9")) | st.binary(max_size=99).map(base64.b64encode).map(
    bytes.decode
)


kinds = st.sampled_from(
    [tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE, b"S", b"Z"]
)


mutations = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.none() | st.integers(0, 60),
        st.sampled_from(["set", "set", "cut", "insert", "end"]),
        st.binary(min_size=1, max_size=4),
    ),
    min_size=1,
    max_size=4,
)


def mutated(data: bytes, changes: list[tuple[float, int | None, str, bytes]]) -> bytes:
    """Changes bytes anywhere, or (with an offset) after one of the marks at which headers begin."""
    for where, offset, how, new in changes:
        marks = [mark.start() for mark in re.finditer(rb"PK[\1-\6]|[^\0]+(?=\0)", data)] or [0]
        at = int(where * len(data)) if offset is None else marks[int(where * (len(marks) - 1))] + offset
        after = {"set": at + len(new), "cut": at + len(new) * 8, "insert": at, "end": len(data)}[how]
        data = data[:at] + (new if how in ("set", "insert") else b"") + data[after:]
    return data
