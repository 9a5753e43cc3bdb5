"""Question 4(c): mean and whitening over valid tokens."""

from autograder.misconceptions.writing import hint, right, wrong

TASK = "rlhf.advantages.masked_mean"


@wrong("averages the means of the rows", often="values")
@hint("In your version, how much does the token of a one-token row count?")
def masked_mean_of_row_means(x, mask):
    return (torch.where(mask, x, 0.0).sum(dim=1) / mask.sum(dim=1)).mean()


@wrong("multiplies by the mask, so that NaN at the padding stays NaN", often="not finite")
@hint("What is 0 * NaN?")
def masked_mean_times_mask(x, mask):
    return (x * mask).sum() / mask.sum()


@wrong("divides by the number of all places, including the padding", often="values")
@hint("How many tokens did you add up, and by how many do you divide?")
def masked_mean_over_all_places(x, mask):
    return torch.where(mask, x, 0.0).mean()


@wrong("leaves out NaN values instead of padding", rarely="not finite")
@hint("Padding may hold any value. What says which tokens count?")
def masked_mean_by_nanmean(x, mask):
    return torch.nanmean(x)


@wrong("returns a plain Python number", sometimes="type")
@hint("The losses are differentiated through this mean. Does a float have a graph?")
def masked_mean_as_number(x, mask):
    return x[mask].mean().item()


@wrong("cuts the gradient", rarely="no gradient")
@hint("Look for 'differentiable' in the docstring.")
def masked_mean_detached(x, mask):
    return x.detach()[mask].mean()


@wrong("returns one mean for each row", sometimes="shape")
@hint("Which shape does the docstring name?")
def masked_mean_of_each_row(x, mask):
    return torch.where(mask, x, 0.0).sum(dim=1) / mask.sum(dim=1)


@wrong("sums and does not divide", rarely="values")
@hint("How does your result change when the batch contains every row twice?")
def masked_mean_is_a_sum(x, mask):
    return torch.where(mask, x, 0.0).sum()


@wrong("divides by the number of rows", sometimes="values")
@hint("Is this a mean over responses or over tokens?")
def masked_mean_over_rows(x, mask):
    return torch.where(mask, x, 0.0).sum(dim=1).mean()


@wrong("calculates in single precision, whatever the dtype of the input is", rarely="dtype")
@hint("Which dtype does the input have, and which one does the result have?")
def masked_mean_in_single_precision(x, mask):
    return x.float().masked_fill(~mask, 0.0).sum() / mask.float().sum()


@wrong("writes zeros into the caller's padding", sometimes="exception")
@hint("Whose tensor do you write into? Look at the last character of the method's name.")
def masked_mean_fills_in_place(x, mask):
    return x.masked_fill_(~mask, 0.0).sum() / mask.sum()


@wrong(
    "flattens with `view`, which raises an error if the rows are not stored one after the other in memory",
    sometimes="exception",
)
@hint("What does .view(-1) do with a transposed tensor? What does the error message advise?")
def masked_mean_flattens_by_view(x, mask):
    return x.view(-1)[mask.view(-1)].mean()


@right("selects the valid tokens and averages them with torch")
def masked_mean_by_selection(x, mask):
    return torch.masked_select(x, mask).mean()


@right("sets the padding to NaN and averages the rest")
def masked_mean_by_marking(x, mask):
    return torch.nansum(x.masked_fill(~mask, torch.nan)) / torch.count_nonzero(mask)


TASK = "rlhf.advantages.masked_whiten"


@wrong("uses the unbiased variance", often="values")
@hint("By what does the docstring divide the sum of squares? And what does torch's `var` do by default?")
def masked_whiten_unbiased(x, mask, eps):
    valid = x[mask]
    return torch.where(mask, (x - valid.mean()) * torch.rsqrt(valid.var() + eps), 0.0)


@wrong("calculates both statistics over padding as well", often="not finite")
@hint("Does padding say anything about the advantages?")
def masked_whiten_over_padding(x, mask, eps):
    whitened = (x - x.mean()) * torch.rsqrt(x.var(unbiased=False) + eps)
    return torch.where(mask, whitened, 0.0)


@wrong("leaves whatever values the calculation gives at the padding", often="not finite")
@hint("What does the docstring want where the mask is False?")
def masked_whiten_leaves_padding(x, mask, eps):
    mean = masked_mean(x, mask)
    variance = masked_mean((x - mean) ** 2, mask)
    return (x - mean) * torch.rsqrt(variance + eps)


