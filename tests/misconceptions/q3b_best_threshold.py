"""Question 3(b): the choice of the best threshold."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "early_exit.macs.best_threshold"


@wrong("returns the smallest threshold that beats the small network", often="values")
@hint("Which of the thresholds that beat the small network is the cheapest to run?")
def best_threshold_smallest(thresholds, accuracy, small_accuracy):
    winners = [t for t, a in zip(tolerances, accuracies) if a > small_accuracy]
    return min(winners) if winners else None


@wrong("returns the threshold with the highest accuracy", sometimes="values")
@hint("More accuracy than needed has a cost. Which quantity must be the largest, according to the docstring?")
def best_threshold_most_accurate(thresholds, accuracy, small_accuracy):
    best = max(range(len(tolerances)), key=lambda i: accuracies[i], default=None)
    if best is None or accuracies[best] <= small_accuracy:
        return None
    return tolerances[best]


@wrong("accepts a threshold whose accuracy only equals that of the small network", often="type")
@hint("What does the docstring say about equality?")
def best_threshold_equal_wins(thresholds, accuracy, small_accuracy):
    return max((t for t, a in zip(tolerances, accuracies) if a >= small_accuracy), default=None)


@wrong("raises an error if no threshold beats the small network", often="exception")
@hint("What is the largest element of an empty list? What must the function return then?")
def best_threshold_raises_without_winner(thresholds, accuracy, small_accuracy):
    return max(t for t, a in zip(tolerances, accuracies) if a > small_accuracy)


@wrong(
    "returns the last threshold of the list that beats the small network, as if the list were sorted",
    sometimes="values",
)
@hint("In which order can the thresholds be?")
def best_threshold_last_of_the_list(thresholds, accuracy, small_accuracy):
    best = None
    for t, a in zip(tolerances, accuracies):
        if a > small_accuracy:
            best = t
    return best


@wrong("stops at the first threshold that does not beat the small network", sometimes="values")
@hint("Must the accuracy decrease steadily when the threshold increases?")
def best_threshold_stops_at_a_failure(thresholds, accuracy, small_accuracy):
    best = None
    for t, a in sorted(zip(tolerances, accuracies)):
        if a <= small_accuracy:
            break
        best = t
    return best


@wrong("treats a threshold of 0 as no threshold", sometimes="type")
@hint("What is the truth value of 0.0 in Python?")
@edit("a > small_accuracy", "a > small_accuracy and t > (best or 0)", of="best_threshold_last_of_the_list")
def best_threshold_zero_is_none(): ...


@wrong("returns 0 if no threshold beats the small network", sometimes="type")
@hint("Is 0 a threshold? How can the caller distinguish the two cases?")
def best_threshold_zero_for_none(thresholds, accuracy, small_accuracy):
    best = 0.0
    for t, a in zip(tolerances, accuracies):
        if a > small_accuracy:
            best = max(best, t)
    return best


@wrong("returns the index of the threshold in the list", sometimes="type")
@hint("The caller wants to set the threshold. What can it do with an index?")
def best_threshold_returns_its_place(thresholds, accuracy, small_accuracy):
    winners = [i for i in range(len(tolerances)) if accuracies[i] > small_accuracy]
    return max(winners, key=lambda i: tolerances[i], default=None)


@wrong("returns the accuracy at the threshold", rarely="values")
@hint("Which of the two lists does the result come from?")
def best_threshold_returns_accuracy(thresholds, accuracy, small_accuracy):
    best = None
    for t, a in sorted(zip(tolerances, accuracies)):
        if a > small_accuracy:
            best = a
    return best


@wrong("looks for thresholds at which the small network is better", rarely="type")
@hint("Which of the two networks should be more accurate?")
def best_threshold_small_network_wins(thresholds, accuracy, small_accuracy):
    losers = [t for t, a in zip(tolerances, accuracies) if small_accuracy > a]
    return max(losers) if losers else None


@right("goes down from the largest threshold and stops at the first that beats the small network")
def best_threshold_from_above(thresholds, accuracy, small_accuracy):
    for t, a in sorted(zip(tolerances, accuracies), reverse=True):
        if a > small_accuracy:
            return t
    return None


@right("uses a mask on a tensor")
def best_threshold_by_mask(thresholds, accuracy, small_accuracy):
    wins = torch.tensor(accuracies, dtype=torch.float64) > small_accuracy
    if not wins.any():
        return None
    return torch.tensor(tolerances, dtype=torch.float64)[wins].max().item()
