"""Hostile or damaged archives: nothing leaves the scratch folder, limits hold, and readable files are graded."""

import gzip
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.harness.packing import GOOD, STAGED, linux, member, names, said, stage, tarred, zipped

MB = 1_000_000


def link(name: str, target: str) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return info, target.encode()


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (tarfile.SYMTYPE, "a link; hand in the file itself"),
        (tarfile.LNKTYPE, "a link; hand in the file itself"),
        (tarfile.CHRTYPE, "not a regular file"),
        (tarfile.BLKTYPE, "not a regular file"),
        (tarfile.FIFOTYPE, "not a regular file"),
    ],
)
def test_tar_entry_that_is_not_a_plain_file_is_left_out(tmp_path: Path, kind: bytes, says: str) -> None:
    odd = [member(name, type=kind, linkname="/etc/passwd") for name in ("pupil/odd.py", "pupil/maths.py")]
    staged = stage(tarred(tmp_path / "hw.tar", GOOD, *odd))
    assert names(staged) == STAGED and said(staged, "left out: pupil/odd.py, pupil/maths.py", says)
    assert (staged.package / "maths.py").read_bytes() == GOOD["pupil/maths.py"]


def test_file_below_a_link_does_not_follow_it(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    odd = [
        member("pupil/sub", type=tarfile.SYMTYPE, linkname=str(tmp_path / "target")),
        member("pupil/sub/a.py", b"x"),
    ]
    staged = stage(tarred(tmp_path / "hw.tar", GOOD, *odd))
    assert names(staged) == STAGED | {"sub/a.py"} and list((tmp_path / "target").iterdir()) == []


def test_link_in_a_zip_is_left_out(tmp_path: Path) -> None:
    staged = stage(zipped(tmp_path / "hw.zip", GOOD, link("pupil/odd.py", "/etc/passwd")))
    assert names(staged) == STAGED and said(staged, "left out: pupil/odd.py: a link")


def test_device_in_a_zip_is_left_out(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("pupil/odd.py")
    info.external_attr = 0o020666 << 16
    assert said(
        stage(zipped(tmp_path / "hw.zip", GOOD, (info, b""))), "left out: pupil/odd.py: not a regular file"
    )


def test_sparse_file_is_left_out(tmp_path: Path) -> None:
    sparse = {"GNU.sparse.map": "0,1", "GNU.sparse.size": "1000000000000", "GNU.sparse.major": "0"}
    odd = member("pupil/odd.py", b"x", pax_headers=sparse)
    staged = stage(tarred(tmp_path / "hw.tar", GOOD, odd))
    assert names(staged) == STAGED and said(staged, "left out: pupil/odd.py: a sparse file")


def test_file_over_its_limit_is_left_out_and_the_rest_graded(tmp_path: Path) -> None:
    odd = "pupil/big.py", b"#" * (MB + 1)
    just = "pupil/just.py", b"#" * MB
    staged = stage(zipped(tmp_path / "hw.zip", GOOD, odd, just))
    assert names(staged) == {*STAGED, "just.py"} and said(staged, "left out: pupil/big.py: larger than 1 MB")


def test_false_size_in_a_zip_is_not_believed(tmp_path: Path) -> None:
    path = zipped(tmp_path / "hw.zip", GOOD, ("pupil/big.py", b"#" * 3 * MB))
    path.write_bytes(path.read_bytes().replace(struct.pack("<I", 3 * MB), struct.pack("<I", 100)))
    staged = stage(path)
    assert names(staged) == STAGED and said(staged, "left out: pupil/big.py: damaged")


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_all_files_together_have_a_limit(tmp_path: Path, pack) -> None:
    many = {f"pupil/extra{i}.py": b"#" * 400_000 for i in range(5)}
    staged = stage(pack(tmp_path / "hw", {**GOOD, **many}), "total_mb = 1\nratio = 1e9")
    assert names(staged) == {*STAGED, "extra0.py", "extra1.py"}
    assert said(staged, "left out: pupil/extra2.py, pupil/extra3.py, pupil/extra4.py", "together", "1 MB")


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_bomb_by_count_ends_at_the_limit(tmp_path: Path, pack) -> None:
    staged = stage(pack(tmp_path / "hw", {**GOOD, **{f"pupil/{i:05}.py": b"" for i in range(3000)}}))
    assert len(names(staged)) == 2000 + 1 and said(
        staged, "hw contains more than 2000 files to grade", "up to"
    )


def test_many_files_of_other_kinds_do_not_hide_the_package(tmp_path: Path) -> None:
    staged = stage(zipped(tmp_path / "hw.zip", {f"data/{i}.png": b"" for i in range(2500)}, *GOOD.items()))
    assert names(staged) == STAGED and said(staged, "left out: data/0.png", "1995 more")
    assert said(staged, "500 more entries of hw.zip were left out")


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_bomb_by_ratio_ends_at_the_limit(tmp_path: Path, mode: str) -> None:
    path = tarred(tmp_path / "hw", {**GOOD, "zeros.bin": bytes(50 * MB), "pupil/late.py": b""}, mode=mode)
    assert path.stat().st_size < MB / 4
    staged = stage(path)
    assert names(staged) == STAGED and said(
        staged, "hw unpacks to more than 100 times its size: it was read up to zeros.bin"
    )


def test_bomb_by_ratio_in_a_zip_ends_at_the_limit(tmp_path: Path) -> None:
    path = zipped(tmp_path / "hw.zip", {**GOOD, **{f"pupil/{i}.py": bytes(MB) for i in range(9)}})
    assert path.stat().st_size < MB / 50
    assert said(stage(path), "hw.zip unpacks to more than 100 times its size: it was read up to pupil/1.py")


def test_gzip_stream_without_an_end_is_ended(tmp_path: Path) -> None:
    info = tarfile.TarInfo("endless")
    info.size = 8**11 - 1
    (tmp_path / "hw").write_bytes(gzip.compress(info.tobuf()) + gzip.compress(bytes(MB)) * 300)
    assert said(stage(tmp_path / "hw"), "hw unpacks to more than 100 times its size")


@linux
def test_header_of_a_tar_that_asks_for_all_memory_is_ended(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "hw", "wb", compresslevel=1) as file:
        info = tarfile.TarInfo("x")
        info.type, info.size = tarfile.XHDTYPE, 2000 * MB
        file.write(info.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(600):
            file.write(bytes(MB))
    assert said(
        stage(tmp_path / "hw", "ratio = 1e9"), "hw could not be read completely: it needs more than 384 MB"
    )


def test_encrypted_entry_is_named_with_the_fix(tmp_path: Path) -> None:
    path = zipped(tmp_path / "hw.zip", GOOD, ("pupil/secret.py", b""))
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    staged = stage(path)
    assert names(staged) == STAGED and said(
        staged, "left out: pupil/secret.py: encrypted; pack the zip without a password"
    )


def test_unknown_packing_method_is_named(tmp_path: Path) -> None:
    path = zipped(tmp_path / "hw.zip", GOOD, ("pupil/odd.py", b"x"))
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 10] = 97
    path.write_bytes(data)
    staged = stage(path)
    assert names(staged) == STAGED and said(
        staged, "left out: pupil/odd.py: damaged or not readable", "compression"
    )


def test_broken_checksum_leaves_that_file_out(tmp_path: Path) -> None:
    path = tmp_path / "hw.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {**GOOD, "pupil/odd.py": b"odd = 1"}.items():
            archive.writestr(name, data)
    path.write_bytes(path.read_bytes().replace(b"odd = 1", b"odd = 2"))
    staged = stage(path)
    assert names(staged) == STAGED and said(
        staged, "left out: pupil/odd.py: damaged or not readable (Bad CRC-32"
    )


def test_entries_that_share_their_bytes_are_left_out(tmp_path: Path) -> None:
    path = zipped(tmp_path / "hw.zip", GOOD, ("pupil/one.py", b"1" * 99), ("pupil/two.py", b"2" * 99))
    data = path.read_bytes()
    one, two = (
        data.rindex(b"PK\x01\x02", 0, data.rindex(name)) for name in (b"pupil/one.py", b"pupil/two.py")
    )
    path.write_bytes(data[: two + 42] + data[one + 42 : one + 46] + data[two + 46 :])
    staged = stage(path)
    assert names(staged) == STAGED and said(staged, "left out: pupil/one.py, pupil/two.py: shares its bytes")


def test_truncated_zip_is_reported(tmp_path: Path) -> None:
    path = zipped(tmp_path / "hw.zip", GOOD)
    path.write_bytes(path.read_bytes()[:-40])
    assert said(stage(path), "hw.zip is damaged after its start", "pack and upload it again")


@pytest.mark.parametrize("mode", ["w", "w:gz"])
@pytest.mark.parametrize("where", ["in a header", "in a file", "between two"])
def test_truncated_tar_is_graded_up_to_its_end(tmp_path: Path, mode: str, where: str) -> None:
    path = tarred(tmp_path / "hw.tar", {**GOOD, "pupil/late.py": b"#" * 5000})
    data = path.read_bytes()
    at = data.index(b"pupil/late.py") + {"in a header": 100, "in a file": 3000, "between two": 0}[where]
    path.write_bytes(data[:at] if mode == "w" else gzip.compress(data[:at]))
    staged = stage(path)
    assert names(staged) == STAGED and said(staged, "hw.tar is damaged after", "pack and upload it again")


def test_truncated_gzip_is_graded_up_to_its_end(tmp_path: Path) -> None:
    path = tarred(tmp_path / "hw.tgz", {**GOOD, "data.bin": bytes(range(256)) * 4000}, mode="w:gz")
    path.write_bytes(path.read_bytes()[:-100])
    staged = stage(path)
    assert names(staged) == STAGED and said(staged, "hw.tgz is damaged after data.bin")


def test_tar_with_a_damaged_header_is_reported_as_incomplete(tmp_path: Path) -> None:
    path = tarred(tmp_path / "hw.tar", {**GOOD, "pupil/odd.py": b"", "pupil/late.py": b""})
    path.write_bytes(path.read_bytes().replace(b"pupil/odd.py", b"pupil/bad.py"))
    staged = stage(path)
    assert names(staged) == STAGED and said(
        staged, "hw.tar is damaged after pupil/answers.toml (bad checksum)"
    )
