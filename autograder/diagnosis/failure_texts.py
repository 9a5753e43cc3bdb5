"""What a student reads of a failure that is no known mistake: its class in a line, and what to ask oneself."""

TEXTS: dict[str, tuple[str, str]] = {
    "exception": (
        "the code raises where an answer is due",
        "Which input is it, and what does the docstring say of it?",
    ),
    "type": ("what comes back is of another type than the docstring says", "What does `Returns:` promise?"),
    "shape": (
        "what comes back has another shape than is due",
        "Which axes does the docstring name, and which are left?",
    ),
    "dtype": (
        "what comes back has another dtype than is due",
        "What dtype do the inputs have, and what does the docstring say?",
    ),
    "argument changed in place": (
        "the code writes into one of its arguments",
        "Whose tensor is it that changes?",
    ),
    "transposed": ("two axes of the result are exchanged", "Which axis comes first in the docstring?"),
    "not finite": (
        "NaN or infinity comes back where a finite value is due",
        "Is there a logarithm or a quotient of something that may be 0, or 0 times infinity?",
    ),
    "gradient where none belongs": (
        "a gradient flows into what is to be treated as a constant",
        "Which inputs does the docstring call constants?",
    ),
    "no gradient": (
        "the value is right, but no gradient arrives where one is due",
        "Where is the graph cut? `detach`, `item`, `no_grad` and a new tensor all do it.",
    ),
    "sign": ("every value has the wrong sign", "Is it to be minimised or maximised?"),
    "constant factor": (
        "every value is off by the same factor",
        "Is something counted twice, left out, or averaged where it should be summed?",
    ),
    "off by one in time": (
        "the values are those of a neighbouring time or place",
        "Where does counting start, and is the last one included?",
    ),
    "ignores an argument": ("the result does not depend on {}", "Where in the code does {} come in?"),
    "does not sum to one": (
        "the result is to be a probability distribution, and does not sum to 1",
        "Over which axis does it have to sum to 1?",
    ),
    "distribution": (
        "what is drawn does not follow the right law",
        "Take many draws: which mean and spread do they have, and which are due?",
    ),
    "values": (
        "it runs, and some of its values are wrong",
        "Work the smallest case of the docstring by hand and compare.",
    ),
}
