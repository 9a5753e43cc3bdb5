"""Question 3(b): the accuracy and the savings at each threshold."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "early_exit.macs.threshold_sweep"


@wrong("lets the whole batch leave at the exit where its mean entropy is below the threshold", often="values")
@hint("A batch has one easy and one hard image. What decides when the easy image leaves?")
def threshold_sweep_by_mean_entropy(exit_logits, labels, exit_macs, baseline_macs, thresholds):
    entropies = inference.entropy(exit_logits).mean(dim=1)
    accuracy, ratio = [], []
    for tolerance in tolerances:
        for i in range(len(exit_logits)):
            if entropies[i] < tolerance or i == len(exit_logits) - 1:
                accuracy.append((exit_logits[i].argmax(-1) == labels).double().mean().item())
                ratio.append(baseline_macs / exit_macs[i].item())
                break
    return torch.tensor(accuracy, dtype=torch.float64), torch.tensor(ratio, dtype=torch.float64)


@wrong("uses the predictions of the last exit for all inputs, no matter where they left", sometimes="values")
@hint("An image has left at the first exit. Which prediction did it get?")
def threshold_sweep_judges_last_exit(exit_logits, labels, exit_macs, baseline_macs, thresholds):
    entropies = inference.entropy(exit_logits)
    right = (exit_logits[-1].argmax(-1) == labels).double().mean()
    ratio = [mac_ratio(inference.exit_index(entropies, t), exit_macs, baseline_macs) for t in tolerances]
    return right.repeat(len(tolerances)), torch.tensor(ratio, dtype=torch.float64)


@wrong("lets an input leave if its entropy equals the threshold", sometimes="values")
@hint("At a threshold of 0, which inputs can leave early? What does `exit_index` say about equality?")
def threshold_sweep_leaves_at_equality(exit_logits, labels, exit_macs, baseline_macs, thresholds):
    entropies = inference.entropy(exit_logits)
    accuracy, ratio = [], []
    for tolerance in tolerances:
        leaves = entropies <= tolerance
        leaves[-1] = True
        exits = leaves.int().argmax(dim=0)
        chosen = exit_logits[exits, torch.arange(len(labels))]
        accuracy.append((chosen.argmax(-1) == labels).double().mean())
        ratio.append(mac_ratio(exits, exit_macs, baseline_macs))
    return torch.stack(accuracy), torch.tensor(ratio, dtype=torch.float64)


@wrong("lets unsure inputs leave", sometimes="values")
@hint("Does a small entropy mean that a head is sure or unsure?")
def threshold_sweep_unsure_leave(exit_logits, labels, exit_macs, baseline_macs, thresholds):
    entropies = inference.entropy(exit_logits)
    rows = torch.arange(len(labels))
    accuracy, ratio = [], []
    for tolerance in tolerances:
        leaves = entropies > tolerance
        leaves[-1] = True
        exits = leaves.int().argmax(dim=0)
        accuracy.append((exit_logits[exits, rows].argmax(-1) == labels).double().mean())
        ratio.append(mac_ratio(exits, exit_macs, baseline_macs))
    return torch.stack(accuracy), torch.tensor(ratio, dtype=torch.float64)


@wrong("sorts the thresholds, and returns the results in that order", sometimes="values")
@hint("In which order does the docstring want the results?")
def threshold_sweep_sorts(exit_logits, labels, exit_macs, baseline_macs, thresholds):
    entropies = inference.entropy(exit_logits)
    predictions = exit_logits.argmax(dim=-1)
    accuracy, ratio = [], []
    for tolerance in sorted(tolerances):
        exits = inference.exit_index(entropies, tolerance)
        chosen = predictions.gather(0, exits.unsqueeze(0)).squeeze(0)
        accuracy.append((chosen == labels).double().mean().item())
        ratio.append(mac_ratio(exits, exit_macs, baseline_macs))
    return torch.tensor(accuracy, dtype=torch.float64), torch.tensor(ratio, dtype=torch.float64)


@wrong("returns single precision", often="dtype")
@hint("What is the dtype of torch.tensor([0.5])? Which one does the docstring name?")
def threshold_sweep_in_single_precision(exit_logits, labels, exit_macs, baseline_macs, thresholds):
    entropies = inference.entropy(exit_logits)
    correct = exit_logits.argmax(dim=-1) == labels
    accuracy, ratio = [], []
    for tolerance in tolerances:
        exits = inference.exit_index(entropies, tolerance)
        accuracy.append(correct[exits, torch.arange(len(labels))].float().mean().item())
        ratio.append(mac_ratio(exits, exit_macs, baseline_macs))
    return torch.tensor(accuracy), torch.tensor(ratio)


@wrong("returns one tensor with two rows", sometimes="type")
@hint("Which two results must the function return, according to the docstring?")
def threshold_sweep_stacks(exit_logits, labels, exit_macs, baseline_macs, thresholds):
    entropies = inference.entropy(exit_logits)
    correct = exit_logits.argmax(dim=-1) == labels
    results = []
    for tolerance in tolerances:
        exits = inference.exit_index(entropies, tolerance)
        hits = correct[exits, torch.arange(len(labels))].double().mean().item()
        results.append((hits, mac_ratio(exits, exit_macs, baseline_macs)))
    return torch.tensor(results, dtype=torch.float64).T


@wrong("lets inputs that no head is sure of leave at the first exit", often="values")
@hint("What does argmax return for a column that is all False? Which inputs must leave at the last exit?")
def threshold_sweep_unsure_leave_first(exit_logits, labels, exit_macs, baseline_macs, thresholds):
    entropies = inference.entropy(exit_logits)
    correct = exit_logits.argmax(dim=-1) == labels
    accuracy, ratio = [], []
    for tolerance in tolerances:
        exits = (entropies < tolerance).int().argmax(dim=0)
        accuracy.append(correct[exits, torch.arange(len(labels))].double().mean())
        ratio.append(mac_ratio(exits, exit_macs, baseline_macs))
    return torch.stack(accuracy), torch.tensor(ratio, dtype=torch.float64)


@wrong(
    "subtracts the largest logit in place, and so changes the caller's logits",
    rarely="argument changed in place",
)
@hint("`x -= y` and `x = x - y` do different things. Which of them does the caller notice?")
def threshold_sweep_changes_logits(exit_logits, labels, exit_macs, baseline_macs, thresholds):
    exit_logits -= exit_logits.max(dim=-1, keepdim=True).values
    entropies = inference.entropy(exit_logits)
    correct = exit_logits.argmax(dim=-1) == labels
    accuracy, ratio = [], []
    for tolerance in tolerances:
        exits = inference.exit_index(entropies, tolerance)
        accuracy.append(correct[exits, torch.arange(len(labels))].double().mean())
        ratio.append(mac_ratio(exits, exit_macs, baseline_macs))
    return torch.stack(accuracy), torch.tensor(ratio, dtype=torch.float64)


@wrong("measures the entropy in bits", sometimes="values")
@hint("In which unit are the thresholds?")
def threshold_sweep_in_bits(exit_logits, labels, exit_macs, baseline_macs, thresholds):
    probabilities = torch.softmax(exit_logits, dim=-1)
    entropies = -torch.xlogy(probabilities, probabilities).sum(-1) / torch.log(torch.tensor(2.0))
    correct = exit_logits.argmax(dim=-1) == labels
    accuracy, ratio = [], []
    for tolerance in tolerances:
        exits = inference.exit_index(entropies, tolerance)
        accuracy.append(correct[exits, torch.arange(len(labels))].double().mean())
        ratio.append(mac_ratio(exits, exit_macs, baseline_macs))
    return torch.stack(accuracy), torch.tensor(ratio, dtype=torch.float64)


@wrong("lets an input leave if its largest probability is above the threshold", sometimes="values")
@hint("With which measure of certainty are the thresholds compared?")
def threshold_sweep_by_confidence(exit_logits, labels, exit_macs, baseline_macs, thresholds):
    confidence, predictions = torch.softmax(exit_logits, dim=-1).max(dim=-1)
    rows = torch.arange(len(labels))
    accuracy, ratio = [], []
    for tolerance in tolerances:
        leaves = confidence > tolerance
        leaves[-1] = True
        exits = leaves.int().argmax(dim=0)
        accuracy.append((predictions[exits, rows] == labels).double().mean())
        ratio.append(mac_ratio(exits, exit_macs, baseline_macs))
    return torch.stack(accuracy), torch.tensor(ratio, dtype=torch.float64)


@wrong("returns the ratio first", rarely="values")
@hint("Which of the two results does the docstring name first?")
def threshold_sweep_swaps_results(exit_logits, labels, exit_macs, baseline_macs, thresholds):
    entropies = inference.entropy(exit_logits)
    correct = exit_logits.argmax(dim=-1) == labels
    ratio, accuracy = [], []
    for tolerance in tolerances:
        exits = inference.exit_index(entropies, tolerance)
        ratio.append(mac_ratio(exits, exit_macs, baseline_macs))
        accuracy.append(correct[exits, torch.arange(len(labels))].double().mean())
    return torch.tensor(ratio, dtype=torch.float64), torch.stack(accuracy)


@wrong("returns the accuracy in percent", sometimes="values")
@hint("What is the range of the accuracy in the docstring?")
def threshold_sweep_in_percent(exit_logits, labels, exit_macs, baseline_macs, thresholds):
    entropies = inference.entropy(exit_logits)
    correct = exit_logits.argmax(dim=-1) == labels
    accuracy, ratio = [], []
    for tolerance in tolerances:
        exits = inference.exit_index(entropies, tolerance)
        hits = correct[exits, torch.arange(len(labels))].sum().item()
        accuracy.append(100 * hits / len(labels))
        ratio.append(mac_ratio(exits, exit_macs, baseline_macs))
    return torch.tensor(accuracy, dtype=torch.float64), torch.tensor(ratio, dtype=torch.float64)


@wrong("evaluates every image at the exits of all the other images as well", sometimes="values")
@hint("Print the shape of `exit_logits[exits]`. Which shape did you expect?")
def threshold_sweep_mixes_rows(exit_logits, labels, exit_macs, baseline_macs, thresholds):
    entropies = inference.entropy(exit_logits)
    accuracy, ratio = [], []
    for tolerance in tolerances:
        exits = inference.exit_index(entropies, tolerance)
        predictions = exit_logits[exits].argmax(dim=-1)
        accuracy.append((predictions == labels).double().mean().item())
        ratio.append(mac_ratio(exits, exit_macs, baseline_macs))
    return torch.tensor(accuracy, dtype=torch.float64), torch.tensor(ratio, dtype=torch.float64)


@wrong("gets NaN as the entropy of a certain prediction, and NaN is below no threshold", sometimes="values")
@hint("What is 0 * log(0) in floating point? Is there already a function for the entropy?")
@edit(
    "-torch.xlogy(probabilities, probabilities).sum(-1) / torch.log(torch.tensor(2.0))",
    "-(probabilities * probabilities.log()).sum(dim=-1)",
    of="threshold_sweep_in_bits",
)
def threshold_sweep_entropy_is_nan(): ...


@wrong("compares with the last exit instead of the baseline", sometimes="ignores an argument")
@hint("Is the last exit as cheap as a network without early heads? Which cost does the function get?")
def threshold_sweep_against_last_exit(exit_logits, labels, exit_macs, baseline_macs, thresholds):
    entropies = inference.entropy(exit_logits)
    correct = exit_logits.argmax(dim=-1) == labels
    accuracy, ratio = [], []
    for tolerance in tolerances:
        exits = inference.exit_index(entropies, tolerance)
        accuracy.append(correct[exits, torch.arange(len(labels))].double().mean())
        ratio.append(exit_macs[-1] / exit_macs[exits].double().mean())
    return torch.stack(accuracy), torch.stack(ratio)


@wrong("averages the ratios of the individual images", sometimes="values")
@hint("Is the mean of ratios the ratio of means? `mac_ratio` says which one is meant.")
@edit(
    "exit_macs[-1] / exit_macs[exits].double().mean()",
    "(baseline_macs / exit_macs[exits].double()).mean()",
    of="threshold_sweep_against_last_exit",
)
def threshold_sweep_mean_of_ratios(): ...


@right("has no loop over the thresholds")
def threshold_sweep_at_once(exit_logits, labels, exit_macs, baseline_macs, thresholds):
    entropies = torch.special.entr(exit_logits.softmax(dim=-1)).sum(dim=-1)
    leaves = entropies[None] < torch.tensor(tolerances, dtype=torch.float64)[:, None, None]
    leaves[:, -1] = True
    first = leaves & (leaves.cumsum(dim=1) == 1)  # (N, E, B), one True for each threshold and image
    correct = (exit_logits.argmax(dim=-1) == labels).double()
    accuracy = torch.einsum("neb,eb->nb", first.double(), correct).mean(dim=1)
    prices = torch.einsum("neb,e->nb", first.double(), exit_macs.double()).mean(dim=1)
    return accuracy, baseline_macs / prices


@right("follows every image from exit to exit in plain Python")
def threshold_sweep_image_by_image(exit_logits, labels, exit_macs, baseline_macs, thresholds):
    entropies = inference.entropy(exit_logits).tolist()
    predictions = exit_logits.argmax(dim=-1).tolist()
    accuracy, ratio = [], []
    for tolerance in tolerances:
        hits = cost = 0
        for b, label in enumerate(labels.tolist()):
            for i in range(len(predictions)):
                if entropies[i][b] < tolerance or i == len(predictions) - 1:
                    hits += predictions[i][b] == label
                    cost += int(exit_macs[i])
                    break
        accuracy.append(hits / len(labels))
        ratio.append(baseline_macs * len(labels) / cost)
    return torch.tensor(accuracy).double(), torch.tensor(ratio, dtype=torch.float64)


@right("gathers the logits of each image's exit, and uses the entropy of torch.distributions")
def threshold_sweep_gathers_logits(exit_logits, labels, exit_macs, baseline_macs, thresholds):
    entropies = torch.distributions.Categorical(logits=exit_logits).entropy()
    accuracy = torch.zeros(len(tolerances), dtype=torch.float64)
    ratio = torch.zeros(len(tolerances), dtype=torch.float64)
    for n, tolerance in enumerate(tolerances):
        exits = inference.exit_index(entropies, tolerance)
        index = exits[None, :, None].expand(1, -1, exit_logits.shape[-1])
        chosen = exit_logits.gather(0, index)[0]
        accuracy[n] = (chosen.argmax(dim=1) == labels).double().mean()
        ratio[n] = mac_ratio(exits, exit_macs, baseline_macs)
    return accuracy, ratio
