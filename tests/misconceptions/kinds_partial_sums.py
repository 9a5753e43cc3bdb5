"""Questions 3(a) and 3(b): the kinds of mistakes that live on: partial sums and exits."""

from autograder.misconceptions.writing import hint, wrong

TASK = "early_exit.partial_sums.remaining_variance"


@wrong(
    "adds up in a view of the caller's first unknown variance, and so overwrites it",
    rarely="argument changed in place",
)
@hint("Is `rest[0]` a copy? What does `+=` do to it, and what does the caller find in variances?")
def remaining_accumulates_in_view(variances, k):
    rest = variances[k:]
    if len(rest) == 0:
        return rest.new_zeros(())
    total = rest[0]
    for variance in rest[1:]:
        total += variance
    return total


TASK = "early_exit.partial_sums.geometric_remaining_variance"


@wrong("2**k in 64-bit integers overflows from k = 63 on", sometimes="not finite")
@hint("What is 2**64 in 64-bit integers?")
def geometric_integer_power(k):
    return 1 / (2 ** k.long()).double()


@wrong("1 minus the variance of the known terms is 0 from about 54 terms on", sometimes="values")
@hint("What is 1 - 2**-60 in floating point, and how many digits survive your last line?")
def geometric_one_minus_known(k):
    known = 1 - torch.exp2(-k.double())
    return 1 - known


TASK = "early_exit.partial_sums.probability_nonpositive"


@wrong("for a known sum of exactly 0 it says 1/2", sometimes="values")
@hint("If no terms remain and the sum is exactly 0, is it at most 0?")
def nonpositive_half_at_known_zero(partial_sum, remaining_variance):
    z = torch.nan_to_num(partial_sum / remaining_variance.sqrt(), nan=0.0)
    return 0.5 * torch.erfc(z / 2**0.5)


@wrong(
    "as_tensor shares the memory of a float64 argument, which neg_ then changes",
    rarely="argument changed in place",
)
@hint("Does as_tensor copy a float64 tensor? What is in the caller's partial_sum afterwards?")
def nonpositive_negates_argument(partial_sum, remaining_variance):
    known = (partial_sum <= 0).double()
    z = partial_sum.neg_() / remaining_variance.sqrt()
    probability = 0.5 * torch.erfc(-z / 2**0.5)
    return torch.where(remaining_variance == 0, known.expand_as(probability), probability)


TASK = "early_exit.partial_sums.log_probability_nonpositive"


@wrong("where the probability underflows it takes only the exponent, -z**2 / 2", sometimes="values")
@hint("Which factor stands in front of the exponential in the tail of a normal distribution?")
def log_nonpositive_only_exponent(partial_sum, remaining_variance):
    probability = probability_nonpositive(partial_sum, remaining_variance)
    tail = -(partial_sum**2) / (2 * remaining_variance)
    known = (remaining_variance == 0).expand_as(probability)
    return torch.where((probability > 1e-300) | known, probability.log(), tail)


@wrong("switches NumPy's warnings about log(0) off for the whole program", rarely="global state")
@hint("Which warnings does the rest of the program no longer get? Look up numpy.errstate.")
def log_nonpositive_numpy_errors_off(partial_sum, remaining_variance):
    import numpy as np

    np.seterr(divide="ignore", invalid="ignore")
    z = torch.from_numpy(np.asarray(np.divide(-partial_sum.numpy(), np.sqrt(remaining_variance.numpy()))))
    known = torch.from_numpy(np.asarray(np.log((partial_sum <= 0).double().numpy()))).expand_as(z)
    return torch.where(remaining_variance == 0, known, torch.special.log_ndtr(z))


TASK = "early_exit.inference.entropy"


@wrong("sums over the 50 most probable classes only", rarely="values")
@hint("What is the entropy of 100 equally probable classes, and what does your code return?")
def entropy_top_50(logits):
    log_probs = torch.log_softmax(logits, dim=-1)
    log_probs = log_probs.topk(min(50, logits.shape[-1]), dim=-1).values
    return -(log_probs.exp() * log_probs).sum(dim=-1)


@wrong(
    "subtracts the largest logit of the whole batch, so rows with much smaller logits become NaN",
    sometimes="not finite",
)
@hint("Which maximum has to be subtracted? What is left of a row whose logits are all 1000 smaller?")
def entropy_batch_maximum(logits):
    weights = (logits - logits.max()).exp()
    p = weights / weights.sum(dim=-1, keepdim=True)
    return -torch.xlogy(p, p).sum(dim=-1)


