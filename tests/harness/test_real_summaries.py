"""XSum and CNN/DailyMail as question 4 reads them, from files in the format of the real ones, without a network."""

import ast
import random
from pathlib import Path

import datasets
import pytest
import torch
from rouge_score import rouge_scorer

from solutions.given.data import summaries
from tests.harness import small_t5
from tests.harness.real_texts import BRIEF, LAYOUTS, TEXTS, flat_files, table, write, xsum_of_the_hub


@pytest.fixture(autouse=True)
def _cut_off(monkeypatch, tmp_path):
    small_t5.cut_off(monkeypatch, tmp_path / "cache")


@pytest.fixture(scope="module")
def t5(tmp_path_factory):
    return str(small_t5.save(tmp_path_factory.mktemp("t5")))


@pytest.mark.parametrize(
    ("name", "layout"), LAYOUTS, ids=[f"{name}-{make.__name__}" for name, make in LAYOUTS]
)
def test_folders_of_every_layout_give_the_texts_of_their_split(t5, tmp_path, name, layout):
    layout(tmp_path / "texts")
    read = summaries.load(name, "train", t5, 1000, folder=str(tmp_path / "texts"))
    pairs = zip(read.decode_batch(read.sources[0]), read.texts, strict=True)
    assert sorted(pairs) == sorted(zip((f"summarize: {text}" for text in TEXTS), BRIEF, strict=True))
    assert read.decode_batch(read.references[0]) == read.texts
    assert summaries.load(name, "validation", t5, 1000, folder=str(tmp_path / "texts")).texts == ["ship"]


@pytest.fixture
def folder(tmp_path):
    flat_files(tmp_path / "texts")
    return str(tmp_path / "texts")


def test_seed_draws_texts_without_replacement(t5, folder):
    def drawn(count, seed):
        read = summaries.load("xsum", "train", t5, count, seed, folder)
        return read.decode_batch(read.sources[0])

    assert len(set(drawn(9, 1))) == 9
    assert drawn(9, 1) == drawn(9, 1) == drawn(20, 1)[:9]
    assert drawn(9, 1) != drawn(9, 2)
    assert set(drawn(9, 1)) != set(drawn(9, 2))  # not the first nine in another order
    assert len(set(drawn(len(TEXTS), 1))) == len(TEXTS)


def test_blank_texts_and_summaries_are_passed_over(t5, tmp_path):
    texts = ["the ship", "", " \n", None, "the tower", "a bridge", "the mayor"]
    brief = ["ship", "one", "two", "three", None, "\n", "mayor"]
    write(tmp_path / "texts/train.parquet", texts, brief)
    for seed in range(3):
        read = summaries.load("xsum", "train", t5, 2, seed, str(tmp_path / "texts"))
        assert sorted(read.texts) == ["mayor", "ship"]


def test_texts_and_references_are_cut_and_keep_their_end(t5, tmp_path):
    write(tmp_path / "texts/train.parquet", ["ship " * 600, "a tower"], ["bridge " * 90, "tower"])
    read = summaries.load("xsum", "train", t5, 2, folder=str(tmp_path / "texts"))
    for (ids, mask), longest, short in ((read.sources, 512, 5), (read.references, 64, 2)):
        assert ids.dtype == torch.int64 and mask.dtype == torch.bool
        assert ids.shape == mask.shape == (2, longest)
        assert sorted(mask.sum(dim=1).tolist()) == [short, longest]
        for row, real in zip(ids, mask, strict=True):
            assert (row[real] == read.eos_id).nonzero().tolist() == [[real.sum() - 1]]
            assert (row[~real] == read.pad_id).all()
    assert read.max_summary_tokens == 64
    assert sorted(map(len, read.texts)) == [5, 7 * 90]  # judged by the whole reference


def test_ids_are_those_of_the_model(t5, folder):
    read = summaries.load("xsum", "train", t5, 2, folder=folder)
    assert (read.pad_id, read.eos_id, read.start_id) == (0, 1, 0)
    assert read.vocabulary_size == small_t5.VOCABULARY + small_t5.UNUSED


def test_decoding_stops_at_the_first_end_and_bears_every_token(t5, folder):
    read = summaries.load("xsum", "train", t5, 2, folder=folder)
    ship, tower = (read.tokenizer.convert_tokens_to_ids(f"▁{word}") for word in ("ship", "tower"))
    rows = torch.tensor(
        [[ship, 0, tower, 1, ship], [ship, tower, tower, tower, tower], [1, ship, ship, ship, ship]]
    )
    assert read.decode_batch(rows) == ["ship<pad> tower", "ship tower tower tower tower", ""]
    assert isinstance(read.decode_batch(torch.arange(read.vocabulary_size)[None, 2:])[0], str)


def test_rouge_l_is_that_of_rouge_score(t5, tmp_path):
    reference = "The U.N.'s mayor, 53, opens Oslo's tower - on Monday."
    write(tmp_path / "texts/train.parquet", ["a tower"], [reference])
    read = summaries.load("xsum", "train", t5, 1, folder=str(tmp_path / "texts"))
    scorer = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)
    for summary in (
        "the mayor opens a tower",
        "Monday: 53 towers!",
        "<pad> oslo's\ntower on monday",
        "",
        "…",
    ):
        theirs = scorer.score(reference, summary)["rougeL"].fmeasure
        assert read.rouge_l(summary, 0) == pytest.approx(theirs)
        assert read.utility(summary, 0) == pytest.approx(10 * theirs)
    assert read.rouge_l(reference.upper(), 0) == 1


