"""Names that lead outside, clash or cannot be read: nothing leaves the scratch folder, and the required file stays."""

import unicodedata
import warnings
import zipfile
from pathlib import Path

import pytest

from tests.harness.packing import GOOD, STAGED, member, names, said, stage, tarred, zipped

OUTSIDE = {
    "/tmp/evil.py": "absolute path",
    "//evil.py": "absolute path",
    "C:/evil.py": "absolute path",
    "c:evil.py": "absolute path",
    "\\evil.py": "absolute path",
    "../evil.py": "leads outside",
    "pupil/../../../evil.py": "leads outside",
    "pupil\\..\\..\\evil.py": "leads outside",
    "pupil/evil.py\0.txt": "control characters",
    "pupil/ev\x1b[2Jil.py": "control characters",
    "pupil/evil\x7f.py": "control characters",
    "a/" * 40 + "evil.py": "folders deep",
    "e" * 300 + ".py": "too long",
    "long/" * 20 + "e" * 240 + "/" + "f" * 240 + "/" + "g" * 240 + "/" + "h" * 240 + ".py": "too long",
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_zip_entry_with_a_bad_name_is_left_out(tmp_path: Path, name: str) -> None:
    info = zipfile.ZipInfo("x")
    info.filename = name  # the constructor would cut the name at the NUL
    staged = stage(zipped(tmp_path / "hw.zip", GOOD, (info, b"evil")))
    assert names(staged) == STAGED and said(
        staged, "left out:", "evil" if "evil" in name[:50] else "", OUTSIDE[name]
    )


@pytest.mark.parametrize("name", [name for name in OUTSIDE if "\0" not in name])
def test_tar_entry_with_a_bad_name_is_left_out(tmp_path: Path, name: str) -> None:
    staged = stage(tarred(tmp_path / "hw.tar", GOOD, member(name, b"evil")))
    assert names(staged) == STAGED and said(staged, "left out:", OUTSIDE[name])


def test_backslashes_are_folders(tmp_path: Path) -> None:
    staged = stage(
        zipped(tmp_path / "hw.zip", {name.replace("/", "\\"): data for name, data in GOOD.items()})
    )
    assert names(staged) == STAGED and staged.notes == ()


def test_duplicate_names_are_reported_and_the_last_one_counts(tmp_path: Path) -> None:
    with warnings.catch_warnings(action="ignore"):
        staged = stage(zipped(tmp_path / "hw.zip", {"pupil/maths.py": b"old"}, *GOOD.items()))
    assert (staged.package / "maths.py").read_bytes() == GOOD["pupil/maths.py"]
    assert said(staged, "more than one file with the same name", "last one is graded: pupil/maths.py")


@pytest.mark.parametrize("first", [True, False])
def test_of_names_that_differ_in_case_the_required_one_stays(tmp_path: Path, first: bool) -> None:
    odd = {"pupil/MATHS.py": b"evil", "pupil/Given/Table.py": b"evil"}
    staged = stage(zipped(tmp_path / "hw.zip", {**odd, **GOOD} if first else {**GOOD, **odd}))
    assert names(staged) == STAGED and (staged.package / "maths.py").read_bytes() == GOOD["pupil/maths.py"]
    assert said(staged, "left out:", "pupil/MATHS.py", "pupil/Given/Table.py", "only in case", "rename it")


def test_of_names_that_differ_in_normal_form_one_stays(tmp_path: Path) -> None:
    forms = [unicodedata.normalize(form, "pupil/café.py") for form in ("NFC", "NFD")]
    staged = stage(zipped(tmp_path / "hw.zip", {**GOOD, **dict.fromkeys(forms, b"")}))
    assert len(names(staged)) == len(STAGED) + 1 and said(staged, "left out: pupil/café.py", "rename it")


@pytest.mark.parametrize(
    "odd", ["pupil/maths.py/deep.py", "pupil/given/table.py/deep.py", "pupil/__init__.py/a/b.py"]
)
def test_folder_with_the_name_of_a_file_is_left_out(tmp_path: Path, odd: str) -> None:
    staged = stage(zipped(tmp_path / "hw.zip", {odd: b"", **GOOD}))
    assert names(staged) == STAGED and said(
        staged, f"left out: {odd}: a file and a folder have the same name"
    )


def test_file_with_the_name_of_a_given_folder_is_left_out(tmp_path: Path) -> None:
    staged = stage(zipped(tmp_path / "hw.zip", {**GOOD, "pupil/given": b""}), 'accept = ["**/*"]')
    assert names(staged) == STAGED and said(staged, "left out: pupil/given: a file and a folder")


def test_name_in_another_encoding_is_left_out_and_the_rest_graded(tmp_path: Path) -> None:
    staged = stage(tarred(tmp_path / "hw.tar", GOOD, member("pupil/odd\udce9.py")))
    assert names(staged) == STAGED and said(staged, r"left out: pupil/odd\udce9.py: a name that is not UTF-8")


def test_zip_with_names_that_are_not_utf_8(tmp_path: Path) -> None:
    path = zipped(tmp_path / "hw.zip", GOOD, ("pupil/é.py", b""))
    path.write_bytes(path.read_bytes().replace("é".encode(), b"\xff\xfe"))
    assert said(stage(path), "hw.zip is damaged", "pack and upload it again")
