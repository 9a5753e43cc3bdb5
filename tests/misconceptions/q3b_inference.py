"""Question 3(b): how sure a head is, and where each input leaves. The loop over a shrinking batch: `q3b_infer`."""

from autograder.misconceptions.bank import right, wrong

ENTROPY = "early_exit.inference.entropy"
EXIT = "early_exit.inference.exit_index"


# -- entropy --------------------------------------------------------------------------------------------------


@wrong(
    ENTROPY,
    says="multiplies a probability of 0 by its logarithm",
    hint="What is 0 * log(0) in floating point? Which function gives log p without going through p?",
    common="often",
    failure="not finite",
)
def entropy_zero_times_infinity(logits):
    p = torch.softmax(logits, dim=-1)
    return -(p * p.log()).sum(dim=-1)


@wrong(
    ENTROPY,
    says="adds a small number inside the logarithm, which drowns a small entropy",
    hint="How large is the entropy of a nearly certain prediction beside what you add?",
    common="often",
    failure="values",
)
def entropy_with_epsilon(logits):
    p = torch.softmax(logits, dim=-1)
    return -(p * (p + 1e-12).log()).sum(dim=-1)


@wrong(
    ENTROPY,
    says="measures in bits",
    hint="In which unit does the docstring want the entropy?",
    common="sometimes",
    failure="constant factor",
)
def entropy_in_bits(logits):
    log_probs = torch.log_softmax(logits, dim=-1)
    return -(log_probs.exp() * log_probs / log_probs.new_tensor(2.0).log()).sum(dim=-1)


@wrong(
    ENTROPY,
    says="forgets the minus sign",
    hint="Is the logarithm of a probability positive or negative, and an entropy?",
    common="sometimes",
    failure="sign",
)
def entropy_without_minus(logits):
    log_probs = torch.log_softmax(logits, dim=-1)
    return (log_probs.exp() * log_probs).sum(dim=-1)


@wrong(
    ENTROPY,
    says="takes axis 1 for the classes, whatever the number of axes",
    hint="Where do the classes stand if there are three axes, or only one?",
    common="often",
    failure="exception",
)
def entropy_over_axis_one(logits):
    log_probs = torch.log_softmax(logits, dim=1)
    return -(log_probs.exp() * log_probs).sum(dim=1)


@wrong(
    ENTROPY,
    says="gives one entropy for the whole batch",
    hint="Does every input decide for itself? Then how many entropies are there?",
    common="often",
    failure="shape",
)
def entropy_batch_mean(logits):
    log_probs = torch.log_softmax(logits, dim=-1)
    return -(log_probs.exp() * log_probs).sum(dim=-1).mean()


@wrong(
    ENTROPY,
    says="keeps an axis of length 1 for the classes",
    hint="Compare the shape of your result with the docstring's.",
    common="seldom",
    failure="shape",
)
def entropy_keepdim(logits):
    log_probs = torch.log_softmax(logits, dim=-1)
    return -(log_probs.exp() * log_probs).sum(dim=-1, keepdim=True)


@wrong(
    ENTROPY,
    says="takes logits for probabilities",
    hint="Can a probability be negative, or 200?",
    common="sometimes",
    failure="not finite",
)
def entropy_of_logits(logits):
    return -(logits * logits.log()).sum(dim=-1)


@wrong(
    ENTROPY,
    says="takes logits for log-probabilities, which have to be normalised first",
    hint="What do the exponentials of the logits add up to?",
    common="sometimes",
    failure="not finite",
)
def entropy_of_unnormalised(logits):
    return -(logits.exp() * logits).sum(dim=-1)


@wrong(
    ENTROPY,
    says="divides by the largest entropy there can be",
    hint="Which range does the docstring give? Yours ends at 1.",
    common="seldom",
    failure="values",
)
def entropy_relative(logits):
    log_probs = torch.log_softmax(logits, dim=-1)
    largest = log_probs.new_tensor(float(logits.shape[-1])).log()
    return -(log_probs.exp() * log_probs).sum(dim=-1) / largest


@wrong(
    ENTROPY,
    says="averages over the classes in place of adding",
    hint="What should come out for three classes that are all alike?",
    common="sometimes",
    failure="values",
)
def entropy_mean_over_classes(logits):
    log_probs = torch.log_softmax(logits, dim=-1)
    return -(log_probs.exp() * log_probs).mean(dim=-1)


@wrong(
    ENTROPY,
    says="gives what is missing from the largest probability to 1",
    hint="That measures doubt as well; but is it the quantity that the docstring defines?",
    common="sometimes",
    failure="values",
)
def entropy_as_doubt(logits):
    return 1 - torch.softmax(logits, dim=-1).amax(dim=-1)