def test_readers_prefer_by_rouge_l_with_noise(t5, folder):
    read = summaries.load("xsum", "train", t5, 1, folder=folder)
    best = read.texts[0]  # two words
    worse = f"{best} a a a"  # longest common subsequence 2 of 2 and 5 words: 4/7
    reader = random.Random(0)
    first = sum(read.prefers_first(best, worse, 0, reader) for _ in range(2000)) / 2000
    second = sum(read.prefers_first(worse, best, 0, reader) for _ in range(2000)) / 2000
    ties = sum(read.prefers_first(worse, worse, 0, reader) for _ in range(2000)) / 2000
    assert first > 0.99 and second < 0.01  # sigmoid(2 * 10 * 3/7) = .9998
    assert ties == pytest.approx(0.5, abs=0.056)  # five deviations
    close = f"{best} a"  # 4/5
    wins = sum(read.prefers_first(close, f"{best} a a", 0, reader) for _ in range(2000)) / 2000
    assert wins == pytest.approx(0.935, abs=0.028)  # sigmoid(20 * (4/5 - 4/6))


@pytest.mark.parametrize("name", summaries.COLLECTIONS)
def test_hub_is_asked_for_the_right_texts(t5, monkeypatch, name):
    asked = []

    def load_dataset(*args, **options):
        asked.append((args, options))
        return table(TEXTS, BRIEF, summaries.COLLECTIONS[name].columns)

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    assert len(summaries.load(name, "validation", t5, 5).texts) == 5
    assert (
        asked
        == {
            "xsum": [
                (("EdinburghNLP/xsum", None), {"split": "validation", "revision": "refs/convert/parquet"})
            ],
            "cnn_dailymail": [(("abisee/cnn_dailymail", "3.0.0"), {"split": "validation", "revision": None})],
        }[name]
    )


def is_one_sentence(error, *parts):
    message = str(error)
    assert "\n" not in message and len(message) < 600
    assert all(part in message for part in parts), message
    assert error.__suppress_context__ and error.__cause__ is None


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("xsum", "hf download EdinburghNLP/xsum --repo-type dataset --revision refs/convert/parquet"),
        ("cnn_dailymail", "hf download abisee/cnn_dailymail --repo-type dataset --include '3.0.0/*'"),
    ],
)
def test_a_hub_out_of_reach_is_told_in_one_sentence_with_the_mend(t5, name, command):
    with pytest.raises(FileNotFoundError) as caught:
        summaries.load(name, "train", t5, 5)
    is_one_sentence(caught.value, "'train'", "Hugging Face hub", f"`{command} --local-dir texts`", "`folder`")


def damaged(folder):
    folder.mkdir()
    (folder / "train.parquet").write_bytes(b"PAR1 and then nothing")


@pytest.mark.parametrize("layout", [lambda folder: None, lambda folder: folder.mkdir(), damaged])
def test_a_folder_that_cannot_be_read_is_told_likewise(t5, tmp_path, layout):
    layout(tmp_path / "texts")
    with pytest.raises(FileNotFoundError) as caught:
        summaries.load("xsum", "train", t5, 5, folder=str(tmp_path / "texts"))
    is_one_sentence(caught.value, str(tmp_path / "texts"), "hf download EdinburghNLP/xsum")


def test_a_folder_is_never_taken_for_a_name_on_the_hub(t5, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError) as caught:
        summaries.load("xsum", "train", t5, 5, folder="texts")
    is_one_sentence(caught.value, str(tmp_path / "texts"))
    flat_files(tmp_path / "texts")
    assert len(summaries.load("xsum", "train", t5, 5, folder="texts").texts) == 5


def test_a_split_that_is_not_there_is_named(t5, folder):
    with pytest.raises(FileNotFoundError) as caught:
        summaries.load("xsum", "test", t5, 5, folder=folder)
    is_one_sentence(caught.value, "'test'", "train", "validation")


def test_texts_of_another_collection_are_refused(t5, folder):
    with pytest.raises(ValueError, match="document, summary, id; article and highlights is missing"):
        summaries.load("cnn_dailymail", "train", t5, 5, folder=folder)
    with pytest.raises(ValueError, match="xsum, cnn_dailymail, got 'news'"):
        summaries.load("news", "train", t5, 5, folder=folder)


def test_what_the_hub_gave_once_is_read_again_without_it(t5, tmp_path):
    xsum_of_the_hub(tmp_path / "xsum")
    datasets.load_dataset(str(tmp_path / "xsum"))
    kept = datasets.config.HF_DATASETS_CACHE / "xsum"
    kept.rename(
        kept.with_name("EdinburghNLP___xsum")
    )  # what `datasets` calls the same files if they are the hub's
    assert sorted(summaries.load("xsum", "train", t5, 100).texts) == sorted(BRIEF)


def test_heavy_libraries_are_imported_only_where_they_are_needed():
    given = Path(summaries.__file__).parents[1]
    heavy = {"datasets", "transformers", "checkpoint", "pretrained_t5", "summaries"}
    found = set()
    for file in given.rglob("*.py"):
        for node in ast.parse(file.read_text()).body:  # at the level of the module only
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name.split(".")[0] for alias in node.names}
                names.add((getattr(node, "module", None) or "").split(".")[0])
                found |= {(file.stem, name) for name in names & heavy}
    assert found == {
        ("checkpoint", "transformers"),
        ("pretrained_t5", "checkpoint"),
        ("pretrained_t5", "transformers"),
        ("summaries", "checkpoint"),
    }


def test_commands_of_the_messages_are_those_of_the_page():
    page = (Path(__file__).parents[2] / "docs" / "real-data.md").read_text()
    assert all(collection.download in page for collection in summaries.COLLECTIONS.values())