@wrong("sets the padding to zero before it subtracts the mean, and not after", often="values")
@hint("Print the result at a padded place. Is it 0?")
def masked_whiten_blanks_too_early(x, mask, eps):
    x = torch.where(mask, x, 0.0)
    mean = masked_mean(x, mask)
    variance = masked_mean((x - mean) ** 2, mask)
    return (x - mean) * torch.rsqrt(variance + eps)


@wrong("adds eps to the standard deviation instead of the variance", often="values")
@hint("Where is eps in the docstring: inside the square root, or outside?")
def masked_whiten_eps_beside_root(x, mask, eps):
    centred = torch.where(mask, x - masked_mean(x, mask), 0.0)
    return centred / (masked_mean(centred**2, mask).sqrt() + eps)


@wrong("whitens each row by itself", sometimes="values")
@hint("Over which tokens are mean and variance calculated? What does a row of one token become in yours?")
def masked_whiten_row_by_row(x, mask, eps):
    counts = mask.sum(dim=1, keepdim=True)
    x = torch.where(mask, x, 0.0)
    centred = torch.where(mask, x - x.sum(dim=1, keepdim=True) / counts, 0.0)
    variance = (centred**2).sum(dim=1, keepdim=True) / counts
    return centred * torch.rsqrt(variance + eps)


@wrong("multiplies by the mask, so that NaN at the padding stays NaN", often="not finite")
@hint("What is 0 * NaN?")
def masked_whiten_times_mask(x, mask, eps):
    mean = (x * mask).sum() / mask.sum()
    variance = ((x - mean) ** 2 * mask).sum() / mask.sum()
    return (x - mean) * torch.rsqrt(variance + eps) * mask


@wrong("adds the mean back in", sometimes="values")
@hint("Which mean should the result have?")
def masked_whiten_keeps_mean(x, mask, eps):
    mean = masked_mean(x, mask)
    centred = torch.where(mask, x - mean, 0.0)
    variance = masked_mean(centred**2, mask)
    return torch.where(mask, centred * torch.rsqrt(variance + eps) + mean, 0.0)


@wrong("uses a fixed number of its own instead of eps", sometimes="ignores an argument")
@hint("Which of the arguments does your code not use?")
def masked_whiten_ignores_eps(x, mask, eps):
    centred = torch.where(mask, x - masked_mean(x, mask), 0.0)
    return centred * torch.rsqrt(masked_mean(centred**2, mask) + 1e-8)


@wrong("divides 0 by 0 when all values are equal", often="not finite")
@hint("What is eps for?")
def masked_whiten_without_eps(x, mask, eps):
    valid = x[mask]
    return torch.where(mask, (x - valid.mean()) / valid.std(unbiased=False), 0.0)


@wrong("divides by the variance instead of its square root", sometimes="values")
@hint("Which unit does a variance have? Try values that are four times as large.")
def masked_whiten_by_variance(x, mask, eps):
    centred = torch.where(mask, x - masked_mean(x, mask), 0.0)
    return centred / (masked_mean(centred**2, mask) + eps)


@wrong("divides the sum of the valid tokens' squares by the number of all places", sometimes="values")
@hint("How many tokens does each of your two means include?")
def masked_whiten_variance_over_all_places(x, mask, eps):
    centred = torch.where(mask, x - masked_mean(x, mask), 0.0)
    return centred * torch.rsqrt((centred**2).mean() + eps)


@wrong("calculates in single precision, whatever the dtype of the input is", rarely="dtype")
@hint("Which dtype does the input have, and which one does the result have?")
def masked_whiten_in_single_precision(x, mask, eps):
    valid = x[mask].float()
    result = torch.zeros(x.shape)
    result[mask] = (valid - valid.mean()) * torch.rsqrt(valid.var(unbiased=False) + eps)
    return result


@right("selects the valid tokens, whitens them and writes them back")
def masked_whiten_by_selection(x, mask, eps):
    valid = torch.masked_select(x, mask)
    variance, mean = torch.var_mean(valid, correction=0)
    result = torch.zeros_like(x)
    result[mask] = (valid - mean) / (variance + eps).sqrt()
    return result


@right("sums in double precision, token by token")
def masked_whiten_by_loops(x, mask, eps):
    places = mask.nonzero().tolist()
    mean = sum(x[b, t].item() for b, t in places) / len(places)
    variance = sum((x[b, t].item() - mean) ** 2 for b, t in places) / len(places)
    rows = [[0.0] * x.shape[1] for _ in range(x.shape[0])]
    for b, t in places:
        rows[b][t] = (x[b, t].item() - mean) / (variance + eps) ** 0.5
    return torch.tensor(rows, dtype=x.dtype, device=x.device)
