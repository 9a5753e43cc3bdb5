"""The submission's side of a function that the test passed in. It also joins the autograd graphs of both sides."""

from collections.abc import Callable
from typing import Any

import torch

from autograder.transport.generators import generators
from autograder.transport.nested import replaced
from autograder.transport.wire import Decoder, Encoder, Frame, Special, tensors

Peer = Callable[[Frame], Frame]


class CallbackProxy:
    """Calls a function on the test's side. Gradients flow through it (once).

    Args:
        number: its number there.
        peer: sends a frame to the test's side and returns the answer.
        node_of: encodes the objects that exist on the submission's side only.
        value_of: decodes them.
    """

    def __init__(self, number: int, peer: Peer, node_of: Special, value_of: Special) -> None:
        self.number = number
        self.anchor = torch.zeros((), requires_grad=True)
        self._peer = peer
        self._node_of = node_of
        self._value_of = value_of

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        encode = Encoder(self._node_of)
        inputs = [tensor for tensor in tensors((args, kwargs)) if tensor.requires_grad]
        before = [(generator, generator.get_state()) for generator in generators((args, kwargs))]
        request = encode.frame(
            op="callback",
            number=self.number,
            grad=torch.is_grad_enabled(),
            args=encode(args),
            kwargs=encode(kwargs),
        )
        reply = self._peer(request)
        decode = Decoder(reply, self._value_of)
        value = decode(reply.header["value"])
        for (mine, state), moved in zip(before, decode(reply.header["generators"]), strict=True):
            # A generator that is passed twice may have been used in one of the two places only.
            if not torch.equal(state, moved.get_state()):
                mine.set_state(moved.get_state())
        if not any(reply.header["tracked"]):
            return value
        outputs = _RemoteGraph.apply(self._peer, reply.header["call"], tensors(value), self.anchor, *inputs)
        attached = iter(outputs)
        return replaced(value, lambda tensor: next(attached))


class _RemoteGraph(torch.autograd.Function):
    """Joins the graphs of both sides: backward asks the test's side for the vector-Jacobian product."""

    @staticmethod
    def forward(
        ctx: Any,
        peer: Peer,
        call: int,
        outputs: list[torch.Tensor],
        anchor: torch.Tensor,
        *inputs: torch.Tensor,
    ) -> tuple[torch.Tensor, ...]:
        ctx.peer, ctx.call = peer, call
        ctx.mark_non_differentiable(*(output for output in outputs if not output.is_floating_point()))
        return tuple(outputs)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[Any, ...]:
        encode = Encoder()
        request = encode.frame(op="vjp", call=ctx.call, gradients=encode(list(gradients)))
        reply = ctx.peer(request)
        answers = Decoder(reply)(reply.header["value"])
        return (None, None, None, torch.zeros(()), *answers)
