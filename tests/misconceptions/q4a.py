"""Question 4(a): what the decoder reads, and which tokens count."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "rlhf.log_probs.shift_right"


@wrong(
    "returns the tokens unchanged, so that the decoder reads what it must predict",
    often="off by one in time",
)
@hint("May the decoder see the first token while it predicts that token?")
def shift_right_not_at_all(tokens, start_id):
    return tokens


@wrong("shifts to the left", sometimes="values")
@hint("Which token has the decoder read just before it predicts tokens[:, 1]?")
@edit("[start, tokens[:, :-1]]", "[tokens[:, 1:], start]")
def shift_right_to_the_left(): ...


@wrong(
    "puts the start id in front and keeps all tokens, so that each row has one token too many", often="shape"
)
@hint("Which shape should the result have? Which token of the row does the decoder never read?")
def shift_right_keeps_last(tokens, start_id):
    start = torch.full((tokens.shape[0], 1), start_id)
    return torch.cat([start, tokens], dim=1)


@wrong("drops the last token and puts nothing in front", sometimes="shape")
@hint("Which shape should the result have, and what is start_id for?")
def shift_right_without_start(tokens, start_id):
    return tokens[:, :-1]


@wrong("rolls the row, so that the last token comes back as the first", sometimes="ignores an argument")
@hint("What does the decoder read before it has drawn any token?")
def shift_right_rolls(tokens, start_id):
    return torch.roll(tokens, 1, dims=1)


@wrong("starts with 0, whatever the start id is", often="ignores an argument")
@hint("Do you use both arguments?")
def shift_right_starts_with_zero(tokens, start_id):
    return torch.nn.functional.pad(tokens[:, :-1], (1, 0))


@wrong("overwrites the caller's tokens", often="argument changed in place")
@hint("Who else needs the tokens after this call? Which tokens should the decoder predict?")
def shift_right_in_place(tokens, start_id):
    tokens[:, 1:] = tokens[:, :-1].clone()
    tokens[:, 0] = start_id
    return tokens


@wrong(
    "copies from columns that it has already overwritten, so that the start id spreads over the row",
    sometimes="values",
)
@hint("At step t, does column t - 1 still hold its old values?")
def shift_right_spreads_start(tokens, start_id):
    shifted = tokens.clone()
    shifted[:, 0] = start_id
    for t in range(1, tokens.shape[1]):
        shifted[:, t] = shifted[:, t - 1]
    return shifted


@wrong(
    "makes the column of start ids in floating point, so that the tokens become floats, too",
    sometimes="dtype",
)
@hint("Which dtype does torch.ones(2, 1) * 3 have, and which one does torch.cat return for two dtypes?")
@edit("torch.full_like(tokens[:, :1], start_id)", "torch.ones(len(tokens), 1) * start_id")
def shift_right_as_floats(): ...


@wrong("shifts from row to row instead of along the row", rarely="values")
@hint("Which of the two axes is time?")
def shift_right_along_the_batch(tokens, start_id):
    start = torch.full_like(tokens[:1], start_id)
    return torch.cat([start, tokens[:-1]])


@wrong("replaces the first token by the start id and shifts nothing", sometimes="values")
@hint("What should the decoder read while it predicts tokens[:, 1], and what does it read in your version?")
def shift_right_replaces_first(tokens, start_id):
    decoder_input = tokens.clone()
    decoder_input[:, 0] = start_id
    return decoder_input


@wrong(
    "shifts the batch as one long row, and puts the start id before the first response only", rarely="values"
)
@hint("If there are two responses, what does the decoder read first for the second one?")
def shift_right_one_long_row(tokens, start_id):
    shifted = tokens.reshape(-1).roll(1)
    shifted[0] = start_id
    return shifted.reshape(tokens.shape)


@wrong("does not shift a row that already begins with the start id", rarely="values")
@hint("May a policy draw the start id as an ordinary token?")
def shift_right_spares_started_rows(tokens, start_id):
    started = tokens[:, :1] == start_id
    start = torch.full_like(tokens[:, :1], start_id)
    return torch.where(started, tokens, torch.cat([start, tokens[:, :-1]], dim=1))


@wrong("only accepts tokens that are stored in memory row after row", rarely="exception")
@hint("`view` needs a certain layout of the memory. What does its error message advise?")
def shift_right_by_view(tokens, start_id):
    shifted = tokens.view(-1).roll(1).view(tokens.shape)
    shifted[:, 0] = start_id
    return shifted


@right("rolls the row and overwrites the token that came back at the start")
def shift_right_rolls_and_starts(tokens, start_id):
    shifted = torch.roll(tokens, 1, dims=1)
    shifted[:, 0] = start_id
    return shifted


@right("pads on the left")
def shift_right_by_padding(tokens, start_id):
    return torch.nn.functional.pad(tokens, (1, -1), value=start_id)


@right("builds each row as a list")
def shift_right_by_lists(tokens, start_id):
    rows = [[start_id, *row[:-1]] for row in tokens.tolist()]
    return torch.tensor(rows, dtype=torch.long, device=tokens.device)


TASK = "rlhf.log_probs.response_mask"


@wrong("leaves the end of the sequence itself out of the mask", often="values")
@hint("Who drew the end of the sequence? Should the policy learn when to stop?")
def response_mask_without_the_end(tokens, eos_id):
    return (tokens == eos_id).cumsum(dim=1) == 0


@wrong("looks for padding instead of the end", often="ignores an argument")
@hint("May a policy draw the id of the padding? What is eos_id for?")
def response_mask_by_padding(tokens, eos_id):
    return tokens != 0


@wrong("continues to the last end-of-sequence token", sometimes="values")
@hint("Everything after the first end is padding, whatever ids it holds. Which end do you look for?")
def response_mask_to_the_last_end(tokens, eos_id):
    is_end = tokens == eos_id
    ends_to_come = is_end.flip(1).cumsum(dim=1).flip(1)
    return (ends_to_come > 0) | ~is_end.any(dim=1, keepdim=True)


@wrong("leaves out the end-of-sequence tokens and nothing else", sometimes="values")
@hint("What comes after the end, and is it part of the response?")
def response_mask_all_but_ends(tokens, eos_id):
    return tokens != eos_id


@wrong("also includes everything between the first end and the second", often="values")
@hint("How many ends come before a token that follows the first end? And before the first end itself?")
def response_mask_to_the_second_end(tokens, eos_id):
    return (tokens == eos_id).cumsum(dim=1) <= 1


@wrong("returns floats", often="dtype")
@hint("Which dtype does the docstring name?")
@edit("ended.cumsum(dim=1) - ended == 0", "(ended.cumsum(dim=1) - ended == 0).float()")
def response_mask_as_floats(): ...


@wrong("keeps only the first token of a row that has no end", often="values")
@hint("What does argmax return for a row in which nothing is an end?")
def response_mask_endless_rows_are_short(tokens, eos_id):
    first_end = (tokens == eos_id).int().argmax(dim=1, keepdim=True)
    return torch.arange(tokens.shape[1]) <= first_end


@wrong(
    "rolls the count of ends, so that the count at the end of the row comes back in its first place",
    sometimes="values",
)
@hint("What is in the first column after torch.roll?")
def response_mask_count_comes_round(tokens, eos_id):
    ends = (tokens == eos_id).cumsum(dim=1)
    ends_before = ends.roll(1, dims=1)
    return ends_before == 0


@wrong("counts ends down the batch instead of along the row", rarely="values")
@hint("Which of the two axes is time?")
@edit("ended.cumsum(dim=1)", "ended.cumsum(dim=0)")
def response_mask_down_the_batch(): ...


@wrong("overwrites the tokens after the end", rarely="argument changed in place")
@hint("The caller computes log-probabilities of these tokens afterwards. What do the tokens hold then?")
def response_mask_overwrites_tokens(tokens, eos_id):
    for row in tokens:
        ends = (row == eos_id).nonzero()
        if len(ends) > 0:
            row[ends[0, 0] + 1 :] = -1
    return tokens != -1


@wrong("ends every row at the place where the shortest response ends", sometimes="values")
@hint("Does every row of the batch end at the same place?")
def response_mask_one_length_for_all(tokens, eos_id):
    mask = torch.zeros_like(tokens, dtype=torch.bool)
    for t in range(tokens.shape[1]):
        mask[:, t] = True
        if (tokens[:, t] == eos_id).any():
            break
    return mask


@wrong("marks the padding with True", sometimes="values")
@hint("Should the mask be True for tokens that count, or for tokens that do not?")
@edit("ended.cumsum(dim=1) - ended == 0", "ended.cumsum(dim=1) - ended > 0")
def response_mask_marks_padding(): ...


@wrong("leaves out tokens with id 0 before the end", often="values")
@hint("What does the docstring say about the id of the padding? Which tokens did the policy draw?")
@edit("ended.cumsum(dim=1) - ended == 0", "(ended.cumsum(dim=1) - ended == 0) & (tokens != 0)")
def response_mask_drops_zeros(): ...


@right("finds the first end of each row, and uses the width of the batch if a row has no end")
def response_mask_by_first_end(tokens, eos_id):
    places = torch.arange(tokens.shape[1], device=tokens.device)
    first_end = torch.where(tokens == eos_id, places, tokens.shape[1]).amin(dim=1, keepdim=True)
    return places <= first_end


@right("goes through the columns and keeps a flag for each row")
def response_mask_column_by_column(tokens, eos_id):
    mask = torch.empty(tokens.shape, dtype=torch.bool, device=tokens.device)
    running = torch.ones(len(tokens), dtype=torch.bool, device=tokens.device)
    for t in range(tokens.shape[1]):
        mask[:, t] = running
        running = running & (tokens[:, t] != eos_id)
    return mask


@right("takes the cumulative product of 'is not an end' and shifts it by one place")
def response_mask_by_products(tokens, eos_id):
    alive = (tokens != eos_id).long().cumprod(dim=1)
    first = torch.ones_like(alive[:, :1])
    return torch.cat([first, alive[:, :-1]], dim=1).bool()
