"""A small world of generated news: articles, summaries of mixed quality, and a judge of summaries.

An article says who did what to what, where and when, in two sentences among sentences of filler. A complete summary is

    <who> <verb> <what> in <where> on <when>

The reference summaries are of mixed quality, as in real data: a quarter are complete. The others omit facts, and some
contain clickbait words. So a model that imitates them well writes bad summaries. Reinforcement learning from human
feedback can improve it. The humans are simulated: their preferences follow `utility`, with noise. The reward model does
not see the utility; it only sees preferences.

Text is lower case, with one space between words; a word is a token. Seeds decide everything; the global random state is
neither used nor changed.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

SLOTS = {
    "who": ["mayor", "farmer", "doctor", "teacher", "pilot", "artist"],
    "verb": ["opens", "buys", "sells", "paints", "repairs", "visits"],
    "what": ["bridge", "school", "museum", "tower", "garden", "ship"],
    "where": ["paris", "oslo", "cairo", "lima", "delhi", "boston"],
    "when": ["monday", "tuesday", "wednesday", "thursday", "friday"],
}
BAIT = ["shocking", "unbelievable", "viral"]
FILLER = (
    "crowds came",
    "nobody was hurt",
    "skies stayed clear",
    "officials said little",
    "more will follow",
)
PREPOSITIONS = {"where": "in", "when": "on"}

PAD_ID, EOS_ID, START_ID = 0, 1, 2
_FACT_WORDS = [word for words in SLOTS.values() for word in words]
_GLUE = ["in", "on", "it", "happened", ".", *dict.fromkeys(" ".join(FILLER).split())]
VOCABULARY: tuple[str, ...] = ("<pad>", "<eos>", "<start>", *_FACT_WORDS, *BAIT, *_GLUE)
_IDS = {word: number for number, word in enumerate(VOCABULARY)}

MAX_SUMMARY_TOKENS = 11  # a complete summary, three words of bait, and the end
_COMPLETE_WORDS = 7
_BAIT_PRICE, _LENGTH_PRICE, _REPEAT_PRICE = 1.5, 0.1, 0.5
_SHARPNESS = 2.0  # of the readers; with 0 they answer at random, with a fair coin


@dataclass(frozen=True)
class Article:
    """A piece of news with its facts, one word each, and a reference summary."""

    who: str
    verb: str
    what: str
    where: str
    when: str
    text: str
    reference: str

    @property
    def facts(self) -> dict[str, str]:
        """Slot ("who", "verb", "what", "where", "when") to its word, in this order."""
        return {slot: getattr(self, slot) for slot in SLOTS}

    @property
    def complete_summary(self) -> str:
        """All five facts and nothing else."""
        return _phrase(self.facts)


def make_articles(count: int, seed: int) -> list[Article]:
    """Writes articles; the same seed always gives the same articles."""
    rng = random.Random(f"news {seed}")
    return [_article(rng) for _ in range(count)]


def _article(rng: random.Random) -> Article:
    facts = {slot: rng.choice(words) for slot, words in SLOTS.items()}
    event = _phrase({slot: word for slot, word in facts.items() if slot != "when"})
    sentences = rng.sample(FILLER, 2)
    event_at, day_at = sorted(rng.sample(range(4), 2))  # the event comes before its day
    sentences.insert(event_at, event)
    sentences.insert(day_at, f"it happened on {facts['when']}")
    text = " . ".join(sentences) + " ."
    return Article(**facts, text=text, reference=_reference(facts, rng))


def _reference(facts: dict[str, str], rng: random.Random) -> str:
    """A quarter are complete; each of the others omits one or two facts, and half of them have a word of bait."""
    if rng.random() < 0.25:
        return _phrase(facts)
    missing = rng.sample(list(facts), rng.choice((1, 2)))
    summary = _phrase({slot: word for slot, word in facts.items() if slot not in missing})
    return f"{rng.choice(BAIT)} {summary}" if rng.random() < 0.5 else summary


def _phrase(facts: dict[str, str]) -> str:
    return " ".join(
        f"{PREPOSITIONS[slot]} {word}" if slot in PREPOSITIONS else word for slot, word in facts.items()
    )


def utility(summary: str, article: Article) -> float:
    """The value of a summary for its reader.

        facts right - facts wrong - 1.5 * words of bait - 0.5 * words repeated - 0.1 * words beyond the seventh

    A fact is right if its word is in the summary. Each other word of its slot in the summary is a wrong fact. The
    maximum is 5, for the complete summary; an empty summary has the value 0.
    """
    words = summary.split()
    said = set(words)
    right = sum(word in said for word in article.facts.values())
    wrong = len(said.intersection(_FACT_WORDS)) - right
    bait = sum(word in BAIT for word in words)
    repeated = len(words) - len(said)
    excess = max(0, len(words) - _COMPLETE_WORDS)
    return right - wrong - _BAIT_PRICE * bait - _REPEAT_PRICE * repeated - _LENGTH_PRICE * excess


def prefers_first(first: str, second: str, article: Article, rng: random.Random) -> bool:
    """Whether a reader, asked once, prefers the first of two summaries.

    The answer is drawn from the model of Bradley and Terry:

        P(first) = sigmoid(2 * (utility(first) - utility(second)))
    """
    gap = utility(first, article) - utility(second, article)
    return rng.random() < (1 + math.tanh(_SHARPNESS * gap / 2)) / 2  # the sigmoid, without overflow


def rouge_l(summary: str, reference: str) -> float:
    """F-measure of the longest common subsequence of words, 0..1; 0 when either text is empty.

    References:
        Lin 2004, "ROUGE: a package for automatic evaluation of summaries", section 3.1, with beta = 1.
    """
    ours, theirs = summary.split(), reference.split()
    row = [0] * (len(theirs) + 1)  # row[j]: longest common subsequence of the words so far and theirs[:j]
    for word in ours:
        before = row
        row = [0]
        for j, other in enumerate(theirs):
            row.append(before[j] + 1 if word == other else max(row[j], before[j + 1]))
    return 2 * row[-1] / (len(ours) + len(theirs)) if ours and theirs else 0.0


def encode(text: str) -> list[int]:
    """Ids of the words, then the end. Raises KeyError for a word outside the vocabulary."""
    return [_IDS[word] for word in text.split()] + [EOS_ID]


def decode(tokens: Sequence[int]) -> str:
    """The words of the tokens before the first end; special ids appear by name, for example "<pad>"."""
    tokens = list(tokens)
    end = tokens.index(EOS_ID) if EOS_ID in tokens else len(tokens)
    return " ".join(VOCABULARY[token] for token in tokens[:end])


def encode_batch(texts: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Texts as ids Long[N, T], padded to the longest, and their mask Bool[N, T], True up to and including the end."""
    rows = [encode(text) for text in texts]
    width = max(map(len, rows))
    ids = torch.tensor([row + [PAD_ID] * (width - len(row)) for row in rows])
    lengths = torch.tensor([len(row) for row in rows])
    return ids, torch.arange(width) < lengths[:, None]


