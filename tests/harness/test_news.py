"""The generated news have the right properties: facts, references of mixed quality, utility of readers, ROUGE-L."""

import random
import subprocess
import sys

import pytest
import torch
from rouge_score import rouge_scorer

from solutions.given.data import news
from solutions.given.data.corpus import Corpus

COUNT = 2000
ARTICLES = news.make_articles(COUNT, 0)
# Of a count with probability one quarter. Rarer events have smaller deviations, so the bound is loose for them.
FIVE_DEVIATIONS = 5 * (COUNT * 0.25 * 0.75) ** 0.5


def test_same_seed_gives_same_articles_and_longer_runs_have_the_same_start():
    assert news.make_articles(50, 3) == news.make_articles(80, 3)[:50]
    assert news.make_articles(50, 3) != news.make_articles(50, 4)


def test_articles_do_not_depend_on_hash_seed_or_global_random_state():
    code = "from solutions.given.data import news; print(news.make_articles(3, 1))"
    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    random.seed(5)
    state, torch_state = random.getstate(), torch.get_rng_state()
    assert other.stdout.strip() == str(news.make_articles(3, 1))
    assert random.getstate() == state and torch.equal(torch.get_rng_state(), torch_state)


def test_vocabulary_is_small_unique_and_starts_with_the_special_ids():
    assert len(set(news.VOCABULARY)) == len(news.VOCABULARY) < 100
    assert (news.PAD_ID, news.EOS_ID, news.START_ID) == (0, 1, 2)
    assert news.VOCABULARY[:3] == ("<pad>", "<eos>", "<start>")
    slots = [set(words) for words in news.SLOTS.values()]
    told = set().union(*slots)
    assert sum(map(len, slots)) == len(told)  # a word belongs to only one slot
    assert told.isdisjoint(news.BAIT) and told.isdisjoint(" ".join(news.FILLER).split())


def test_article_contains_each_fact_once_and_nothing_false():
    facts = {word for words in news.SLOTS.values() for word in words}
    for article in ARTICLES:
        told = [word for word in article.text.split() if word in facts]
        assert told == list(article.facts.values())
        assert article.text.count(" .") == 4 and not set(article.text.split()) & set(news.BAIT)


def test_references_are_of_mixed_quality():
    complete = sum(article.reference == article.complete_summary for article in ARTICLES)
    baited = sum(bool(set(article.reference.split()) & set(news.BAIT)) for article in ARTICLES)
    worths = [news.utility(article.reference, article) for article in ARTICLES]
    assert abs(complete - COUNT / 4) < FIVE_DEVIATIONS
    assert abs(baited - COUNT * 3 / 8) < FIVE_DEVIATIONS * 1.12  # sqrt(3/8 * 5/8) / sqrt(1/4 * 3/4)
    assert {min(worths), max(worths)} == {1.5, 5.0}  # three facts and a bait; all five
    # 1/4 * 5 + 3/4 * (5 - 1.5 facts missing on average - half a bait), or 5 - 9/8 - 9/16
    assert sum(worths) / COUNT == pytest.approx(3.3125, abs=0.15)


def test_complete_summary_has_the_highest_utility():
    rng = random.Random(0)
    words = news.VOCABULARY[3:]
    for article in ARTICLES[:200]:
        assert news.utility(article.complete_summary, article) == 5.0
        changed = article.complete_summary.split()
        changed[rng.randrange(len(changed))] = rng.choice(words)
        noise = " ".join(rng.choices(words, k=rng.randint(0, 10)))
        assert max(news.utility(text, article) for text in (" ".join(changed), noise)) <= 5.0
        assert news.utility(article.text, article) < 5.0


@pytest.mark.parametrize(
    ("summary", "worth"),
    [
        ("", 0.0),
        ("mayor", 1.0),
        ("mayor opens bridge in paris on monday", 5.0),
        ("monday in paris bridge on opens mayor", 5.0),  # the order has no influence
        ("viral mayor opens bridge in paris on monday", 5 - 1.5 - 0.1),
        ("viral viral mayor", 1 - 3 - 0.5),
        ("farmer opens bridge in paris on monday", 4.0 - 1.0),
        ("mayor farmer", 1.0 - 1.0),
        ("mayor mayor mayor", 1.0 - 1.0),
        ("<pad> <start>", 0.0),
        ("mayor opens bridge in paris on monday . crowds came", 5 - 0.3),
    ],
)
def test_utility_worked_by_hand(summary, worth):
    article = news.Article("mayor", "opens", "bridge", "paris", "monday", "", "")
    assert news.utility(summary, article) == pytest.approx(worth)


