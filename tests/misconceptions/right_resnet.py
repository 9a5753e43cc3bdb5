"""Right answers of another make: the network and its inference."""

from autograder.misconceptions.writing import right

TASK = "early_exit.resnet.BasicBlock"


@right("torchvision style: in-place ReLU and in-place addition on tensors of its own")
def block_like_torchvision(self, x):
    identity = x
    out = self.conv1(x)
    out = self.bn1(out)
    out = F.relu(out, inplace=True)
    out = self.conv2(out)
    out = self.bn2(out)
    identity = self.shortcut(x)
    out += identity
    return F.relu(out, inplace=True)


@right("ReLU written as a choice, and the shortcut computed first")
def block_relu_by_where(self, x):
    def relu(h):
        return torch.where(h > 0, h, 0)

    skipped = self.shortcut(x)
    return relu(skipped + self.bn2(self.conv2(relu(self.bn1(self.conv1(x))))))


@right("ReLU as a clamp from below; the layers in a loop")
def block_relu_by_clamp(self, x):
    h = x
    for conv, norm in ((self.conv1, self.bn1), (self.conv2, self.bn2)):
        if conv is self.conv2:
            h = h.clamp(min=0)
        h = norm(conv(h))
    return torch.add(h, self.shortcut(x)).clamp_min(0)


TASK = "early_exit.resnet.EarlyExitResNet"


@right("collects the feature maps first and applies the heads afterwards")
def network_features_first_heads_after(self, x):
    features = []
    h = self.stem(x)
    for stage in self.stages:
        h = stage(h)
        features.append(h)
    wanted = [features[number - 1] for number in self.exits] + [features[-1]]
    return torch.stack([head(f) for head, f in zip(self.heads, wanted, strict=True)], dim=0)


@right("looks the head of each stage up in a dictionary")
def network_dictionary_of_heads(self, x):
    head_of = dict(zip((*self.exits, len(self.stages)), self.heads, strict=True))
    out = []
    h = self.stem(x)
    for i in range(len(self.stages)):
        h = self.stages[i](h)
        if i + 1 in head_of:
            out.append(head_of[i + 1](h).unsqueeze(0))
    return torch.cat(out)


@right("segments of stages between the exits, each followed by the next head")
def network_segments_between_exits(self, x):
    h, begin, logits = self.stem(x), 0, ()
    for head, end in zip(self.heads, [*self.exits, len(self.stages)], strict=True):
        for stage in self.stages[begin:end]:
            h = stage(h)
        begin = end
        logits = (*logits, head(h))
    return torch.stack(logits)


TASK = "early_exit.inference.infer"


@right("fills result tensors at the indices of the rows that leave")
def infer_fills_results_by_index(model, x, threshold):
    ends = [*model.exits, len(model.stages)]
    with torch.no_grad():
        exits = torch.full((len(x),), len(ends) - 1, dtype=torch.long, device=x.device)
        pending = torch.arange(len(x), device=x.device)
        h, result, begin = model.stem(x), None, 0
        for number, end in enumerate(ends):
            for stage in model.stages[begin:end]:
                h = stage(h)
            begin = end
            logits = model.heads[number](h)
            if result is None:
                result = logits.new_zeros(len(x), logits.shape[1])
            result[pending] = logits  # those that stay are overwritten later
            if end == len(model.stages):
                break
            sure = entropy(logits) < threshold
            exits[pending[sure]] = number
            h, pending = h[~sure], pending[~sure]
            if pending.numel() == 0:
                break
    return result, exits


@right("recursion: the rows that stay are answered by the rest of the network")
def infer_by_recursion_again(model, x, threshold):
    def answer(h, number, head):
        h = model.stages[number](h)
        final = number == len(model.stages) - 1
        if not final and number + 1 not in model.exits:
            return answer(h, number + 1, head)
        logits = model.heads[head](h)
        exits = torch.full((len(h),), head, dtype=torch.long, device=h.device)
        stays = ~(entropy(logits) < threshold)
        if not final and stays.any():
            deeper, deeper_exits = answer(h[stays], number + 1, head + 1)
            logits = logits.masked_scatter(stays.unsqueeze(1), deeper)
            exits = exits.masked_scatter(stays, deeper_exits)
        return logits, exits

    with torch.no_grad():
        return answer(model.stem(x), 0, 0)


@right("Python lists of rows, in inference mode")
def infer_lists_of_rows_in_inference_mode(model, x, threshold):
    answers = [None] * len(x)
    waiting = list(range(len(x)))
    with torch.inference_mode():
        h = model.stem(x)
        head = 0
        for number, stage in enumerate(model.stages, start=1):
            h = stage(h)
            final = number == len(model.stages)
            if not final and number not in model.exits:
                continue
            logits = model.heads[head](h)
            sure = [final or e < threshold for e in entropy(logits)]
            for i, row in enumerate(waiting):
                if sure[i]:
                    answers[row] = (logits[i], head)
            keep = [i for i in range(len(waiting)) if not sure[i]]
            waiting = [waiting[i] for i in keep]
            if not waiting:
                break
            h = h[torch.tensor(keep, device=h.device)]
            head += 1
        result = torch.stack([row for row, _ in answers])
    return result, torch.tensor([head for _, head in answers], device=x.device)
