"""A few texts with summaries, written to files as XSum and CNN/DailyMail come."""

import datasets

from tests.harness import small_t5

TEXTS = [
    f"the {who} {verb} a {what}" for who in small_t5.WHO for verb in small_t5.VERBS for what in small_t5.WHAT
]
BRIEF = [f"{text.split()[1]} {text.split()[4]}" for text in TEXTS]  # different for each text but for its verb


def table(texts, brief, columns=("document", "summary")):
    numbers = [str(number) for number in range(len(texts))]
    return datasets.Dataset.from_dict({columns[0]: texts, columns[1]: brief, "id": numbers})


def write(file, *content, **options):
    file.parent.mkdir(parents=True, exist_ok=True)
    table(*content, **options).to_parquet(file)


CNN = {"columns": ("article", "highlights")}


def xsum_of_the_hub(folder):
    """Two pieces of the branch that holds Parquet, and what the downloader leaves beside them."""
    write(folder / "default/train/0000.parquet", TEXTS[:15], BRIEF[:15])
    write(folder / "default/train/0001.parquet", TEXTS[15:], BRIEF[15:])
    write(folder / "default/validation/0000.parquet", ["a ship"], ["ship"])
    (folder / ".cache/huggingface").mkdir(parents=True)
    (folder / ".cache/huggingface/CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55")


def flat_files(folder):
    write(folder / "train.parquet", TEXTS, BRIEF)
    write(folder / "validation.parquet", ["a ship"], ["ship"])


def saved_to_disk(folder):
    pair = {"train": table(TEXTS, BRIEF), "validation": table(["a ship"], ["ship"])}
    datasets.DatasetDict(pair).save_to_disk(folder)


def cnn_of_the_hub(folder):
    """The version that is read, and an older one beside it."""
    write(folder / "3.0.0/train-00000-of-00002.parquet", TEXTS[:15], BRIEF[:15], **CNN)
    write(folder / "3.0.0/train-00001-of-00002.parquet", TEXTS[15:], BRIEF[15:], **CNN)
    write(folder / "3.0.0/validation-00000-of-00001.parquet", ["a ship"], ["ship"], **CNN)
    write(folder / "1.0.0/train-00000-of-00001.parquet", ["the tower"] * 9, ["tower"] * 9, **CNN)
    versions = "".join(
        f"- config_name: {version}\n  data_files:\n  - split: train\n    path: {version}/train-*\n"
        for version in ("1.0.0", "3.0.0")
    )
    (folder / "README.md").write_text(f"---\nconfigs:\n{versions}---\n# CNN/DailyMail\n")


def cnn_alone(folder):
    """As it comes with the command of the message: without the page that describes it."""
    cnn_of_the_hub(folder)
    (folder / "README.md").unlink()


LAYOUTS = [
    ("xsum", xsum_of_the_hub),
    ("xsum", flat_files),
    ("xsum", saved_to_disk),
    ("cnn_dailymail", cnn_of_the_hub),
    ("cnn_dailymail", cnn_alone),
]
