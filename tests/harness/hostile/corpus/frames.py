"""Class 3: writes to the grader's connection directly: invalid, unexpected or false frames."""

from tests.harness.hostile.entry import TARGET, Entry, double, in_each_test, noise, shout, squares

# One good reply in each test, then the connection is corrupted: tests of one call pass, those of two calls do not.
ONCE = ("KILLED", 4.0)


def sent(id: str, tries: str, *frames: str, outcome: str | tuple[str, float] = "KILLED") -> Entry:
    """An entry in which `maths.double` sends something instead of a reply and then waits: one thing for each test."""
    one, two, three, four = (f"forge.send({frame})\nforge.hold()" for frame in frames * (4 // len(frames)))
    return Entry(id, 3, tries, in_each_test(one, two, three, four), {TARGET: outcome})


def replied(id: str, tries: str, *replies: str) -> Entry:
    """An entry that sends a right reply with these changes, and ends."""
    bodies = (f"y = 2 * x\nforge.send(forge.reply({reply}))\nos._exit(0)" for reply in replies)
    return Entry(id, 3, tries, in_each_test(*bodies), {TARGET: "KILLED"})


ENTRIES = (
    Entry(
        "frame-right-value",
        3,
        "forges a reply with the right value: it is worth the same as the value itself",
        double(
            "forge.send(forge.answer(x, 2 * x))\nforge.receive()\n"
            "forge.send(forge.answer(2 * x, 4 * x))\nforge.hold()"
        ),
    ),
    sent(
        "frame-sizes",
        "a header of 4 GB, 65535 storages, one storage of 2^64 bytes, four that overflow when they are added up",
        "forge.frame({}, header_size=2**32 - 1)",
        "forge.frame({}, count=65535) + bytes(1 << 20)",
        "forge.frame({}, sizes=[2**64 - 1])",
        "forge.frame({}, sizes=[2**63] * 4)",
    ),
    sent(
        "frame-json",
        "garbage, a header nested 100000 deep, a number of four megabytes, a list",
        "os.urandom(100_000)",
        "forge.frame(b'[' * 100_000)",
        "forge.frame(b'{\"value\": ' + b'9' * 4_000_000 + b'}')",
        "forge.frame([1, 2])",
    ),
    sent(
        "frame-verdict",
        "a verdict, the greeting of a worker, a fault of the grader, two texts with invalid characters",
        "forge.frame({'outcome': 'PASSED', 'points': 8, 'score': 100})",
        "forge.frame({'ready': True})",
        "forge.frame({'unready': 'no'})",
        "forge.frame(b'\"\\xff\\xfe\"')",
    ),
    Entry(
        "frame-never-ending",
        3,
        "a frame sent byte by byte, a truncated frame, a refusal nested nearly as deep as JSON allows",
        {
            **double(
                "forge.send(forge.frame({}, header_size=1 << 22))\n"
                "while True:\n    forge.send(b' ')\n    time.sleep(0.01)"
            ),
            **shout("forge.send(forge.frame({'value': text})[:-5])\nos._exit(0)"),
            **squares(
                """forge.send(forge.frame(b'{"refused": ' + b'[' * 850 + b']' * 850 + b'}'))\nforge.hold()"""
            ),
        },
        {TARGET: "TIMEOUT", "words.shout": "KILLED", "loss.squares": "FAILED"},
    ),
    sent(
        "frame-then-more",
        "a good reply, then another one, garbage, a request, a verdict",
        "*[forge.answer(x, 2 * x)] * 2",
        "forge.answer(x, 2 * x), b'x' * 1000",
        "forge.answer(x, 2 * x), forge.frame({'op': 'callback'})",
        "forge.answer(x, 2 * x), forge.frame({'outcome': 'PASSED'})",
        outcome=ONCE,
    ),
    replied(
        "tensor-bounds",
        "tensors that begin before or after their storage, end after it, or have a missing storage",
        "forge.node(y, 1, offset=1000), x, forge.raw(y)",
        "forge.node(y, 1, offset=-1), x, forge.raw(y)",
        "forge.node(y, 1, stride=[2**40], size=[2]), x, forge.raw(y)",
        "forge.node(y, 7), x",
    ),
    replied(
        "tensor-sizes",
        "tensors of terabytes with stride 0, of a size that overflows in a product, or of a negative size",
        "forge.node(y, 1, size=[2**40], stride=[0]), x, forge.raw(y)",
        "forge.node(y, 1, size=[2**31] * 4, stride=[0] * 4), x, forge.raw(y)",
        "forge.node(y, 1, size=[-1], stride=[1]), x, forge.raw(y)",
        "forge.node(y, 1, size=[10**7] * 5 + [0], stride=[0] * 6), x, forge.raw(y)",
    ),
    replied(
        "tensor-layouts",
        "layouts with fractions and texts, with too many axes, without axes, and with one axis too many",
        "forge.node(y, 1, size=[True], stride=[1.0], offset='0'), x, forge.raw(y)",
        "forge.node(y, 1, size=[1] * 100, stride=[1] * 100), x, forge.raw(y)",
        "{'tensor': None}, x",
        "forge.node(y, 1, size=[1, 1]), x, forge.raw(y)",
    ),
    replied(
        "tensor-values",
        "booleans with the value 2, an integer gradient, a generator of nine bytes, an invalid dtype",
        "forge.node(torch.zeros(4, dtype=torch.bool), 1), x, b'\\2' * 4",
        "forge.node(y.long(), 1, grad=True), x, forge.raw(y.long())",
        "{'generator': forge.node(torch.zeros(9, dtype=torch.uint8), 1)['tensor']}, x, bytes(9)",
        "forge.node(y, 1, dtype='object'), x, forge.raw(y)",
    ),
    replied(
        "reply-odd-values",
        "functions that were never passed, a value of two kinds, an invalid number, invalid gradients",
        "{'callback': 0}, x",
        "{'float': '0x1p0', 'tuple': []}, x",
        "{'float': 'infinite riches'}, x",
        "forge.node(y, 1), x, forge.raw(y), gradients=3",
    ),
    Entry(
        "reply-odd-kinds",
        3,
        "a module, a number of 4000 digits, an array of 64 axes and strides of 2^61 instead of a tensor",
        in_each_test(
            "forge.send(forge.reply({'handle': 10**30}, x))\nos._exit(0)",
            "forge.send(forge.reply(forge.node(x, 0, size=[1], stride=[2**61]), x))\nos._exit(0)",
            "forge.send(forge.reply(10**4000, x))\nos._exit(0)",
            "layout = forge.node(x, 0, size=[1] * 64, stride=[1] * 64)['tensor']\n"
            "forge.send(forge.reply({'array': layout}, x))\nos._exit(0)",
        ),
        {TARGET: ("KILLED", 0.0)},  # the second call finds no process; the other values are just wrong
    ),
    Entry(
        "reply-other-arguments",
        3,
        "the right value, but with other arguments, a changed argument, or a generator that reads past its end",
        {
            **in_each_test(
                "forge.send(forge.answer(3 * x, 2 * x))\nforge.hold()",
                "forge.send(forge.answer(3 * x, 2 * x))\nforge.hold()",
                "forge.send(forge.reply(forge.node(x, 0), x, arguments={'tuple': []}))\nforge.hold()",
                "forge.send(forge.reply(forge.node(x, 0), x, keywords={'dict': [['x', 1]]}))\nforge.hold()",
            ),
            **noise(
                """
                state = generator.get_state()
                odd = bytearray(state.numpy().tobytes())
                odd[8:24] = b"\\x01\\0\\0\\0\\x01\\0\\0\\0" + (10**9).to_bytes(8, "little")
                arguments = {"tuple": [{"tuple": list(shape)}, {"generator": forge.node(state, 0)["tensor"]}]}
                header = {"value": None, "gradients": forge.EMPTY, "keywords": forge.EMPTY}
                forge.send(forge.frame({**header, "arguments": arguments}, bytes(odd)))
                forge.hold()
                """
            ),
        },
        {TARGET: ("KILLED", 0.0), "draws.noise": "KILLED"},
    ),
)
