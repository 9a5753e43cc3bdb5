"""Right answers of another make: where an input leaves, and the training loss."""

from autograder.misconceptions.writing import right

TASK = "early_exit.inference.entropy"


@right("asks torch.distributions for the entropy")
def entropy_of_a_categorical(logits):
    return torch.distributions.Categorical(logits=logits, validate_args=False).entropy()


@right("torch.special.entr on probabilities in double precision")
def entropy_by_entr_in_double(logits):
    probs = torch.softmax(logits.double(), dim=-1)
    return torch.special.entr(probs).sum(dim=-1).to(logits.dtype)


@right("cross-entropy of the distribution with itself as a soft target")
def entropy_as_soft_target_cross_entropy(logits):
    import torch.nn.functional as F

    flat = logits.double().reshape(-1, logits.shape[-1])
    each = F.cross_entropy(flat, flat.softmax(dim=-1), reduction="none")
    return each.reshape(logits.shape[:-1]).to(logits.dtype)


@right("log of the partition function minus the mean logit, after a shift by the largest logit")
def entropy_log_partition_minus_mean_logit(logits):
    shifted = logits - logits.amax(dim=-1, keepdim=True)
    weights = shifted.exp()
    partition = weights.sum(dim=-1)
    terms = torch.where(weights > 0, weights * shifted, 0.0)
    return partition.log() - terms.sum(dim=-1) / partition


@right("log K minus the divergence from the uniform distribution, in double precision")
def entropy_as_divergence_from_uniform(logits):
    import math

    log_k = math.log(logits.shape[-1])
    log_probs = torch.log_softmax(logits.double(), dim=-1)
    divergence = (log_probs.exp() * (log_probs.clamp(min=-1e300) + log_k)).sum(dim=-1)
    return (log_k - divergence).clamp(0.0, log_k).to(logits.dtype)


@right("xlogy of the probabilities, row by row with vmap")
def entropy_xlogy_vmapped(logits):
    def one(row):
        probs = row.softmax(dim=0)
        return torch.xlogy(probs, probs).sum().neg()

    flat = logits.reshape(-1, logits.shape[-1])
    return torch.func.vmap(one)(flat).reshape(logits.shape[:-1])


TASK = "early_exit.inference.exit_index"


@right("Python loop over the inputs and exits; compares the numbers as Python floats")
def exit_index_loop_over_python_floats(entropies, threshold):
    found = []
    for column in entropies.detach().t().tolist():
        exit_ = len(column) - 1
        for number, value in enumerate(column):
            if value < threshold:
                exit_ = number
                break
        found.append(exit_)
    return torch.tensor(found, dtype=torch.long, device=entropies.device)


@right("from the last exit back to the first, overwriting")
def exit_index_overwrites_backwards(entropies, threshold):
    last = len(entropies) - 1
    index = torch.full(entropies.shape[1:], last, dtype=torch.long, device=entropies.device)
    for number in reversed(range(last)):
        index[entropies[number] < threshold] = number
    return index


@right("counts the unsure exits before the first sure one")
def exit_index_counts_unsure_prefix(entropies, threshold):
    unsure = ~(entropies[:-1] < threshold)
    return unsure.long().cumprod(dim=0).sum(dim=0)


@right("smallest of the indices of the sure exits")
def exit_index_smallest_sure_index(entropies, threshold):
    last = len(entropies) - 1
    index = torch.arange(last + 1, device=entropies.device).unsqueeze(1)
    return torch.where(entropies < threshold, index, last).amin(dim=0)


@right("numpy argmax with a row of True at the end")
def exit_index_by_numpy(entropies, threshold):
    import numpy as np

    sure = (entropies < threshold).cpu().numpy()
    sure = np.concatenate([sure[:-1], np.ones_like(sure[:1])])
    return torch.from_numpy(sure.argmax(axis=0).astype(np.int64)).to(entropies.device)


TASK = "early_exit.loss.early_exit_loss"


@right("BranchyNet style: adds weight times criterion exit by exit")
def exit_loss_running_total(exit_logits, labels, exit_weights):
    criterion = torch.nn.CrossEntropyLoss()
    total = exit_logits.new_zeros(())
    for logits, weight in zip(exit_logits, weights, strict=True):
        total = total + weight * criterion(logits, labels)
    return total


@right("one flat cross-entropy over all exits, then a dot product with the weights")
def exit_loss_flat_then_dot(exit_logits, labels, exit_weights):
    exits, batch, classes = exit_logits.shape
    flat = exit_logits.reshape(-1, classes)
    each = F.cross_entropy(flat, labels.repeat(exits), reduction="none").view(exits, batch)
    return torch.dot(weights, each.mean(dim=1))


@right("the exits as a further axis of one cross-entropy")
def exit_loss_exits_as_positions(exit_logits, labels, exit_weights):
    target = labels.unsqueeze(1).expand(-1, len(exit_logits))
    each = F.cross_entropy(exit_logits.permute(1, 2, 0), target, reduction="none")
    return (each * weights).sum() / len(labels)


@right("logsumexp minus the logit of the label, in double precision")
def exit_loss_logsumexp_in_double(exit_logits, labels, exit_weights):
    logits = exit_logits.double()
    index = labels.expand(len(logits), -1).unsqueeze(-1)
    own = logits.gather(-1, index).squeeze(-1)
    each = (logits.logsumexp(dim=-1) - own).mean(dim=1)
    return (weights.double() * each).sum().to(exit_logits.dtype)


@right("vmap over the exits")
def exit_loss_vmapped(exit_logits, labels, exit_weights):
    def one(logits, weight):
        log_probs = F.log_softmax(logits, dim=1)
        return -weight * log_probs.gather(1, labels[:, None]).mean()

    return torch.func.vmap(one)(exit_logits, weights).sum()


@right("one_hot selects the log-probability of the label; einsum with the weights")
def exit_loss_one_hot_einsum(exit_logits, labels, exit_weights):
    chosen = F.one_hot(labels, exit_logits.shape[-1]).bool()
    log_probs = torch.where(chosen, exit_logits.log_softmax(dim=-1), 0.0)
    return -torch.einsum("e,ebk->", weights, log_probs) / exit_logits.shape[1]