def decode_batch(tokens: Tensor) -> list[str]:
    """Rows of Long[N, T] as texts."""
    return [decode(row) for row in tokens.tolist()]


@dataclass(frozen=True)
class NewsCorpus:
    """Articles as the `Corpus` that question 4's training reads."""

    articles: Sequence[Article]

    pad_id, eos_id, start_id = PAD_ID, EOS_ID, START_ID
    vocabulary_size = len(VOCABULARY)
    max_summary_tokens = MAX_SUMMARY_TOKENS

    @property
    def sources(self) -> tuple[Tensor, Tensor]:
        """Long[N, S] and Bool[N, S], the articles and their mask."""
        return encode_batch([article.text for article in self.articles])

    @property
    def references(self) -> tuple[Tensor, Tensor]:
        """Long[N, R] and Bool[N, R], the reference summaries and their mask, including the end."""
        return encode_batch([article.reference for article in self.articles])

    def decode_batch(self, tokens: Tensor) -> list[str]:
        """Rows of Long[B, T] as texts."""
        return decode_batch(tokens)

    def utility(self, summary: str, item: int) -> float:
        """The value of a summary of article `item` for its reader, at most 5."""
        return utility(summary, self.articles[item])

    def prefers_first(self, first: str, second: str, item: int, reader: random.Random) -> bool:
        """Whether a reader, asked once, prefers the first of two summaries of article `item`."""
        return prefers_first(first, second, self.articles[item], reader)

    def rouge_l(self, summary: str, item: int) -> float:
        """ROUGE-L against the complete summary: the references are of mixed quality."""
        return rouge_l(summary, self.articles[item].complete_summary)
