"""Question 3(b): early exit on a batch: which rows are computed, and in which order they are returned."""

from autograder.misconceptions.writing import hint, wrong

TASK = "early_exit.inference.infer"


@wrong("computes every exit for every input and selects one afterwards", often="values")
@hint("How much work is saved if all stages run on all inputs?")
def infer_computes_everything(model, x, threshold):
    with torch.no_grad():
        every = model(x)
        exits = exit_index(entropy(every), threshold)
        return every[exits, torch.arange(len(x))], exits


@wrong("returns the rows in the order in which they left", often="values")
@hint("Which row of x does the first row of your result belong to?")
def infer_in_leaving_order(model, x, threshold):
    all_logits, all_exits = [], []
    with torch.no_grad():
        features = model.stem(x)
        for number, stage in enumerate(model.stages, start=1):
            features = stage(features)
            if number not in model.exits and number != len(model.stages):
                continue
            logits = model.heads[len(all_logits)](features)
            leaves = entropy(logits) < threshold
            if number == len(model.stages):
                leaves[:] = True
            all_exits.append(torch.full((int(leaves.sum()),), len(all_logits)))
            all_logits.append(logits[leaves])
            features = features[~leaves]
            if len(features) == 0:
                break
    return torch.cat(all_logits), torch.cat(all_exits)


@wrong(
    "indexes with the order in which the rows left, instead of with the inverse of that order",
    sometimes="values",
)
@hint("`order[i]` is the row of x that left at position i. Is this the index that you need?")
def infer_order_not_inverted(model, x, threshold):
    with torch.no_grad():
        rows, features = torch.arange(len(x)), model.stem(x)
        order, all_logits, all_exits = [], [], []
        for number, stage in enumerate(model.stages, start=1):
            features = stage(features)
            last = number == len(model.stages)
            if number in model.exits or last:
                logits = model.heads[len(order)](features)
                leaves = (entropy(logits) < threshold) | last
                all_exits.append(torch.full_like(rows[leaves], len(order)))
                all_logits.append(logits[leaves])
                order.append(rows[leaves])
                rows, features = rows[~leaves], features[~leaves]
                if len(rows) == 0:
                    break
        order = torch.cat(order)
        return torch.cat(all_logits)[order], torch.cat(all_exits)[order]


@wrong("runs the later stages on an empty batch", often="values")
@hint("What must still run when the last row has left? In training mode, BatchNorm counts its runs.")
def infer_runs_on_nobody(model, x, threshold):
    with torch.no_grad():
        rows, features = torch.arange(len(x)), model.stem(x)
        out = torch.zeros(len(x), model.heads[-1][-1].out_features)
        exits, head = torch.zeros(len(x), dtype=torch.long), 0
        for number, stage in enumerate(model.stages, start=1):
            features = stage(features)
            if number in model.exits or number == len(model.stages):
                logits = model.heads[head](features)
                leaves = (entropy(logits) < threshold) | (number == len(model.stages))
                out[rows[leaves]], exits[rows[leaves]] = logits[leaves], head
                rows, features = rows[~leaves], features[~leaves]
                head += 1
        return out, exits


@wrong("uses a row's position in the smaller batch as its position in x", often="values")
@hint("After some rows have left, which row of x is the first one that is still there?")
def infer_places_in_shrunken_batch(model, x, threshold):
    with torch.no_grad():
        features = model.stem(x)
        out = torch.zeros(len(x), model.heads[-1][-1].out_features)
        exits, head = torch.zeros(len(x), dtype=torch.long), 0
        for number, stage in enumerate(model.stages, start=1):
            features = stage(features)
            if number in model.exits or number == len(model.stages):
                logits = model.heads[head](features)
                leaves = (entropy(logits) < threshold) | (number == len(model.stages))
                rows = leaves.nonzero().squeeze(1)
                out[rows], exits[rows] = logits[leaves], head
                features = features[~leaves]
                head += 1
            if len(features) == 0:
                break
        return out, exits


@wrong("computes all exits and adds them up with weights of 0 and 1", sometimes="not finite")
@hint("What is 0 times NaN? And how much work is saved if all stages run on all inputs?")
def infer_mixes_by_mask(model, x, threshold):
    with torch.no_grad():
        every = model(x)
    exits = exit_index(entropy(every), threshold)
    chosen = torch.arange(len(every))[:, None] == exits  # (E, B)
    return (chosen[:, :, None].float() * every).sum(dim=0), exits


@wrong("processes the images one by one", sometimes="values")
@hint("How often does the stem run for a batch of 100 images? In training mode, what does BatchNorm see?")
def infer_image_by_image(model, x, threshold):
    found = []
    with torch.no_grad():
        for image in x:
            features, head = model.stem(image[None]), 0
            for number, stage in enumerate(model.stages, start=1):
                features = stage(features)
                if number not in model.exits and number != len(model.stages):
                    continue
                logits = model.heads[head](features)
                if number == len(model.stages) or entropy(logits) < threshold:
                    found.append((logits[0], head))
                    break
                head += 1
    return torch.stack([logits for logits, _ in found]), torch.tensor([head for _, head in found])
