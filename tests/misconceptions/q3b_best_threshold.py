"""Question 3(b): which threshold is worth it."""

from autograder.misconceptions.bank import right, wrong

BEST = "early_exit.macs.best_threshold"


@wrong(
    BEST,
    says="takes the smallest threshold that beats the small network",
    hint="Which of the winners is the cheapest to run?",
    common="often",
    failure="values",
)
def best_threshold_smallest(thresholds, accuracy, small_accuracy):
    winners = [t for t, a in zip(tolerances, accuracies) if a > small_accuracy]
    return min(winners) if winners else None


@wrong(
    BEST,
    says="takes the threshold of the highest accuracy",
    hint="More accurate than needed is paid for. What does the docstring ask to be largest?",
    common="sometimes",
    failure="values",
)
def best_threshold_most_accurate(thresholds, accuracy, small_accuracy):
    best = max(range(len(tolerances)), key=lambda i: accuracies[i], default=None)
    if best is None or accuracies[best] <= small_accuracy:
        return None
    return tolerances[best]


@wrong(
    BEST,
    says="lets a threshold win that only equals the small network",
    hint="What does the docstring say about equality?",
    common="often",
    failure="type",
)
def best_threshold_equal_wins(thresholds, accuracy, small_accuracy):
    return max((t for t, a in zip(tolerances, accuracies) if a >= small_accuracy), default=None)


@wrong(
    BEST,
    says="raises where no threshold beats the small network",
    hint="What is the largest element of an empty list? What is due then?",
    common="often",
    failure="exception",
)
def best_threshold_raises_without_winner(thresholds, accuracy, small_accuracy):
    return max(t for t, a in zip(tolerances, accuracies) if a > small_accuracy)


@wrong(
    BEST,
    says="takes the last winner of the list, as if thresholds were sorted",
    hint="In which order do the thresholds come?",
    common="sometimes",
    failure="values",
)
def best_threshold_last_of_the_list(thresholds, accuracy, small_accuracy):
    best = None
    for t, a in zip(tolerances, accuracies):
        if a > small_accuracy:
            best = t
    return best


@wrong(
    BEST,
    says="stops at the first threshold that fails",
    hint="Does accuracy have to fall steadily as the threshold rises?",
    common="sometimes",
    failure="values",
)
def best_threshold_stops_at_a_failure(thresholds, accuracy, small_accuracy):
    best = None
    for t, a in sorted(zip(tolerances, accuracies)):
        if a <= small_accuracy:
            break
        best = t
    return best


@wrong(
    BEST,
    says="takes a threshold of 0 for none",
    hint="What is the truth value of 0.0 in Python?",
    common="sometimes",
    failure="type",
)
def best_threshold_zero_is_none(thresholds, accuracy, small_accuracy):
    best = None
    for t, a in zip(tolerances, accuracies):
        if a > small_accuracy and t > (best or 0):
            best = t
    return best


@wrong(
    BEST,
    says="returns 0 where no threshold beats the small network",
    hint="Is 0 a threshold? How will the caller tell the two cases apart?",
    common="sometimes",
    failure="type",
)
def best_threshold_zero_for_none(thresholds, accuracy, small_accuracy):
    best = 0.0
    for t, a in zip(tolerances, accuracies):
        if a > small_accuracy:
            best = max(best, t)
    return best


@wrong(
    BEST,
    says="returns the place of the threshold in the list",
    hint="The caller wants to set the threshold: what does it do with a place?",
    common="sometimes",
    failure="type",
)
def best_threshold_returns_its_place(thresholds, accuracy, small_accuracy):
    winners = [i for i in range(len(tolerances)) if accuracies[i] > small_accuracy]
    return max(winners, key=lambda i: tolerances[i], default=None)


@wrong(
    BEST,
    says="returns the accuracy at the threshold",
    hint="Which of the two lists does the result come from?",
    common="seldom",
    failure="values",
)
def best_threshold_returns_accuracy(thresholds, accuracy, small_accuracy):
    best = None
    for t, a in sorted(zip(tolerances, accuracies)):
        if a > small_accuracy:
            best = a
    return best


@wrong(
    BEST,
    says="looks for thresholds at which the small network wins",
    hint="Which of the two should be the more accurate one?",
    common="seldom",
    failure="type",
)
def best_threshold_small_network_wins(thresholds, accuracy, small_accuracy):
    losers = [t for t, a in zip(tolerances, accuracies) if small_accuracy > a]
    return max(losers) if losers else None


@right(BEST, says="goes down from the largest threshold, and stops at the first winner")
def best_threshold_from_above(thresholds, accuracy, small_accuracy):
    for t, a in sorted(zip(tolerances, accuracies), reverse=True):
        if a > small_accuracy:
            return t
    return None


@right(BEST, says="masks a tensor")
def best_threshold_by_mask(thresholds, accuracy, small_accuracy):
    wins = torch.tensor(accuracies, dtype=torch.float64) > small_accuracy
    if not wins.any():
        return None
    return torch.tensor(tolerances, dtype=torch.float64)[wins].max().item()