@wrong(
    ENTROPY,
    says="gives the surprise of the likeliest class alone",
    hint="Over how many classes does the docstring's sum go?",
    common="seldom",
    failure="values",
)
def entropy_of_top_class(logits):
    return -torch.log_softmax(logits, dim=-1).amax(dim=-1)


@wrong(
    ENTROPY,
    says="shifts the logits of its caller",
    hint="Whose tensor does `-=` change? The next head may still need it.",
    common="sometimes",
    failure="argument changed in place",
)
def entropy_shifts_in_place(logits):
    logits -= logits.amax(dim=-1, keepdim=True)
    log_probs = logits - logits.exp().sum(dim=-1, keepdim=True).log()
    return -(log_probs.exp() * log_probs).sum(dim=-1)


@wrong(
    ENTROPY,
    says="shifts every row by the largest logit of the whole batch",
    hint="What becomes of a row whose logits are all far below those of another row?",
    common="seldom",
    failure="not finite",
)
def entropy_shifted_by_batch(logits):
    shifted = logits - logits.max()
    log_probs = shifted - shifted.exp().sum(dim=-1, keepdim=True).log()
    return -(log_probs.exp() * log_probs).sum(dim=-1)


@wrong(
    ENTROPY,
    says="works in single precision",
    hint="How many digits are left when double-precision logits are cast down and the result back up?",
    common="seldom",
    failure="values",
)
def entropy_single_inside(logits):
    log_probs = torch.log_softmax(logits.float(), dim=-1)
    return -(log_probs.exp() * log_probs).sum(dim=-1).to(logits.dtype)


@wrong(
    ENTROPY,
    says="returns double precision whatever it is given",
    hint="Which dtype does the docstring promise?",
    common="seldom",
    failure="dtype",
)
def entropy_always_double(logits):
    log_probs = torch.log_softmax(logits.double(), dim=-1)
    return -(log_probs.exp() * log_probs).sum(dim=-1)


@right(ENTROPY, says="leaves it to torch.distributions")
def entropy_by_distribution(logits):
    return torch.distributions.Categorical(logits=logits).entropy()


@right(ENTROPY, says="-p log p by a function that knows about p = 0")
def entropy_by_entr(logits):
    return torch.special.entr(torch.softmax(logits, dim=-1)).sum(dim=-1)


@right(ENTROPY, says="shifts by hand and takes the mean logit from the log of the sum of exponentials")
def entropy_by_hand(logits):
    shifted = logits - logits.amax(dim=-1, keepdim=True)
    weights = torch.exp(shifted)
    total = weights.sum(dim=-1)
    return torch.log(total) - (weights * shifted).sum(dim=-1) / total


# -- exit_index -----------------------------------------------------------------------------------------------


@wrong(
    EXIT,
    says="takes the exit of lowest entropy",
    hint="Does an input go on once a head is sure enough of it? What is the threshold for?",
    common="often",
    failure="ignores an argument",
)
def exit_index_lowest(entropies, threshold):
    return entropies.argmin(dim=0)


@wrong(
    EXIT,
    says="lets an input leave whose entropy equals the threshold",
    hint="Is an entropy equal to the threshold below it?",
    common="often",
    failure="values",
)
def exit_index_at_equal(entropies, threshold):
    leaves = entropies <= threshold
    leaves[-1] = True
    return leaves.int().argmax(dim=0)


@wrong(
    EXIT,
    says="sends those who are never sure to the first exit",
    hint="What does argmax return when all entries are alike? Where does an input leave that no head is sure of?",
    common="often",
    failure="values",
)
def exit_index_unsure_leave_first(entropies, threshold):
    return (entropies < threshold).int().argmax(dim=0)


@wrong(
    EXIT,
    says="writes into the entropies of its caller",
    hint="Whose tensor do you change to make the last exit take everybody?",
    common="sometimes",
    failure="argument changed in place",
)
def exit_index_writes_into_argument(entropies, threshold):
    entropies[-1] = -1.0
    return (entropies < threshold).int().argmax(dim=0)


@wrong(
    EXIT,
    says="takes the last exit that is sure enough",
    hint="Which is cheaper: the first exit below the threshold, or the last?",
    common="sometimes",
    failure="values",
)
def exit_index_last_below(entropies, threshold):
    leaves = entropies < threshold
    leaves[-1] |= ~leaves.any(dim=0)
    return len(leaves) - 1 - leaves.flip(0).int().argmax(dim=0)


