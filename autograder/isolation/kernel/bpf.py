"""A small assembler for seccomp filters: verdicts by the number of the system call, and tests of its arguments.

This module does not decide what is allowed; `seccomp` does.
"""

import ctypes
import os
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from errno import EFAULT
from itertools import groupby

from autograder.isolation.kernel import syscalls

ALLOW = 0x7FFF0000
KILL = 0x80000000
OWN_PID = -1
"""A placeholder in rules: the id of the process that installs the filter."""

_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16  # offsets in struct seccomp_data
_X32_BIT = 0x40000000
_INSTRUCTION = struct.Struct("=HBBI")  # struct sock_filter: code, jump if true, jump if false, constant
_SET_MODE_FILTER, _ALL_THREADS = 1, 1

Instruction = tuple[int, int, int, int]
Rule = list[Instruction]


def refuse(errno: int) -> int:
    """The verdict that answers a call with this error instead of carrying it out."""
    return 0x00050000 | errno


def one_of(argument: int, values: Sequence[int], yes: int, no: int) -> Rule:
    """`yes` if the low half of an argument is one of `values`, else `no`.

    For an argument of type int the kernel uses the low half only. This holds for every call that is tested this way.
    """
    rule = [_load(argument)]
    for value in values:
        rule += [(_JUMP_EQUAL, 0, 1, value), (_RETURN, 0, 0, yes)]
    return [*rule, (_RETURN, 0, 0, no)]


def bits(argument: int, required: int, forbidden: int, yes: int, no: int) -> Rule:
    """`yes` if the low half of an argument has one of the `required` bits and none of the `forbidden` bits, else `no`.

    If `required` is 0, only the forbidden bits count.
    """
    rule = [_load(argument), (_JUMP_BITS, 0, 1, forbidden), (_RETURN, 0, 0, no)]
    if required:
        rule += [(_JUMP_BITS, 1, 0, required), (_RETURN, 0, 0, no)]
    return [*rule, (_RETURN, 0, 0, yes)]


def null(argument: int, yes: int, no: int) -> Rule:
    """`yes` if both halves of an argument are zero (a null pointer), else `no`."""
    return [
        _load(argument),
        (_JUMP_EQUAL, 0, 3, 0),
        _load(argument, high=True),
        (_JUMP_EQUAL, 0, 1, 0),
        (_RETURN, 0, 0, yes),
        (_RETURN, 0, 0, no),
    ]


def _load(argument: int, *, high: bool = False) -> Instruction:
    # Both architectures are little-endian: the low half of each 8-byte argument comes first.
    return (_LOAD, 0, 0, _ARGUMENTS_AT + 8 * argument + 4 * high)


@dataclass(frozen=True)
class Program:
    """A filter: its `code`, and the positions in it at which the process id is written before it is installed."""

    code: bytes
    own_pid_at: tuple[int, ...]

    def install(self) -> None:
        """Puts the filter on every thread of this process, for good.

        Raises:
            OSError: the kernel refuses, for example if the process has neither no_new_privs nor CAP_SYS_ADMIN.
            RuntimeError: a thread already has another filter, so no thread got this one.
        """
        code = bytearray(self.code)
        for position in self.own_pid_at:
            struct.pack_into("=I", code, position, os.getpid())
        instructions = (ctypes.c_char * len(code)).from_buffer(code)
        # struct sock_fprog: a count of instructions, six bytes of padding, a pointer.
        header = struct.pack("=H6xQ", len(code) // _INSTRUCTION.size, ctypes.addressof(instructions))
        failed = syscalls.call("seccomp", _SET_MODE_FILTER, _ALL_THREADS, header)
        if failed:
            raise RuntimeError(f"thread {failed} has a seccomp filter of its own and cannot take this one")


def can_install() -> bool:
    """Whether the kernel accepts filters: if so, its error is about the null pointer, not about the request."""
    try:
        syscalls.call("seccomp", _SET_MODE_FILTER, _ALL_THREADS, None)
    except OSError as error:
        return error.errno == EFAULT
    return False


def assemble(verdicts: Mapping[str, int], rules: Mapping[str, Rule], default: int) -> Program:
    """The filter that applies to each call its rule in `rules`, or its verdict in `verdicts`, or else `default`.

    Jumps in a filter go forwards only, by at most 255 instructions. So no jump here skips more than one rule:

        load the architecture; if it is not ours (32-bit calls have other numbers): kill
        load the number; if it has the x32 bit: kill
        for each call with a rule:  if the number is another one, skip  [the rule, which ends in a verdict]
        for each range of numbers with the same verdict, ascending:  if the number is above it, skip  [the verdict]
        default

    Names that this architecture does not have are left out.
    """
    numbered = {syscalls.number(name): rule for name, rule in rules.items()}
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_JUMP_EQUAL, 1, 0, syscalls.machine().architecture),
        (_RETURN, 0, 0, KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_JUMP_AT_LEAST, 0, 1, _X32_BIT),
        (_RETURN, 0, 0, KILL),
    ]
    for number, rule in numbered.items():
        if number is not None:
            program += [(_JUMP_EQUAL, 0, len(rule), number), *rule]
    for end, verdict in _ranges(verdicts, default):
        program += [(_JUMP_AT_LEAST, 1, 0, end), (_RETURN, 0, 0, verdict)]
    program.append((_RETURN, 0, 0, default))
    own = [index for index, (*_, constant) in enumerate(program) if constant == OWN_PID]
    code = b"".join(_INSTRUCTION.pack(*head, constant & 0xFFFFFFFF) for *head, constant in program)
    return Program(code, tuple(index * _INSTRUCTION.size + 4 for index in own))


def _ranges(verdicts: Mapping[str, int], default: int) -> list[tuple[int, int]]:
    """`(first number above it, its verdict)` of each range of numbers that have the same verdict."""
    known = {syscalls.number(name): verdict for name, verdict in verdicts.items()}
    last = max((number for number in known if number is not None), default=-1)
    runs = groupby(range(last + 1), key=lambda number: known.get(number, default))
    return [(max(run) + 1, verdict) for verdict, run in runs]
