"""Question 4(a): what the decoder reads, and which tokens count."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "rlhf.log_probs.shift_right"


@wrong(
    "gives the tokens as they are, so that the decoder reads what it is to predict",
    often="off by one in time",
)
@hint("While it predicts the first token, may the decoder see it?")
def shift_right_not_at_all(tokens, start_id):
    return tokens


@wrong("shifts to the left", sometimes="values")
@hint("Which token has the decoder read just before it predicts tokens[:, 1]?")
@edit("[start, tokens[:, :-1]]", "[tokens[:, 1:], start]")
def shift_right_to_the_left(): ...


@wrong("puts the start id in front and keeps all tokens, one too many", often="shape")
@hint("Which shape is due? Which token of the row is never read?")
def shift_right_keeps_last(tokens, start_id):
    start = torch.full((tokens.shape[0], 1), start_id)
    return torch.cat([start, tokens], dim=1)


@wrong("drops the last token and puts nothing in front", sometimes="shape")
@hint("Which shape is due, and what is start_id for?")
def shift_right_without_start(tokens, start_id):
    return tokens[:, :-1]


@wrong("lets the last token come back as the first", sometimes="ignores an argument")
@hint("What does the decoder read before it has drawn anything?")
def shift_right_rolls(tokens, start_id):
    return torch.roll(tokens, 1, dims=1)


@wrong("starts with 0, whatever the start id is", often="ignores an argument")
@hint("Do you use both arguments?")
def shift_right_starts_with_zero(tokens, start_id):
    return torch.nn.functional.pad(tokens[:, :-1], (1, 0))


@wrong("writes into the tokens that it was given", often="argument changed in place")
@hint("Who else needs the tokens after this call? What is predicted from what is read?")
def shift_right_in_place(tokens, start_id):
    tokens[:, 1:] = tokens[:, :-1].clone()
    tokens[:, 0] = start_id
    return tokens


@wrong(
    "copies from what it has already overwritten, so that the start id spreads over the row",
    sometimes="values",
)
@hint("At step t, is column t - 1 still the old one?")
def shift_right_spreads_start(tokens, start_id):
    shifted = tokens.clone()
    shifted[:, 0] = start_id
    for t in range(1, tokens.shape[1]):
        shifted[:, t] = shifted[:, t - 1]
    return shifted


@wrong("makes the column of start ids in floating point, and the tokens follow", sometimes="dtype")
@hint("Of which dtype is torch.ones(2, 1) * 3, and what does torch.cat make of two dtypes?")
@edit("torch.full_like(tokens[:, :1], start_id)", "torch.ones(len(tokens), 1) * start_id")
def shift_right_as_floats(): ...


@wrong("shifts from row to row instead of along the row", seldom="values")
@hint("Which of the two axes is time?")
def shift_right_along_the_batch(tokens, start_id):
    start = torch.full_like(tokens[:1], start_id)
    return torch.cat([start, tokens[:-1]])


@wrong("puts the start id in place of the first token and moves nothing", sometimes="values")
@hint("What does the decoder read while it predicts tokens[:, 1], and what in your version?")
def shift_right_replaces_first(tokens, start_id):
    decoder_input = tokens.clone()
    decoder_input[:, 0] = start_id
    return decoder_input


@wrong(
    "shifts the batch as one long row, and puts the start id before the first response only", seldom="values"
)
@hint("With two responses, what does the second one's first place read?")
def shift_right_one_long_row(tokens, start_id):
    shifted = tokens.reshape(-1).roll(1)
    shifted[0] = start_id
    return shifted.reshape(tokens.shape)


@wrong("leaves a row alone that begins with the start id already", seldom="values")
@hint("May a policy draw the start id as an ordinary token?")
def shift_right_spares_started_rows(tokens, start_id):
    started = tokens[:, :1] == start_id
    start = torch.full_like(tokens[:, :1], start_id)
    return torch.where(started, tokens, torch.cat([start, tokens[:, :-1]], dim=1))


@wrong("wants tokens that lie in memory row after row", seldom="exception")
@hint("`view` needs a certain layout of the memory. What does its error message advise?")
def shift_right_by_view(tokens, start_id):
    shifted = tokens.view(-1).roll(1).view(tokens.shape)
    shifted[:, 0] = start_id
    return shifted


@right("rolls the row and overwrites what came round")
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


@wrong("leaves the end itself out", often="values")
@hint("Who drew the end of the sequence? Should the policy learn when to stop?")
def response_mask_without_the_end(tokens, eos_id):
    return (tokens == eos_id).cumsum(dim=1) == 0


@wrong("looks for padding instead of the end", often="ignores an argument")
@hint("May a policy draw the id of the padding? What is eos_id for?")
def response_mask_by_padding(tokens, eos_id):
    return tokens != 0


@wrong("goes on to the last end-of-sequence", sometimes="values")
@hint("What follows a first end is padding, whatever it looks like. Which end do you look for?")
def response_mask_to_the_last_end(tokens, eos_id):
    is_end = tokens == eos_id
    ends_to_come = is_end.flip(1).cumsum(dim=1).flip(1)
    return (ends_to_come > 0) | ~is_end.any(dim=1, keepdim=True)


@wrong("leaves out the ends and nothing else", sometimes="values")
@hint("What comes after the end, and is it part of the response?")
def response_mask_all_but_ends(tokens, eos_id):
    return tokens != eos_id


@wrong("counts everything before the second end as well", often="values")
@hint("How many ends has a token after the first end behind it? And the first end itself?")
def response_mask_to_the_second_end(tokens, eos_id):
    return (tokens == eos_id).cumsum(dim=1) <= 1


@wrong("returns floats", often="dtype")
@hint("Which dtype does the docstring name?")
@edit("ended.cumsum(dim=1) - ended == 0", "(ended.cumsum(dim=1) - ended == 0).float()")
def response_mask_as_floats(): ...


@wrong("ends a row without an end after its first token", often="values")
@hint("What does argmax give for a row in which nothing is an end?")
def response_mask_endless_rows_are_short(tokens, eos_id):
    first_end = (tokens == eos_id).int().argmax(dim=1, keepdim=True)
    return torch.arange(tokens.shape[1]) <= first_end


@wrong("lets the count of ends come round from the end of the row to its first place", sometimes="values")
@hint("What stands in the first column after torch.roll?")
def response_mask_count_comes_round(tokens, eos_id):
    ends = (tokens == eos_id).cumsum(dim=1)
    ends_before = ends.roll(1, dims=1)
    return ends_before == 0


@wrong("counts ends down the batch instead of along the row", seldom="values")
@hint("Which of the two axes is time?")
@edit("ended.cumsum(dim=1)", "ended.cumsum(dim=0)")
def response_mask_down_the_batch(): ...


@wrong("overwrites the tokens after the end", seldom="argument changed in place")
@hint("The caller goes on to compute log-probabilities of these tokens. What has become of them?")
def response_mask_overwrites_tokens(tokens, eos_id):
    for row in tokens:
        ends = (row == eos_id).nonzero()
        if len(ends) > 0:
            row[ends[0, 0] + 1 :] = -1
    return tokens != -1


@wrong("ends all rows where the first of them ends", sometimes="values")
@hint("Does every row of the batch end at the same place?")
def response_mask_one_length_for_all(tokens, eos_id):
    mask = torch.zeros_like(tokens, dtype=torch.bool)
    for t in range(tokens.shape[1]):
        mask[:, t] = True
        if (tokens[:, t] == eos_id).any():
            break
    return mask


@wrong("marks the padding", sometimes="values")
@hint("Is the mask True on what counts, or on what does not?")
@edit("ended.cumsum(dim=1) - ended == 0", "ended.cumsum(dim=1) - ended > 0")
def response_mask_marks_padding(): ...


@wrong("leaves out tokens of id 0 before the end", often="values")
@hint("The docstring has a word on the id of the padding. Which tokens did the policy draw?")
@edit("ended.cumsum(dim=1) - ended == 0", "(ended.cumsum(dim=1) - ended == 0) & (tokens != 0)")
def response_mask_drops_zeros(): ...


@right("looks for the first end of each row, and takes the width where there is none")
def response_mask_by_first_end(tokens, eos_id):
    places = torch.arange(tokens.shape[1], device=tokens.device)
    first_end = torch.where(tokens == eos_id, places, tokens.shape[1]).amin(dim=1, keepdim=True)
    return places <= first_end


@right("goes through the columns with a flag for each row")
def response_mask_column_by_column(tokens, eos_id):
    mask = torch.empty(tokens.shape, dtype=torch.bool, device=tokens.device)
    running = torch.ones(len(tokens), dtype=torch.bool, device=tokens.device)
    for t in range(tokens.shape[1]):
        mask[:, t] = running
        running = running & (tokens[:, t] != eos_id)
    return mask


@right("multiplies up the places that are no end, one place late")
def response_mask_by_products(tokens, eos_id):
    alive = (tokens != eos_id).long().cumprod(dim=1)
    first = torch.ones_like(alive[:, :1])
    return torch.cat([first, alive[:, :-1]], dim=1).bool()
