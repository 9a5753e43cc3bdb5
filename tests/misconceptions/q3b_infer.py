"""Question 3(b): early exit on a batch: which input leaves where, and the mode. Rows: `q3b_infer_rows`."""

from autograder.misconceptions.writing import base, edit, hint, right, wrong

TASK = "early_exit.inference.infer"


@base
def infer_plain(model, x, threshold):
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
            if len(rows) == 0:
                break
        return out, exits


@wrong("decides for the whole batch by its mean entropy", often="values")
@hint("Is the exit of one input allowed to depend on the other inputs in its batch?")
def infer_batch_mean(model, x, threshold):
    with torch.no_grad():
        features, head = model.stem(x), 0
        for number, stage in enumerate(model.stages, start=1):
            features = stage(features)
            if number in model.exits or number == len(model.stages):
                logits = model.heads[head](features)
                if entropy(logits).mean() < threshold or number == len(model.stages):
                    break
                head += 1
    return logits, torch.full((len(x),), head)


@wrong("lets an input leave if its entropy equals the threshold", sometimes="values")
@hint("Is an entropy equal to the threshold below it? The rule is the same as in `exit_index`.")
@edit("entropy(logits) < threshold", "entropy(logits) <= threshold", of="infer_plain")
def infer_leaves_at_equal(): ...


@wrong("uses the threshold at the last exit too, and loses the inputs that are unsure there", often="values")
@hint("Where does an input leave if no head is sure of it?")
@edit(
    "(entropy(logits) < threshold) | (number == len(model.stages))",
    "entropy(logits) < threshold",
    of="infer_plain",
)
def infer_last_exit_asks(): ...


@wrong("switches the model to evaluation mode", sometimes="values")
@hint("Who sets the mode of the model? Read the docstring's third paragraph.")
@edit("with torch.no_grad():", "model.eval()\nwith torch.no_grad():", of="infer_plain")
def infer_switches_mode(): ...


@wrong("keeps the graph, although inference trains nothing", often="gradient where none belongs")
@hint("Does anybody call backward() on an inference? What does the docstring say about gradients?")
def infer_keeps_graph(model, x, threshold):
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
    back = torch.cat(order).argsort()
    return torch.cat(all_logits)[back], torch.cat(all_exits)[back]


@wrong("returns the exits in a dtype that cannot be used as an index", sometimes="dtype")
@hint("Which dtype does torch.zeros have by default, and which does the docstring promise?")
@edit("torch.zeros(len(x), dtype=torch.long)", "torch.zeros(len(x))", of="infer_plain")
def infer_exits_as_float(): ...


@wrong("returns classes instead of logits", sometimes="shape")
@hint("Which shape does the first result have in the docstring?")
def infer_returns_classes(model, x, threshold):
    with torch.no_grad():
        rows, features = torch.arange(len(x)), model.stem(x)
        predictions = torch.zeros(len(x), dtype=torch.long)
        exits, head = torch.zeros(len(x), dtype=torch.long), 0
        for number, stage in enumerate(model.stages, start=1):
            features = stage(features)
            if number in model.exits or number == len(model.stages):
                logits = model.heads[head](features)
                leaves = (entropy(logits) < threshold) | (number == len(model.stages))
                predictions[rows[leaves]] = logits[leaves].argmax(dim=-1)
                exits[rows[leaves]] = head
                rows, features = rows[~leaves], features[~leaves]
                head += 1
            if len(rows) == 0:
                break
        return predictions, exits


@wrong("returns the number of the stage instead of the number of the exit", sometimes="values")
@hint("If only stages 1 and 3 have an early head, which index does the exit after stage 3 have?")
def infer_stage_for_exit(model, x, threshold):
    with torch.no_grad():
        rows, features = torch.arange(len(x)), model.stem(x)
        out = torch.zeros(len(x), model.heads[-1][-1].out_features)
        exits, heads = torch.zeros(len(x), dtype=torch.long), iter(model.heads)
        for i, stage in enumerate(model.stages):
            features = stage(features)
            if i + 1 in model.exits or i + 1 == len(model.stages):
                logits = next(heads)(features)
                leaves = (entropy(logits) < threshold) | (i + 1 == len(model.stages))
                out[rows[leaves]], exits[rows[leaves]] = logits[leaves], i
                rows, features = rows[~leaves], features[~leaves]
            if len(rows) == 0:
                break
        return out, exits


