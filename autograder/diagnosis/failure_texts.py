"""What a student reads about a failure that is not a known mistake: its class in one line, and a question to ask."""

TEXTS: dict[str, tuple[str, str]] = {
    "exception": (
        "the code raises an exception where a result is expected",
        "For which input does it raise, and what does the docstring say about that input?",
    ),
    "type": ("the result has another type than the docstring says", "What does `Returns:` promise?"),
    "shape": (
        "the result has another shape than expected",
        "Which axes does the docstring name, and which axes remain in the result?",
    ),
    "dtype": (
        "the result has another dtype than expected",
        "What dtype do the inputs have, and what does the docstring say?",
    ),
    "argument changed in place": (
        "the code writes into one of its arguments",
        "Which tensor does the code write into, and who owns that tensor?",
    ),
    "shares memory": (
        "the result shares memory with an argument, so that who writes into one changes the other",
        "Slices, `view`, `expand` and the argument itself share memory. When does the code return one of them?",
    ),
    "global state": (
        "the code changes something that outlasts the call: a global setting, a random generator or a network",
        "What is different after the call that was not asked for, and what would put it back?",
    ),
    "transposed": ("two axes of the result are exchanged", "Which axis comes first in the docstring?"),
    "not finite": (
        "the code gives NaN or infinity where a finite value is expected",
        "Is there a logarithm or a quotient of something that can be 0, or 0 times infinity?",
    ),
    "gradient where none belongs": (
        "a gradient flows into an input that must be treated as a constant",
        "Which inputs does the docstring call constants?",
    ),
    "no gradient": (
        "the value is right, but an expected gradient is missing",
        "Where is the graph cut? `detach`, `item`, `no_grad` and a new tensor all cut it.",
    ),
    "sign": ("every value has the wrong sign", "Must the value be minimised or maximised?"),
    "constant factor": (
        "every value is off by the same factor",
        "Is something counted twice, left out, or averaged where it should be summed?",
    ),
    "off by one in time": (
        "the values are those of a neighbouring time or position",
        "Where does counting start, and is the last one included?",
    ),
    "ignores an argument": ("the result does not depend on {}", "Where does the code use {}?"),
    "does not sum to one": (
        "the result must be a probability distribution, but it does not sum to 1",
        "Over which axis must it sum to 1?",
    ),
    "distribution": (
        "the samples do not follow the right distribution",
        "Draw many samples: which mean and spread do they have, and which are expected?",
    ),
    "values": (
        "the code runs, but some of its values are wrong",
        "Work out the smallest case of the docstring by hand, and compare.",
    ),
}
