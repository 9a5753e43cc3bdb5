"""Question 3(b): how sure a head is, and where each input leaves. The loop over the batch: `q3b_infer`."""

from autograder.misconceptions.writing import edit, hint, right, wrong

# -- entropy --------------------------------------------------------------------------------------------------
TASK = "early_exit.inference.entropy"


@wrong("multiplies a probability of 0 by its logarithm", often="not finite")
@hint("What is 0 * log(0) in floating point? Which function gives log p without computing p first?")
def entropy_zero_times_infinity(logits):
    p = torch.softmax(logits, dim=-1)
    return -(p * p.log()).sum(dim=-1)


@wrong("adds a small number inside the logarithm, which makes a small entropy wrong", often="values")
@hint("How large is the entropy of a nearly certain prediction, compared with what you add?")
def entropy_with_epsilon(logits):
    p = torch.softmax(logits, dim=-1)
    return -(p * (p + 1e-12).log()).sum(dim=-1)


@wrong("measures the entropy in bits", sometimes="constant factor")
@hint("In which unit does the docstring want the entropy?")
@edit("log_probs.exp() * log_probs", "log_probs.exp() * log_probs / log_probs.new_tensor(2.0).log()")
def entropy_in_bits(): ...


@wrong("forgets the minus sign", sometimes="sign")
@hint("Is the logarithm of a probability positive or negative? Which sign does an entropy have?")
@edit("-(log_probs.exp() * log_probs).sum(dim=-1)", "(log_probs.exp() * log_probs).sum(dim=-1)")
def entropy_without_minus(): ...


@wrong("uses axis 1 as the axis of the classes, for any number of axes", often="exception")
@hint("Which axis holds the classes if there are three axes, or only one?")
def entropy_over_axis_one(logits):
    log_probs = torch.log_softmax(logits, dim=1)
    return -(log_probs.exp() * log_probs).sum(dim=1)


@wrong("returns one entropy for the whole batch", often="shape")
@hint("Is there one decision for every input? Then how many entropies are there?")
@edit("(log_probs.exp() * log_probs).sum(dim=-1)", "(log_probs.exp() * log_probs).sum(dim=-1).mean()")
def entropy_batch_mean(): ...


@wrong("keeps an axis of length 1 for the classes", rarely="shape")
@hint("Compare the shape of your result with the docstring's.")
@edit("(log_probs.exp() * log_probs).sum(dim=-1)", "(log_probs.exp() * log_probs).sum(dim=-1, keepdim=True)")
def entropy_keepdim(): ...


@wrong("treats logits as probabilities", sometimes="not finite")
@hint("Can a probability be negative, or 200?")
def entropy_of_logits(logits):
    return -(logits * logits.log()).sum(dim=-1)


@wrong("treats logits as log-probabilities without normalising them first", sometimes="not finite")
@hint("What is the sum of the exponentials of the logits?")
def entropy_of_unnormalised(logits):
    return -(logits.exp() * logits).sum(dim=-1)


@wrong("divides by the largest possible entropy", rarely="values")
@hint("Which range does the docstring give? Yours ends at 1.")
def entropy_relative(logits):
    log_probs = torch.log_softmax(logits, dim=-1)
    largest = log_probs.new_tensor(float(logits.shape[-1])).log()
    return -(log_probs.exp() * log_probs).sum(dim=-1) / largest


@wrong("averages over the classes instead of adding", sometimes="values")
@hint("What should the entropy be for three equally likely classes?")
@edit("(log_probs.exp() * log_probs).sum(dim=-1)", "(log_probs.exp() * log_probs).mean(dim=-1)")
def entropy_mean_over_classes(): ...


@wrong("returns 1 minus the largest probability", sometimes="values")
@hint("This also measures how unsure a head is. But is it the quantity that the docstring defines?")
def entropy_as_doubt(logits):
    return 1 - torch.softmax(logits, dim=-1).amax(dim=-1)


@wrong("returns the negative log-probability of the most likely class only", rarely="values")
@hint("How many classes does the sum in the docstring include?")
def entropy_of_top_class(logits):
    return -torch.log_softmax(logits, dim=-1).amax(dim=-1)


@wrong("shifts the caller's logits in place", sometimes="argument changed in place")
@hint("Whose tensor does `-=` change? The next head may still need it.")
def entropy_shifts_in_place(logits):
    logits -= logits.amax(dim=-1, keepdim=True)
    log_probs = logits - logits.exp().sum(dim=-1, keepdim=True).log()
    return -(log_probs.exp() * log_probs).sum(dim=-1)


@wrong("shifts every row by the largest logit of the whole batch", rarely="not finite")
@hint("What happens to a row whose logits are all far below those of another row?")
def entropy_shifted_by_batch(logits):
    shifted = logits - logits.max()
    log_probs = shifted - shifted.exp().sum(dim=-1, keepdim=True).log()
    return -(log_probs.exp() * log_probs).sum(dim=-1)


@wrong("computes in single precision", rarely="values")
@hint("How many digits are left if you cast double-precision logits to single precision and the result back?")
def entropy_single_inside(logits):
    log_probs = torch.log_softmax(logits.float(), dim=-1)
    return -(log_probs.exp() * log_probs).sum(dim=-1).to(logits.dtype)


@wrong("returns double precision for logits of every dtype", rarely="dtype")
@hint("Which dtype does the docstring promise?")
@edit("logits", "logits.double()")
def entropy_always_double(): ...


@right("uses torch.distributions")
def entropy_by_distribution(logits):
    return torch.distributions.Categorical(logits=logits).entropy()


@right("computes -p log p with a function that handles p = 0")
def entropy_by_entr(logits):
    return torch.special.entr(torch.softmax(logits, dim=-1)).sum(dim=-1)


