"""Class 1 as well: a worker gets the inputs of hidden tests, and tries to leak them to its author."""

from textwrap import dedent

from tests.harness.hostile.entry import TARGET, Entry, double, in_each_test, shout, task

RIGHT = "return 2 * x"
TOLD = "if x.dtype is torch.float64:\n    raise ValueError(str(f(x)))\nreturn f(f(x))"


def leak(id: str, tries: str, one: str, other: str, outcome: str) -> Entry:
    """An entry that is right in public tests and leaks the input of each hidden test, each in another way."""
    bodies = ("number = int(x.flatten()[0].item())\n" + dedent(body).strip() for body in (one, other))
    return Entry(
        id, 1, f"the input as {tries}", in_each_test(RIGHT, RIGHT, *bodies), {TARGET: (outcome, 4.0)}
    )


ENTRIES = (
    leak(
        "leak-exception",
        "the name of an exception's type; as its message, cause, context, note and group",
        "raise type(f'In{number}', (Exception,), {})",
        """
        try:
            raise KeyError(str(number))
        except KeyError as error:
            error.add_note(str(number))
            raise ExceptionGroup(str(number), [error, ValueError(str(number))]) from error
        """,
        "CRASHED",
    ),
    leak(
        "leak-place",
        "the missing key of a dictionary; as file name, function name and text of a line, with compile()",
        "return {}[number]",
        """
        import linecache
        here = os.path.dirname(__file__)
        for name in (f"{here}/maths.py/../{number}.py", f"{here}/given/{number}", f"{here}/{number}.py"):
            linecache.cache[name] = (1, None, [f"line {number}\\n"] * 10, name)
            exec(compile(f"def f{number}():\\n    raise ValueError({number})\\nf{number}()", name, "exec"))
        """,
        "CRASHED",
    ),
    leak(
        "leak-type",
        "name, module and qualified name of a type that is not plain data; as the name of a subclass of Tensor",
        "return type(f'T{number}', (), {'__module__': f'm{number}', '__qualname__': f'q{number}'})()",
        "return (2 * x).as_subclass(type(f'T{number}', (torch.Tensor,), {}))",
        "FAILED",
    ),
    leak(
        "leak-words",
        "the limit that it claims to have reached; as a kind of value that does not exist",
        "forge.send(forge.error(limit=f'of {number}'))\nforge.hold()",
        "forge.send(forge.reply({str(number): 0}, x))\nforge.hold()",
        "KILLED",
    ),
    leak(
        "leak-kind",
        "the kind of an exception in a forged reply, and its lines",
        "forge.send(forge.error(kind=str(number), message=str(number)))\nforge.hold()",
        "forge.send(forge.error(rows=[[str(number), number, str(number), str(number)]]))\nforge.hold()",
        "CRASHED",
    ),
    leak(
        "leak-size",
        "the number of bytes that a frame announces; as the size of a tensor with one number",
        "forge.send(forge.frame({}, sizes=[number]))\nforge.hold()",
        """
        size = number - len(forge.raw(x))  # the limit counts all tensors together
        large = forge.node(torch.zeros(1, dtype=torch.uint8), 1, size=[size], stride=[0])
        forge.send(forge.reply(large, x, b"0"))
        forge.hold()
        """,
        "KILLED",
    ),
    leak(
        "leak-spelling",
        "the spelling of a path: /./ for 1 and // for 0; as an invalid request",
        """
        spelled = "." + "".join("/./" if bit == "1" else "//" for bit in bin(number)[2:]) + "maths.py"
        forge.send(forge.error(rows=[[spelled, 3, "double", ""]]))
        forge.hold()
        """,
        "forge.send(forge.frame({'op': str(number), 'x': number}))\nforge.hold()",
        "KILLED",
    ),
    Entry(
        "leak-output",
        1,
        "the input by print, by the error stream, by descriptor, as a warning, a log and a thread's exception",
        double(
            """
            import logging, threading, warnings
            number = int(x.flatten()[0].item())
            if number > 1000:
                print(number)
                print(number, file=sys.stderr)
                os.write(1, str(number).encode())
                os.write(2, str(number).encode())
                warnings.warn(str(number))
                logging.getLogger().error(str(number))
                thread = threading.Thread(target=lambda: {}[number])
                thread.start()
                thread.join()
            return 2 * x
            """
        ),
    ),
    Entry(
        "leak-value",
        1,
        "the input as a wrong value and as text in a value; and the secret of a function that a test passes in",
        {
            **in_each_test(RIGHT, RIGHT, "return x", "return x"),
            **shout("return f'the input is {text}' if 'sesame' in text else 'HELLO!'"),
            **task("calls", "twice(f, x)", TOLD),
        },
        {TARGET: ("FAILED", 4.0), "words.shout": ("FAILED", 2.0), "calls.twice": ("CRASHED", 4.0)},
    ),
)