@wrong("uses the number of the stage as the index of its head", often="exception")
@hint("If only stages 1 and 3 have an early head, which index does the head of stage 3 have in `heads`?")
def infer_head_by_stage(model, x, threshold):
    with torch.no_grad():
        rows, features = torch.arange(len(x)), model.stem(x)
        out = torch.zeros(len(x), model.heads[-1][-1].out_features)
        exits = torch.zeros(len(x), dtype=torch.long)
        for i, stage in enumerate(model.stages):
            features = stage(features)
            if i + 1 in model.exits or i + 1 == len(model.stages):
                logits = model.heads[i](features)
                leaves = (entropy(logits) < threshold) | (i + 1 == len(model.stages))
                out[rows[leaves]], exits[rows[leaves]] = logits[leaves], i
                rows, features = rows[~leaves], features[~leaves]
            if len(rows) == 0:
                break
        return out, exits


@wrong("compares the largest probability with the threshold", sometimes="not finite")
@hint("Is the threshold for a confidence or for an entropy?")
def infer_by_confidence(model, x, threshold):
    with torch.no_grad():
        rows, features = torch.arange(len(x)), model.stem(x)
        out = torch.zeros(len(x), model.heads[-1][-1].out_features)
        exits, head = torch.zeros(len(x), dtype=torch.long), 0
        for number, stage in enumerate(model.stages, start=1):
            features = stage(features)
            if number in model.exits or number == len(model.stages):
                logits = model.heads[head](features)
                confidence = logits.softmax(dim=-1).amax(dim=-1)
                leaves = (confidence > threshold) | (number == len(model.stages))
                out[rows[leaves]], exits[rows[leaves]] = logits[leaves], head
                rows, features = rows[~leaves], features[~leaves]
                head += 1
            if len(rows) == 0:
                break
        return out, exits


@wrong("sends every input that stays at the first exit to the last one", sometimes="not finite")
@hint("Can an input leave at the second exit?")
def infer_first_or_last(model, x, threshold):
    with torch.no_grad():
        rows, features = torch.arange(len(x)), model.stem(x)
        out = torch.zeros(len(x), model.heads[-1][-1].out_features)
        exits = torch.full((len(x),), len(model.exits))
        for number, stage in enumerate(model.stages, start=1):
            features = stage(features)
            if model.exits and number == model.exits[0]:
                logits = model.heads[0](features)
                leaves = entropy(logits) < threshold
                out[rows[leaves]], exits[rows[leaves]] = logits[leaves], 0
                rows, features = rows[~leaves], features[~leaves]
            if len(rows) == 0:
                return out, exits
        out[rows] = model.heads[-1](features)
        return out, exits


@right("writes the results into the rows with the right numbers")
def infer_filled_in(model, x, threshold):
    out = x.new_zeros(len(x), model.heads[-1][-1].out_features)
    exits = torch.full((len(x),), len(model.heads) - 1, device=x.device)
    there = torch.arange(len(x), device=x.device)
    stage_of_head = (*model.exits, len(model.stages))
    done = 0
    with torch.no_grad():
        x = model.stem(x)
        for head, stop in enumerate(stage_of_head):
            if not there.numel():
                break
            for stage in model.stages[done:stop]:
                x = stage(x)
            done = stop
            logits = model.heads[head](x)
            go = (
                entropy(logits) < threshold
                if head < len(model.exits)
                else torch.ones_like(there, dtype=torch.bool)
            )
            out[there[go]] = logits[go]
            exits[there[go]] = head
            there, x = there[~go], x[~go]
    return out, exits


@right("calls itself for the inputs that stay, and scatters their results to the right rows")
def infer_by_recursion(model, x, threshold):
    def leave(features, first, head):
        stop = model.exits[head] if head < len(model.exits) else len(model.stages)
        for stage in model.stages[first:stop]:
            features = stage(features)
        logits = model.heads[head](features)
        exits = torch.full((len(features),), head)
        if head < len(model.exits):
            stays = (~(entropy(logits) < threshold)).nonzero().flatten()
            if len(stays):
                later, later_exits = leave(features.index_select(0, stays), stop, head + 1)
                logits = logits.index_copy(0, stays, later)
                exits = exits.scatter(0, stays, later_exits)
        return logits, exits

    with torch.no_grad():
        return leave(model.stem(x), 0, 0)


@right("keeps the results of each row in a dictionary, and puts the rows in order at the end")
def infer_by_dictionary(model, x, threshold):
    found = {}
    here = list(range(len(x)))
    head = 0
    features = model.stem(x.detach())
    for number, stage in enumerate(model.stages, start=1):
        features = stage(features)
        if number in model.exits or number == len(model.stages):
            logits = model.heads[head](features).detach()
            unsure = entropy(logits).tolist()
            keep = []
            for i, row in enumerate(here):
                if number < len(model.stages) and not unsure[i] < threshold:
                    keep.append(i)
                else:
                    found[row] = (logits[i], head)
            if not keep:
                break
            here, features = [here[i] for i in keep], features[keep]
            head += 1
    logits, exits = zip(*(found[row] for row in range(len(x))))
    return torch.stack(logits), torch.tensor(exits)
