"""Question 1(e): the loss between coins."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "diffusion.binary.kl_loss"


@wrong("measures the divergence the other way round, KL(Q || P)", often="not finite")
@hint("Which of the two laws is the expectation in KL(P || Q) taken over? What if P is certain?")
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


@wrong("averages over the pixels, where their sum is due", often="values")
@hint("Which reduction does the docstring name for pixels, and which for images?")
@edit("(cross_entropy - entropy).flatten(1).sum(1).mean()", "(cross_entropy - entropy).mean()")
def kl_loss_mean_over_pixels(): ...


@wrong("sums over the batch", often="values")
@hint("Which reduction does the docstring name for pixels, and which for images?")
@edit("(cross_entropy - entropy).flatten(1).sum(1).mean()", "(cross_entropy - entropy).sum()")
def kl_loss_sum_over_batch(): ...


@wrong("divides by the batch twice", sometimes="values")
@hint("What does reduction='mean' divide by already?")
@edit(".mean()", ".mean() / len(logits)")
def kl_loss_divides_by_batch_twice(): ...


@wrong("sums over the first axis of an image and averages over the others", sometimes="values")
@hint("Which axes are pixels if images have rows and columns?")
@edit("(cross_entropy - entropy).flatten(1).sum(1).mean()", "(cross_entropy - entropy).sum(dim=1).mean()")
def kl_loss_sums_one_axis(): ...


@wrong("returns one loss for each image", sometimes="shape")
@hint("How many dimensions has the result?")
@edit("(cross_entropy - entropy).flatten(1).sum(1).mean()", "(cross_entropy - entropy).flatten(1).sum(1)")
def kl_loss_for_each_image(): ...


@wrong("lets a gradient flow into the target", often="gradient where none belongs")
@hint("What does the docstring call target_prob?")
def kl_loss_trains_its_target(logits, target_prob):
    p = target_prob.to(logits.dtype)
    cross_entropy = F.binary_cross_entropy_with_logits(logits, p, reduction="none")
    with torch.no_grad():
        entropy = -torch.xlogy(p, p) - torch.xlogy(1 - p, 1 - p)
    return (cross_entropy - entropy).flatten(1).sum(1).mean()


@wrong("cuts the graph, so that nothing can be trained", sometimes="no gradient")
@hint("Where does your code leave autograd? The network learns through `logits`.")
def kl_loss_without_graph(logits, target_prob):
    p = target_prob.to(logits.dtype)
    with torch.no_grad():
        cross_entropy = F.binary_cross_entropy_with_logits(logits, p, reduction="none")
        entropy = -torch.xlogy(p, p) - torch.xlogy(1 - p, 1 - p)
        return (cross_entropy - entropy).flatten(1).sum(1).mean()


@wrong(
    "adds a small number inside the logarithm, which bounds the cost of being sure and wrong", often="values"
)
@hint("What does your loss say at logit 60 and target 0, and at logit 200?")
def kl_loss_with_epsilon(logits, target_prob):
    p = target_prob.detach().to(logits.dtype)
    q = torch.sigmoid(logits)
    kl = p * torch.log((p + 1e-8) / (q + 1e-8)) + (1 - p) * torch.log((1 - p + 1e-8) / (1 - q + 1e-8))
    return kl.flatten(1).sum(1).mean()


@wrong("goes through probabilities, which round to 0 and 1 for large logits", often="not finite")
@hint("What is 1 - sigmoid(60) in single precision? Which of torch's functions take logits?")
def kl_loss_through_probabilities(logits, target_prob):
    p = target_prob.detach().to(logits.dtype)
    q = torch.sigmoid(logits)
    cross_entropy = -torch.xlogy(p, q) - torch.xlogy(1 - p, 1 - q)
    entropy = -torch.xlogy(p, p) - torch.xlogy(1 - p, 1 - p)
    return (cross_entropy - entropy).flatten(1).sum(1).mean()


@wrong("multiplies 0 by the logarithm of 0 where the target is certain", often="not finite")
@hint("What is 0 * log(0) in floating point, and what does it have to be here?")
@edit("-torch.xlogy(p, p) - torch.xlogy(1 - p, 1 - p)", "-p * torch.log(p) - (1 - p) * torch.log(1 - p)")
def kl_loss_nan_for_certain_targets(): ...


@wrong(
    "takes the sigmoid first and binary_cross_entropy after it, which cuts its logarithms off at -100",
    often="values",
)
@hint("What does torch's page on binary_cross_entropy say of logarithms? Try logit 60 and target 0.")
def kl_loss_cut_off_logarithm(logits, target_prob):
    p = target_prob.detach().to(logits.dtype)
    cross_entropy = F.binary_cross_entropy(torch.sigmoid(logits), p, reduction="none")
    entropy = -torch.xlogy(p, p) - torch.xlogy(1 - p, 1 - p)
    return (cross_entropy - entropy).flatten(1).sum(1).mean()


@wrong("counts bits", seldom="constant factor")
@hint("In which unit is the loss?")
@edit(".mean()", ".mean() / math.log(2)")
def kl_loss_in_bits(): ...


@wrong("has its sign reversed: training makes it worse", sometimes="sign")
@hint("Can a divergence be negative?")
@edit("cross_entropy - entropy", "entropy - cross_entropy")
def kl_loss_negative(): ...


@wrong("adds the entropy of P instead of taking it off", sometimes="values")
@hint("What is your loss where Q = P?")
@edit("cross_entropy - entropy", "cross_entropy + entropy")
def kl_loss_adds_entropy(): ...


@wrong("counts the outcome +1 only", often="values")
@hint("How many outcomes has a coin, and for how many does F.kl_div know the probability?")
def kl_loss_of_one_outcome(logits, target_prob):
    p = target_prob.detach().to(logits.dtype)
    return F.kl_div(F.logsigmoid(logits), p, reduction="batchmean")


@wrong("takes the target for a pixel of -1 and +1", sometimes="values")
@hint("target_prob is a probability already, isn't it?")
@edit("target_prob.detach().to(logits.dtype)", "(target_prob.detach().to(logits.dtype) + 1) / 2")
def kl_loss_target_as_pixels(): ...


@wrong("measures the squared error of the probabilities", sometimes="values")
@hint("What does this cost a network that is sure and wrong?")
def kl_loss_squared_error(logits, target_prob):
    p = target_prob.detach().to(logits.dtype)
    return (torch.sigmoid(logits) - p).square().flatten(1).sum(1).mean()


@wrong("takes the logits for those of -1", seldom="values")
@hint("Which outcome has probability sigmoid(logits)?")
@edit("logits, p", "-logits, p")
def kl_loss_of_the_other_outcome(): ...


@wrong("takes the exponential of large logits, which overflows", sometimes="not finite")
@hint("What is exp(200) in single precision?")
def kl_loss_overflows(logits, target_prob):
    p = target_prob.detach().to(logits.dtype)
    cross_entropy = torch.log1p(torch.exp(logits)) - p * logits
    entropy = -torch.xlogy(p, p) - torch.xlogy(1 - p, 1 - p)
    return (cross_entropy - entropy).flatten(1).sum(1).mean()


@wrong(
    "has the right value but a gradient of NaN where the branch that was not taken overflows",
    seldom="not finite",
)
@hint("torch.where computes both branches. What is the gradient of the other one at logit 200?")
def kl_loss_nan_in_the_gradient(logits, target_prob):
    p = target_prob.detach().to(logits.dtype)
    softplus = torch.where(logits > 30, logits, torch.log1p(torch.exp(logits)))
    entropy = -torch.xlogy(p, p) - torch.xlogy(1 - p, 1 - p)
    return (softplus - p * logits - entropy).flatten(1).sum(1).mean()


@wrong("limits the logits, so that sure networks pay too little and get no gradient", sometimes="values")
@hint("`Finite for every finite logit` is asked: does that need a limit?")
@edit("logits, p", "logits.clamp(-20, 20), p")
def kl_loss_limits_logits(): ...


@wrong(
    "writes the limits of its logarithms into the target that it was given",
    seldom="argument changed in place",
)
@hint("What does the caller's target_prob show after the call? detach() copies nothing.")
def kl_loss_limits_target_in_place(logits, target_prob):
    p = target_prob.detach().clamp_(1e-6, 1 - 1e-6).to(logits.dtype)
    cross_entropy = F.binary_cross_entropy_with_logits(logits, p, reduction="none")
    entropy = -p * torch.log(p) - (1 - p) * torch.log(1 - p)
    return (cross_entropy - entropy).flatten(1).sum(1).mean()


@wrong("works in single precision even where the logits are doubles", sometimes="dtype")
@hint("What does the docstring say of the result's dtype?")
@edit("p = target_prob.detach().to(logits.dtype)", "logits, p = logits.float(), target_prob.detach().float()")
def kl_loss_in_single_precision(): ...


@right("writes the cross-entropy with softplus")
def kl_loss_by_softplus(logits, target_prob):
    p = target_prob.detach().to(logits.dtype)
    negative_entropy = torch.special.xlogy(p, p) + torch.special.xlogy(1 - p, 1 - p)
    kl = negative_entropy + p * F.softplus(-logits) + (1 - p) * F.softplus(logits)
    return kl.sum() / len(logits)


@right("takes a coin for a categorical law of two outcomes")
def kl_loss_of_two_outcomes(logits, target_prob):
    p = target_prob.detach().to(logits.dtype)
    log_q = F.log_softmax(torch.stack([logits, torch.zeros_like(logits)], dim=-1), dim=-1)
    return F.kl_div(log_q, torch.stack([p, 1 - p], dim=-1), reduction="batchmean")


@right("takes one image after the other, in double precision")
def kl_loss_image_by_image(logits, target_prob):
    losses = []
    for image, p in zip(logits.double(), target_prob.detach().double()):
        cross_entropy = F.binary_cross_entropy_with_logits(image, p, reduction="sum")
        losses.append(cross_entropy - (torch.special.entr(p) + torch.special.entr(1 - p)).sum())
    return torch.stack(losses).mean().to(logits.dtype)