@wrong("view(-1, K) fails on logits that are not contiguous", rarely="exception")
@hint("When does view refuse a tensor? Try your function on transposed logits.")
def entropy_view_rows(logits):
    log_probs = torch.log_softmax(logits.view(-1, logits.shape[-1]), dim=-1)
    return -(log_probs.exp() * log_probs).sum(dim=-1).view(logits.shape[:-1])


TASK = "early_exit.inference.exit_index"


@wrong("writes -inf into the caller's entropies of the last exit", sometimes="argument changed in place")
@hint("What does the caller find in its entropies after the call?")
def exit_index_overwrites_last_exit(entropies, threshold):
    entropies[-1] = -float("inf")
    return (entropies < threshold).int().argmax(dim=0)


@wrong("rounds the threshold to float32, so an equal float64 entropy can count as below it", rarely="values")
@hint("Is 0.1 in float32 smaller or larger than 0.1 in float64?")
def exit_index_single_threshold(entropies, threshold):
    limit = torch.tensor([float(threshold)], dtype=torch.float32, device=entropies.device)
    leaves = entropies < limit
    leaves[-1] = True
    return leaves.int().argmax(dim=0)


TASK = "early_exit.inference.infer"


@wrong("switches gradients off for the parameters of the model", rarely="global state")
@hint("Whose parameters are they, and can the caller still train them after your call?")
def infer_freezes_parameters(model, x, threshold):
    model.requires_grad_(False)
    rows = torch.arange(len(x), device=x.device)
    features = model.stem(x.detach())
    found = []
    for number, stage in enumerate(model.stages, start=1):
        features = stage(features)
        last = number == len(model.stages)
        if number not in model.exits and not last:
            continue
        logits = model.heads[len(found)](features)
        leaves = (entropy(logits) < threshold) | last
        found.append((rows[leaves], logits[leaves], torch.full_like(rows[leaves], len(found))))
        rows, features = rows[~leaves], features[~leaves]
        if len(rows) == 0:
            break
    order, logits, exits = (torch.cat(parts) for parts in zip(*found))
    back = order.argsort()
    return logits[back], exits[back]


@wrong("nonzero().squeeze() has no axis if exactly one row leaves at an exit", sometimes="exception")
@hint("Which shape do the indices have if exactly one row leaves?")
def infer_squeezes_single_row(model, x, threshold):
    with torch.no_grad():
        rows = torch.arange(len(x), device=x.device)
        features = model.stem(x)
        all_rows, all_logits, all_exits, head = [], [], [], 0
        for number, stage in enumerate(model.stages, start=1):
            features = stage(features)
            last = number == len(model.stages)
            if number not in model.exits and not last:
                continue
            logits = model.heads[head](features)
            sure = (entropy(logits) < threshold) | last
            leaving = sure.nonzero().squeeze()
            all_rows.append(rows[leaving])
            all_logits.append(logits[leaving])
            all_exits.append(torch.full_like(rows[leaving], head))
            rows, features, head = rows[~sure], features[~sure], head + 1
            if len(rows) == 0:
                break
        back = torch.cat(all_rows).argsort()
        return torch.cat(all_logits)[back], torch.cat(all_exits)[back]


@wrong(
    "the batch does not shrink: rows that have left still run through every later stage with the others",
    sometimes="values",
)
@hint(
    "Which rows does the docstring let a later stage see? How much work does an early exit save in your code?"
)
def infer_batch_does_not_shrink(model, x, threshold):
    with torch.no_grad():
        features = model.stem(x)
        exits = torch.full((len(x),), -1, dtype=torch.long, device=x.device)
        result, head = None, 0
        for number, stage in enumerate(model.stages, start=1):
            features = stage(features)
            last = number == len(model.stages)
            if number not in model.exits and not last:
                continue
            logits = model.heads[head](features)
            leaves = ((entropy(logits) < threshold) | last) & (exits < 0)
            exits = torch.where(leaves, head, exits)
            result = logits if result is None else torch.where(leaves.unsqueeze(1), logits, result)
            head += 1
            if bool((exits >= 0).all()):
                break
        return result, exits
