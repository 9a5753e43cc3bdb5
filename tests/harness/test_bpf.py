"""The filter for each machine type, run by a small interpreter. This machine is only one of them."""

import platform
import struct
import sys
from collections.abc import Iterator
from errno import ENOSYS, EPERM

import pytest

from autograder.isolation.kernel import bpf, seccomp, syscalls

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
OWN = 4321


@pytest.fixture(params=ARCHITECTURES)
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Makes this machine look like one of this type."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "machine", lambda: request.param)
    syscalls.machine.cache_clear()
    seccomp.program.cache_clear()
    yield request.param
    monkeypatch.undo()
    syscalls.machine.cache_clear()
    seccomp.program.cache_clear()


def judge(program: bpf.Program, architecture: int, number: int, *arguments: int) -> int:
    """The verdict on one call, computed like in the kernel (linux/filter.h)."""
    code = bytearray(program.code)
    for place in program.own_pid_at:
        struct.pack_into("=I", code, place, OWN)
    padded = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("<IIQ6Q", number, architecture, 0, *(argument % 2**64 for argument in padded))
    instructions = list(struct.iter_unpack("=HBBI", code))
    accumulator = place = 0
    while True:
        operation, if_true, if_false, constant = instructions[place]
        place += 1
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, constant)
        elif operation == 0x06:
            return int(constant)
        else:
            test = {
                0x15: accumulator == constant,
                0x35: accumulator >= constant,
                0x45: accumulator & constant,
            }
            place += if_true if test[operation] else if_false


def test_every_call_gets_the_verdict_of_its_group(machine: str) -> None:
    program, architecture = seccomp.program(), ARCHITECTURES[machine]
    groups = ((seccomp.ALLOWED, bpf.ALLOW), (seccomp.FORBIDDEN, bpf.refuse(EPERM)))
    expected = {
        syscalls.number(name): verdict
        for group, verdict in groups
        for names in group.values()
        for name in names.split()
    }
    with_rules = {syscalls.number(name) for name in seccomp._rules(gpu=False)}
    for number in {*range(480), 999} - with_rules:
        verdict = expected.get(number, bpf.refuse(ENOSYS))
        assert judge(program, architecture, number) == verdict, number


@pytest.mark.parametrize(
    ("name", "allowed", "refused"),
    [
        ("clone", [0x3D0F00, 0x7D0F00], [0, 17, 0x4111, 0x10010000, 0x3D0F11, 0x3C0F00]),
        ("kill", [OWN], [0, 1, -1, -OWN, OWN + 1]),
        ("tgkill", [OWN], [0, 1, -1]),
        ("prlimit64", [0, OWN], [1]),
        ("prctl", [15, 39], [1, 4, 8, 22, 23 + 1, 38, 47, 0x59616D61]),
        ("socketpair", [1], [2, 16, 30]),
    ],
)
def test_first_argument_decides(machine: str, name: str, allowed: list[int], refused: list[int]) -> None:
    number = syscalls.number(name)
    assert number is not None
    for argument in (*allowed, *refused):
        verdict = bpf.ALLOW if argument in allowed else bpf.refuse(EPERM)
        assert judge(seccomp.program(), ARCHITECTURES[machine], number, argument) == verdict, argument


def test_call_with_the_numbers_of_another_machine_kills(machine: str) -> None:
    others = {0x40000003, *ARCHITECTURES.values()} - {ARCHITECTURES[machine]}
    for architecture in others:
        assert judge(seccomp.program(), architecture, 0) == bpf.KILL
    assert judge(seccomp.program(), ARCHITECTURES[machine], 0x40000000) == bpf.KILL
