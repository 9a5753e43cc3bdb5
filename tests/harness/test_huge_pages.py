"""Huge pages: only memory of a process's own that is in use is moved, and forks see the same bytes."""

import pytest

from autograder.isolation.kernel import huge_pages
from autograder.isolation.kernel.syscalls import supported

PAGE = huge_pages.SIZE
KB = PAGE // 1024


def mapping(start: int, end: int, rights: str, name: str, used: int) -> str:
    """A mapping as /proc/PID/smaps has it; `used` in kB."""
    inode = 7 if name.startswith("/") else 0
    return f"{start:x}-{end:x} {rights} 00000000 00:00 {inode} {name}\nRss: {used} kB\nAnonymous: {used} kB\n"


@pytest.mark.parametrize(
    ("rights", "name", "used", "places"),
    [
        ("rw-p", "", 3 * KB, [PAGE, 2 * PAGE, 3 * PAGE]),
        ("rw-p", "[heap]", 3 * KB, [PAGE, 2 * PAGE, 3 * PAGE]),
        ("rw-p", "", KB, []),  # mostly not in use: it would grow
        ("rw-p", "[stack]", 3 * KB, []),
        ("rw-p", "/lib/libtorch.so", 3 * KB, []),
        ("rw-s", "", 3 * KB, []),  # shared with another process
        ("r-xp", "", 3 * KB, []),
    ],
)
def test_only_own_memory_in_use_is_moved(rights: str, name: str, used: int, places: list[int]) -> None:
    whole = mapping(PAGE, 4 * PAGE, rights, name, used)
    assert list(huge_pages._places(whole)) == places
    within = mapping(PAGE - 4096, 4 * PAGE + 4096, rights, name, used)
    assert list(huge_pages._places(within)) == places


@pytest.mark.skipif(not supported(), reason="the calls need Linux")
def test_the_bytes_stay_as_they_are() -> None:
    """Kills: another advice to the kernel, which would give the memory back."""
    data = bytearray(range(256)) * (8 * PAGE // 256)
    before = bytes(data)
    huge_pages.use_huge_pages()
    assert data == before
