"""Right answers of another make: the sweep over thresholds, and the best of them."""

from autograder.misconceptions.writing import right

TASK = "early_exit.macs.threshold_sweep"


@right("all thresholds at once, with a further axis")
def sweep_all_thresholds_at_once(exit_logits, labels, exit_macs, baseline_macs, thresholds):
    bounds = torch.tensor(tolerances, dtype=torch.float64, device=exit_logits.device)
    sure = inference.entropy(exit_logits) < bounds[:, None, None]  # (N, E, B)
    sure[:, -1] = True
    exits = sure.int().argmax(dim=1)
    correct = (exit_logits.argmax(dim=-1) == labels).double()
    accuracy = correct.gather(0, exits).mean(dim=1)
    spent = exit_macs.to(exits.device)[exits].double().mean(dim=1)
    return accuracy.cpu(), (baseline_macs / spent).cpu()


@right("plays each threshold through, exit by exit, with the rows that are still there")
def sweep_simulates_the_queue(exit_logits, labels, exit_macs, baseline_macs, thresholds):
    entropies = inference.entropy(exit_logits)
    predictions = exit_logits.argmax(dim=-1)
    result = torch.zeros(2, len(tolerances), dtype=torch.float64)
    for n, tolerance in enumerate(tolerances):
        waiting = torch.ones_like(labels, dtype=torch.bool)
        right_ones, spent = 0, 0
        for exit_, cost in enumerate(exit_macs.tolist()):
            leaves = waiting.clone()
            if exit_ < len(exit_logits) - 1:
                leaves &= entropies[exit_] < tolerance
            right_ones += int((predictions[exit_] == labels)[leaves].sum())
            spent += cost * int(leaves.sum())
            waiting &= ~leaves
        result[0, n] = right_ones / len(labels)
        result[1, n] = baseline_macs * len(labels) / spent
    return result[0].clone(), result[1].clone()


@right("takes the logits of the exit first and the prediction afterwards")
def sweep_takes_logits_then_predicts(exit_logits, labels, exit_macs, baseline_macs, thresholds):
    entropies = inference.entropy(exit_logits)
    rows = []
    for tolerance in tolerances:
        exits = inference.exit_index(entropies, tolerance)
        logits = torch.take_along_dim(exit_logits, exits[None, :, None], dim=0).squeeze(0)
        hits = logits.argmax(dim=-1).eq(labels).sum().item()
        rows.append((hits / len(labels), mac_ratio(exits, exit_macs, baseline_macs)))
    table = torch.tensor(rows, dtype=torch.float64).reshape(-1, 2)
    return table[:, 0].contiguous(), table[:, 1].contiguous()


@right("numpy with plain loops over the thresholds")
def sweep_in_numpy(exit_logits, labels, exit_macs, baseline_macs, thresholds):
    import numpy as np

    entropies = inference.entropy(exit_logits)
    correct = (exit_logits.argmax(dim=-1) == labels).cpu().numpy()
    costs = exit_macs.cpu().numpy().astype(np.float64)
    accuracy, ratio = np.empty(len(tolerances)), np.empty(len(tolerances))
    for n, tolerance in enumerate(tolerances):
        sure = (entropies < tolerance).cpu().numpy()
        exits = np.where(sure[:-1].any(axis=0), sure.argmax(axis=0), len(sure) - 1)
        accuracy[n] = np.take_along_axis(correct, exits[None], axis=0).mean()
        ratio[n] = baseline_macs / costs[exits].mean()
    return torch.from_numpy(accuracy), torch.from_numpy(ratio)


TASK = "early_exit.macs.best_threshold"


@right("keeps the best so far in a loop")
def best_threshold_running_best(thresholds, accuracy, small_accuracy):
    best = None
    for tolerance, reached in zip(tolerances, accuracies, strict=True):
        if reached > small_accuracy and (best is None or tolerance > best):
            best = tolerance
    return best


@right("goes from the largest threshold down and takes the first that wins")
def best_threshold_from_the_largest_down(thresholds, accuracy, small_accuracy):
    order = sorted(range(len(tolerances)), key=tolerances.__getitem__, reverse=True)
    return next((tolerances[i] for i in order if accuracies[i] > small_accuracy), None)


@right("numpy mask and max")
def best_threshold_numpy_mask(thresholds, accuracy, small_accuracy):
    import numpy as np

    winners = np.asarray(tolerances)[np.asarray(accuracies) > small_accuracy]
    return float(winners.max()) if winners.size else None


@right("torch: masked_select in double precision")
def best_threshold_masked_select(thresholds, accuracy, small_accuracy):
    reached = torch.tensor(accuracies, dtype=torch.float64)
    winners = torch.tensor(tolerances, dtype=torch.float64).masked_select(reached > small_accuracy)
    if winners.numel() == 0:
        return None
    return winners.amax().item()