@wrong(
    EXIT,
    says="lets the batch decide by its mean entropy",
    hint="Does one input's exit depend on the others?",
    common="often",
    failure="values",
)
def exit_index_batch_mean(entropies, threshold):
    leaves = entropies.mean(dim=1) < threshold
    leaves[-1] = True
    return leaves.int().argmax().expand(entropies.shape[1]).clone()


@wrong(
    EXIT,
    says="counts the exits from 1",
    hint="Which range does the docstring give?",
    common="sometimes",
    failure="values",
)
def exit_index_from_one(entropies, threshold):
    leaves = entropies < threshold
    leaves[-1] = True
    return leaves.int().argmax(dim=0) + 1


@wrong(
    EXIT,
    says="lets the unsure leave and the sure go on",
    hint="Is a sure prediction one of small or of large entropy?",
    common="sometimes",
    failure="values",
)
def exit_index_inverted(entropies, threshold):
    leaves = entropies > threshold
    leaves[-1] = True
    return leaves.int().argmax(dim=0)


@wrong(
    EXIT,
    says="counts all exits that are not sure enough, also those behind the first sure one",
    hint="Does the entropy fall from exit to exit for every input? Try one that rises again.",
    common="sometimes",
    failure="values",
)
def exit_index_counts_unsure(entropies, threshold):
    return (entropies[:-1] >= threshold).sum(dim=0)


@wrong(
    EXIT,
    says="gives a number beyond the last exit to those who are never sure",
    hint="What is the largest index that the docstring allows? At the last exit everybody leaves.",
    common="sometimes",
    failure="values",
)
def exit_index_beyond_the_last(entropies, threshold):
    return (entropies >= threshold).long().cumprod(dim=0).sum(dim=0)


@wrong(
    EXIT,
    says="gives -1 to those who are never sure",
    hint="In which range are exits counted?",
    common="seldom",
    failure="values",
)
def exit_index_minus_one(entropies, threshold):
    leaves = entropies < threshold
    return torch.where(leaves.any(dim=0), leaves.int().argmax(dim=0), -1)


@wrong(
    EXIT,
    says="asks for the argmax of a boolean tensor, which torch has not",
    hint="What does torch say? Which dtype would it take?",
    common="sometimes",
    failure="exception",
)
def exit_index_argmax_of_bool(entropies, threshold):
    leaves = entropies < threshold
    leaves[-1] = True
    return leaves.argmax(dim=0)


@wrong(
    EXIT,
    says="looks along the batch in place of the exits",
    hint="Which axis holds the exits, and how many numbers are to come back?",
    common="sometimes",
    failure="shape",
)
def exit_index_along_batch(entropies, threshold):
    leaves = entropies < threshold
    leaves[:, -1] = True
    return leaves.int().argmax(dim=1)


@wrong(
    EXIT,
    says="returns a list",
    hint="What type does the signature promise?",
    common="sometimes",
    failure="type",
)
def exit_index_list(entropies, threshold):
    chosen = []
    for column in entropies.T:
        below = [i for i, value in enumerate(column) if value < threshold]
        chosen.append(below[0] if below else len(column) - 1)
    return chosen


@wrong(
    EXIT,
    says="returns the exits as floating-point numbers",
    hint="Which dtype does the docstring promise?",
    common="seldom",
    failure="dtype",
)
def exit_index_as_float(entropies, threshold):
    chosen = torch.full((entropies.shape[1],), float(len(entropies) - 1))
    for i in reversed(range(len(entropies))):
        chosen[entropies[i] < threshold] = i
    return chosen


@right(EXIT, says="from the last exit backwards, the earlier overwriting the later")
def exit_index_backwards(entropies, threshold):
    last = len(entropies) - 1
    chosen = torch.full(entropies.shape[1:], last, device=entropies.device)
    for i in range(last - 1, -1, -1):
        chosen = torch.where(entropies[i] < threshold, i, chosen)
    return chosen


@right(EXIT, says="counts how many early exits in a row were not sure enough")
def exit_index_by_cumprod(entropies, threshold):
    unsure = (entropies[:-1] >= threshold).long()
    return unsure.cumprod(dim=0).sum(dim=0)


@right(EXIT, says="input by input, in plain Python")
def exit_index_by_loop(entropies, threshold):
    chosen = torch.zeros(entropies.shape[1], dtype=torch.long)
    for b in range(entropies.shape[1]):
        while chosen[b] < len(entropies) - 1 and not entropies[chosen[b], b] < threshold:
            chosen[b] += 1
    return chosen