def test_readers_prefer_by_utility_with_noise():
    article = ARTICLES[0]
    good, bad = article.complete_summary, " ".join(article.complete_summary.split()[1:])  # utilities 5 and 4
    rng = random.Random(0)
    wins = sum(news.prefers_first(good, bad, article, rng) for _ in range(4000)) / 4000
    losses = sum(news.prefers_first(bad, good, article, rng) for _ in range(4000)) / 4000
    assert wins == pytest.approx(0.8808, abs=0.026)  # sigmoid(2), five standard deviations
    assert losses == pytest.approx(0.1192, abs=0.026)
    ties = sum(news.prefers_first(good, good, article, rng) for _ in range(4000)) / 4000
    assert ties == pytest.approx(0.5, abs=0.04)


def test_very_different_summaries_do_not_overflow():
    worst = " ".join([*news.BAIT] * 300)
    rng = random.Random(0)
    assert news.prefers_first(ARTICLES[0].complete_summary, worst, ARTICLES[0], rng)
    assert not news.prefers_first(worst, ARTICLES[0].complete_summary, ARTICLES[0], rng)


def test_encoding_can_be_decoded():
    texts = [article.text for article in ARTICLES[:20]] + ["", *news.BAIT]
    ids, mask = news.encode_batch(texts)
    assert ids.dtype == torch.int64 and mask.dtype == torch.bool and ids.shape == mask.shape
    assert news.decode_batch(ids) == texts
    assert torch.equal(ids == news.EOS_ID, mask & ~torch.nn.functional.pad(mask, (0, 1))[:, 1:])
    assert not ids[~mask].any()  # padded with id 0
    with pytest.raises(KeyError):
        news.encode("word salad")


def test_decoding_stops_at_the_first_end_and_shows_drawn_padding():
    mayor, bridge = (news.VOCABULARY.index(word) for word in ("mayor", "bridge"))
    assert news.decode([mayor, news.PAD_ID, bridge, news.EOS_ID, mayor]) == "mayor <pad> bridge"
    assert news.decode([mayor, bridge]) == "mayor bridge"  # without an end
    assert news.decode([news.EOS_ID]) == ""


def test_longest_sensible_summary_fits():
    longest = max((article.reference for article in ARTICLES), key=lambda text: len(text.split()))
    assert len(news.encode(longest)) < news.MAX_SUMMARY_TOKENS
    assert len(news.encode(" ".join([*news.BAIT, ARTICLES[0].complete_summary]))) == news.MAX_SUMMARY_TOKENS


def test_rouge_l_equals_that_of_rouge_score():
    scorer = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)
    rng = random.Random(1)
    words = ["mayor", "opens", "bridge", "in", "paris"]  # few words, so that common subsequences are long
    pairs = [(article.reference, article.text.replace(" .", "")) for article in ARTICLES[:50]]
    pairs += [
        (" ".join(rng.choices(words, k=rng.randint(0, 9))), " ".join(rng.choices(words, k=rng.randint(0, 7))))
        for _ in range(200)
    ]
    for summary, reference in pairs:
        theirs = scorer.score(reference, summary)["rougeL"].fmeasure
        assert news.rouge_l(summary, reference) == pytest.approx(theirs)
    assert news.rouge_l("mayor opens bridge", "mayor sells the bridge") == pytest.approx(2 * 2 / 7)


def test_corpus_scores_each_summary_with_its_own_article():
    articles = ARTICLES[:3]
    corpus: Corpus = news.NewsCorpus(articles)
    assert corpus.vocabulary_size == len(news.VOCABULARY)
    assert (corpus.pad_id, corpus.eos_id, corpus.start_id) == (news.PAD_ID, news.EOS_ID, news.START_ID)
    assert corpus.decode_batch(corpus.sources[0]) == [article.text for article in articles]
    assert corpus.decode_batch(corpus.references[0]) == [article.reference for article in articles]
    assert [part.shape for part in corpus.references] == [corpus.references[0].shape] * 2
    best = [article.complete_summary for article in articles]
    assert len(set(best)) == 3
    for item, summary in enumerate(best):
        assert corpus.utility(summary, item) == 5 > corpus.utility(best[item - 1], item)
        assert corpus.rouge_l(summary, item) == 1 > corpus.rouge_l(best[item - 1], item)
        answers = [corpus.prefers_first(summary, best[item - 1], item, random.Random(i)) for i in range(100)]
        assert sum(answers) > 90