@right("shifts by hand and subtracts the mean logit from the log of the sum of exponentials")
def entropy_by_hand(logits):
    shifted = logits - logits.amax(dim=-1, keepdim=True)
    weights = torch.exp(shifted)
    total = weights.sum(dim=-1)
    return torch.log(total) - (weights * shifted).sum(dim=-1) / total


# -- exit_index -----------------------------------------------------------------------------------------------
TASK = "early_exit.inference.exit_index"


@wrong("chooses the exit with the lowest entropy", often="ignores an argument")
@hint("Does an input continue when a head is sure enough of it? What is the threshold for?")
def exit_index_lowest(entropies, threshold):
    return entropies.argmin(dim=0)


@wrong("lets an input leave if its entropy equals the threshold", often="values")
@hint("Is an entropy equal to the threshold below it?")
@edit("entropies < threshold", "entropies <= threshold")
def exit_index_at_equal(): ...


@wrong("sends the inputs that no head is sure of to the first exit", often="values")
@hint("What does argmax return if all entries are equal? Where does an input leave if no head is sure of it?")
def exit_index_unsure_leave_first(entropies, threshold):
    return (entropies < threshold).int().argmax(dim=0)


@wrong("writes into the caller's entropies", sometimes="argument changed in place")
@hint("Whose tensor do you change so that the last exit accepts every input?")
def exit_index_writes_into_argument(entropies, threshold):
    entropies[-1] = -1.0
    return (entropies < threshold).int().argmax(dim=0)


@wrong("chooses the last exit that is sure enough", sometimes="values")
@hint("Which is cheaper: the first exit below the threshold, or the last?")
def exit_index_last_below(entropies, threshold):
    leaves = entropies < threshold
    leaves[-1] |= ~leaves.any(dim=0)
    return len(leaves) - 1 - leaves.flip(0).int().argmax(dim=0)


@wrong("decides for the whole batch by its mean entropy", often="values")
@hint("Does the exit of one input depend on the other inputs?")
def exit_index_batch_mean(entropies, threshold):
    leaves = entropies.mean(dim=1) < threshold
    leaves[-1] = True
    return leaves.int().argmax().expand(entropies.shape[1]).clone()


@wrong("counts the exits from 1", sometimes="values")
@hint("Which range does the docstring give?")
@edit("leaves.int().argmax(dim=0)", "leaves.int().argmax(dim=0) + 1")
def exit_index_from_one(): ...


@wrong("lets unsure inputs leave and sure inputs continue", sometimes="values")
@hint("Does a sure prediction have a small or a large entropy?")
@edit("entropies < threshold", "entropies > threshold")
def exit_index_inverted(): ...


@wrong("counts all exits that are not sure enough, also those after the first sure one", sometimes="values")
@hint("Does the entropy fall from exit to exit for every input? Try an input whose entropy rises again.")
def exit_index_counts_unsure(entropies, threshold):
    return (entropies[:-1] >= threshold).sum(dim=0)


@wrong("gives an index after the last exit to the inputs that no head is sure of", sometimes="values")
@hint("What is the largest index that the docstring allows? At the last exit, every input leaves.")
def exit_index_beyond_the_last(entropies, threshold):
    return (entropies >= threshold).long().cumprod(dim=0).sum(dim=0)


@wrong("gives -1 to the inputs that no head is sure of", rarely="values")
@hint("Which range does the docstring give for the exits?")
def exit_index_minus_one(entropies, threshold):
    leaves = entropies < threshold
    return torch.where(leaves.any(dim=0), leaves.int().argmax(dim=0), -1)


@wrong("calls argmax on a boolean tensor, which torch does not support", sometimes="exception")
@hint("What does torch's error message say? Which dtype does argmax accept?")
@edit("leaves.int().argmax(dim=0)", "leaves.argmax(dim=0)")
def exit_index_argmax_of_bool(): ...


@wrong("looks along the batch instead of the exits", sometimes="shape")
@hint("Which axis holds the exits, and how many numbers must the function return?")
@edit("leaves[-1] = True", "leaves[:, -1] = True")
@edit("dim=0", "dim=1")
def exit_index_along_batch(): ...


@wrong("returns a list", sometimes="type")
@hint("What type does the signature promise?")
def exit_index_list(entropies, threshold):
    chosen = []
    for column in entropies.T:
        below = [i for i, value in enumerate(column) if value < threshold]
        chosen.append(below[0] if below else len(column) - 1)
    return chosen


@wrong("returns the exits as floating-point numbers", rarely="dtype")
@hint("Which dtype does the docstring promise?")
def exit_index_as_float(entropies, threshold):
    chosen = torch.full((entropies.shape[1],), float(len(entropies) - 1))
    for i in reversed(range(len(entropies))):
        chosen[entropies[i] < threshold] = i
    return chosen


@right("goes backwards from the last exit; earlier exits overwrite later ones")
def exit_index_backwards(entropies, threshold):
    last = len(entropies) - 1
    chosen = torch.full(entropies.shape[1:], last, device=entropies.device)
    for i in range(last - 1, -1, -1):
        chosen = torch.where(entropies[i] < threshold, i, chosen)
    return chosen


@right("counts how many early exits in a row were not sure enough")
def exit_index_by_cumprod(entropies, threshold):
    unsure = (entropies[:-1] >= threshold).long()
    return unsure.cumprod(dim=0).sum(dim=0)


@right("loops over the inputs in plain Python")
def exit_index_by_loop(entropies, threshold):
    chosen = torch.zeros(entropies.shape[1], dtype=torch.long)
    for b in range(entropies.shape[1]):
        while chosen[b] < len(entropies) - 1 and not entropies[chosen[b], b] < threshold:
            chosen[b] += 1
    return chosen
