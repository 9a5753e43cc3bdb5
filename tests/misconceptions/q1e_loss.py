"""Question 1(e): the loss between coins."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "diffusion.binary.kl_loss"


@wrong("computes the divergence in the other direction, KL(Q || P)", often="not finite")
@hint("Which of the two distributions is the expectation in KL(P || Q) taken over? What if P is certain?")
def kl_loss_reversed(logits, target_prob):
    p = target_prob.detach().to(logits.dtype)
    up, down = F.logsigmoid(logits), F.logsigmoid(-logits)
    kl = up.exp() * (up - torch.log(p)) + down.exp() * (down - torch.log(1 - p))
    return kl.flatten(1).sum(1).mean()


@wrong("stops at the cross-entropy, which is not 0 where Q = P", often="values")
@hint("What is your loss at logit 0 and target 1/2?")
def kl_loss_is_cross_entropy(logits, target_prob):
    p = target_prob.detach().to(logits.dtype)
    cross_entropy = F.binary_cross_entropy_with_logits(logits, p, reduction="none")
    return cross_entropy.flatten(1).sum(1).mean()


@wrong("averages over the pixels instead of summing", often="values")
@hint("Which reduction does the docstring name for pixels, and which for images?")
@edit("(cross_entropy - entropy).flatten(1).sum(1).mean()", "(cross_entropy - entropy).mean()")
def kl_loss_mean_over_pixels(): ...


@wrong("sums over the batch", often="values")
@hint("Which reduction does the docstring name for pixels, and which for images?")
@edit("(cross_entropy - entropy).flatten(1).sum(1).mean()", "(cross_entropy - entropy).sum()")
def kl_loss_sum_over_batch(): ...


@wrong("divides by the batch twice", sometimes="values")
@hint("What does reduction='mean' already divide by?")
@edit(".mean()", ".mean() / len(logits)")
def kl_loss_divides_by_batch_twice(): ...


@wrong("sums over the first axis of an image and averages over the others", sometimes="values")
@hint("Which axes are pixels if images have rows and columns?")
@edit("(cross_entropy - entropy).flatten(1).sum(1).mean()", "(cross_entropy - entropy).sum(dim=1).mean()")
def kl_loss_sums_one_axis(): ...


@wrong("returns one loss for each image", sometimes="shape")
@hint("How many dimensions does the result have?")
@edit("(cross_entropy - entropy).flatten(1).sum(1).mean()", "(cross_entropy - entropy).flatten(1).sum(1)")
def kl_loss_for_each_image(): ...


@wrong("lets a gradient flow into the target", often="gradient where none belongs")
@hint("What does the docstring say about target_prob?")
def kl_loss_trains_its_target(logits, target_prob):
    p = target_prob.to(logits.dtype)
    cross_entropy = F.binary_cross_entropy_with_logits(logits, p, reduction="none")
    with torch.no_grad():
        entropy = -torch.xlogy(p, p) - torch.xlogy(1 - p, 1 - p)
    return (cross_entropy - entropy).flatten(1).sum(1).mean()


@wrong("cuts the autograd graph, so that nothing can be trained", sometimes="no gradient")
@hint("Where does your code leave autograd? The network learns through `logits`.")
def kl_loss_without_graph(logits, target_prob):
    p = target_prob.to(logits.dtype)
    with torch.no_grad():
        cross_entropy = F.binary_cross_entropy_with_logits(logits, p, reduction="none")
        entropy = -torch.xlogy(p, p) - torch.xlogy(1 - p, 1 - p)
        return (cross_entropy - entropy).flatten(1).sum(1).mean()


@wrong(
    "adds a small number inside the logarithm, which limits the loss of a sure but wrong network",
    often="values",
)
@hint("What does your loss return at logit 60 and target 0, and at logit 200?")
def kl_loss_with_epsilon(logits, target_prob):
    p = target_prob.detach().to(logits.dtype)
    q = torch.sigmoid(logits)
    kl = p * torch.log((p + 1e-8) / (q + 1e-8)) + (1 - p) * torch.log((1 - p + 1e-8) / (1 - q + 1e-8))
    return kl.flatten(1).sum(1).mean()


@wrong("uses probabilities, which are rounded to 0 and 1 for large logits", often="not finite")
@hint("What is 1 - sigmoid(60) in single precision? Which functions of torch take logits?")
def kl_loss_through_probabilities(logits, target_prob):
    p = target_prob.detach().to(logits.dtype)
    q = torch.sigmoid(logits)
    cross_entropy = -torch.xlogy(p, q) - torch.xlogy(1 - p, 1 - q)
    entropy = -torch.xlogy(p, p) - torch.xlogy(1 - p, 1 - p)
    return (cross_entropy - entropy).flatten(1).sum(1).mean()


@wrong("multiplies 0 by the logarithm of 0 where the target is certain", often="not finite")
@hint("What is 0 * log(0) in floating point, and what must it be here?")
@edit("-torch.xlogy(p, p) - torch.xlogy(1 - p, 1 - p)", "-p * torch.log(p) - (1 - p) * torch.log(1 - p)")
def kl_loss_nan_for_certain_targets(): ...


@wrong(
    "applies the sigmoid first and then binary_cross_entropy, which cuts its logarithms off at -100",
    often="values",
)
@hint("What does torch's page on binary_cross_entropy say about logarithms? Try logit 60 and target 0.")
def kl_loss_cut_off_logarithm(logits, target_prob):
    p = target_prob.detach().to(logits.dtype)
    cross_entropy = F.binary_cross_entropy(torch.sigmoid(logits), p, reduction="none")
    entropy = -torch.xlogy(p, p) - torch.xlogy(1 - p, 1 - p)
    return (cross_entropy - entropy).flatten(1).sum(1).mean()


@wrong("counts in bits", rarely="constant factor")
@hint("Which unit does the docstring name for the loss?")
@edit(".mean()", ".mean() / math.log(2)")
def kl_loss_in_bits(): ...


@wrong("returns the loss with the opposite sign, so that training makes the network worse", sometimes="sign")
@hint("Can a divergence be negative?")
@edit("cross_entropy - entropy", "entropy - cross_entropy")
def kl_loss_negative(): ...


@wrong("adds the entropy of P instead of subtracting it", sometimes="values")
@hint("What is your loss where Q = P?")
@edit("cross_entropy - entropy", "cross_entropy + entropy")
def kl_loss_adds_entropy(): ...


@wrong("counts only the outcome +1", often="values")
@hint("How many outcomes does a coin have, and for how many does F.kl_div get the probability?")
def kl_loss_of_one_outcome(logits, target_prob):
    p = target_prob.detach().to(logits.dtype)
    return F.kl_div(F.logsigmoid(logits), p, reduction="batchmean")


@wrong("treats the target as a pixel of -1 or +1", sometimes="values")
@hint("target_prob is already a probability, isn't it?")
@edit("target_prob.detach().to(logits.dtype)", "(target_prob.detach().to(logits.dtype) + 1) / 2")
def kl_loss_target_as_pixels(): ...


@wrong("measures the squared error of the probabilities", sometimes="values")
@hint("How large is this loss for a network that is sure but wrong?")
def kl_loss_squared_error(logits, target_prob):
    p = target_prob.detach().to(logits.dtype)
    return (torch.sigmoid(logits) - p).square().flatten(1).sum(1).mean()


@wrong("treats the logits as the logits of -1", rarely="values")
@hint("Which outcome has the probability sigmoid(logits)?")
@edit("logits, p", "-logits, p")
def kl_loss_of_the_other_outcome(): ...


@wrong("computes the exponential of large logits, which overflows", sometimes="not finite")
@hint("What is exp(200) in single precision?")
def kl_loss_overflows(logits, target_prob):
    p = target_prob.detach().to(logits.dtype)
    cross_entropy = torch.log1p(torch.exp(logits)) - p * logits
    entropy = -torch.xlogy(p, p) - torch.xlogy(1 - p, 1 - p)
    return (cross_entropy - entropy).flatten(1).sum(1).mean()


@wrong("returns the right value but a gradient of NaN where the unused branch overflows", rarely="not finite")
@hint("torch.where computes both branches. What is the gradient of the unused one at logit 200?")
def kl_loss_nan_in_the_gradient(logits, target_prob):
    p = target_prob.detach().to(logits.dtype)
    softplus = torch.where(logits > 30, logits, torch.log1p(torch.exp(logits)))
    entropy = -torch.xlogy(p, p) - torch.xlogy(1 - p, 1 - p)
    return (softplus - p * logits - entropy).flatten(1).sum(1).mean()


@wrong(
    "limits the logits, so that the loss of a sure network is too small and has no gradient",
    sometimes="values",
)
@hint("The docstring says `Finite for every finite logit`: does that need a limit?")
@edit("logits, p", "logits.clamp(-20, 20), p")
def kl_loss_limits_logits(): ...


@wrong(
    "writes the limits for its logarithms into the target that it was given",
    rarely="argument changed in place",
)
@hint("What does the caller's target_prob contain after the call? detach() copies nothing.")
def kl_loss_limits_target_in_place(logits, target_prob):
    p = target_prob.detach().clamp_(1e-6, 1 - 1e-6).to(logits.dtype)
    cross_entropy = F.binary_cross_entropy_with_logits(logits, p, reduction="none")
    entropy = -p * torch.log(p) - (1 - p) * torch.log(1 - p)
    return (cross_entropy - entropy).flatten(1).sum(1).mean()


@wrong("computes in single precision even if the logits are in double precision", sometimes="dtype")
@hint("What does the docstring say about the dtype of the result?")
@edit("p = target_prob.detach().to(logits.dtype)", "logits, p = logits.float(), target_prob.detach().float()")
def kl_loss_in_single_precision(): ...


@right("writes the cross-entropy with softplus")
def kl_loss_by_softplus(logits, target_prob):
    p = target_prob.detach().to(logits.dtype)
    negative_entropy = torch.special.xlogy(p, p) + torch.special.xlogy(1 - p, 1 - p)
    kl = negative_entropy + p * F.softplus(-logits) + (1 - p) * F.softplus(logits)
    return kl.sum() / len(logits)


@right("treats a coin as a categorical distribution with two outcomes")
def kl_loss_of_two_outcomes(logits, target_prob):
    p = target_prob.detach().to(logits.dtype)
    log_q = F.log_softmax(torch.stack([logits, torch.zeros_like(logits)], dim=-1), dim=-1)
    return F.kl_div(log_q, torch.stack([p, 1 - p], dim=-1), reduction="batchmean")


@right("handles one image after the other, in double precision")
def kl_loss_image_by_image(logits, target_prob):
    losses = []
    for image, p in zip(logits.double(), target_prob.detach().double()):
        cross_entropy = F.binary_cross_entropy_with_logits(image, p, reduction="sum")
        losses.append(cross_entropy - (torch.special.entr(p) + torch.special.entr(1 - p)).sum())
    return torch.stack(losses).mean().to(logits.dtype)
