"""A fresh Debian in a folder, like Gradescope's image: nothing is installed, and everything in it runs as root.

debootstrap makes it, from the mirror that this machine's own apt uses. A command enters it by pivot_root, in its own
mount and process namespaces. The settings with which this machine reaches its package registries (pip's settings,
certificates, environment variables) are copied, so that `setup.sh` reaches the same registries inside.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SUITE = "bookworm"
REGISTRIES = ("/etc/pip.conf", "/etc/resolv.conf", "/etc/hosts")
CERTIFICATES, MOUNTED_CERTIFICATES = Path("/etc/ssl/certs"), Path("/mnt/certificates")
ENVIRONMENT = ("PIP_", "UV_", "SSL_", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "no_proxy")


class Unfit(Exception):
    """This machine cannot make or enter such a root; the message says what is missing."""


@dataclass(frozen=True)
class Root:
    """The folder, and the folders of this machine that are mounted in it, by their place inside."""

    folder: Path
    mounts: Mapping[Path, Path]

    def command(self, command: Sequence[str], *, network: bool) -> list[str]:
        """The command line that runs a command in the root, with or without a network."""
        lines = ["set -e", f"mount --bind {self.folder} {self.folder}"]
        for kind, place in (("proc", "proc"), ("sysfs", "sys"), ("tmpfs", "tmp")):
            lines.append(f"mount -t {kind} {kind} {self.folder / place}")
        lines.append(f"mount --rbind /dev {self.folder / 'dev'}")
        for place, source in self.mounts.items():
            lines.append(f"mount --bind -o ro {source} {self.folder / place.relative_to('/')}")
        # A container does the same, so that processes inside can make namespaces and change the root again.
        lines += [
            f"cd {self.folder}",
            "mkdir -p mnt/outside",
            "pivot_root . mnt/outside",
            "umount -l /mnt/outside",
        ]
        lines.append('exec env -i "$@"')
        apart = ["--mount", "--pid", "--fork", "--kill-child", *([] if network else ["--net"])]
        return ["unshare", *apart, "sh", "-c", "\n".join(lines), "sh", *self._environment(network), *command]

    def _environment(self, network: bool) -> list[str]:
        copied = {name: value for name, value in os.environ.items() if name.startswith(ENVIRONMENT)}
        # An installation of certificates inside does not change these.
        copied = {
            name: value.replace(str(CERTIFICATES), str(MOUNTED_CERTIFICATES))
            for name, value in copied.items()
        }
        plain = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
        wheels = {"TORCH_WHEELS": "/wheels"} if Path("/wheels") in self.mounts else {}
        return [
            f"{name}={value}" for name, value in {**plain, **(copied if network else {}), **wheels}.items()
        ]


def make(folder: Path, wheels: Path | None, *, again: bool = False) -> Root:
    """Makes a root in `folder` and replaces an older one; an unchanged copy beside it makes the second call fast.

    Args:
        folder: where the root is made.
        wheels: a folder of torch wheels, for a machine that cannot reach an index of CPU-only wheels.
        again: use the older root unchanged.

    Raises:
        Unfit: the user is not root, debootstrap or a mirror is missing, or debootstrap failed.
    """
    if os.geteuid() != 0:
        raise Unfit("only root can make and enter a fresh root")
    if not again:
        _copy_pristine(folder)
    mounts = {MOUNTED_CERTIFICATES: CERTIFICATES, **{index: index for index in _local_indexes()}}
    if wheels is not None:
        mounts[Path("/wheels")] = wheels.absolute()
    for place in mounts:
        (folder / place.relative_to("/")).mkdir(parents=True, exist_ok=True)
    return Root(folder, mounts)


def _copy_pristine(folder: Path) -> None:
    pristine = folder.with_name(f"{folder.name}-pristine")
    if not (pristine / "etc/debian_version").exists():
        _bootstrap(pristine)
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["cp", "-a", "--reflink=auto", pristine, folder], check=True)
    for name in REGISTRIES:
        source = Path(name)
        if source.is_file():
            target = folder / source.relative_to("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            shutil.copyfile(source, target)


def _bootstrap(folder: Path) -> None:
    if shutil.which("debootstrap") is None:
        raise Unfit("debootstrap is missing: apt-get install debootstrap")
    mirror = _mirror()
    print(f"debootstrap: Debian {SUITE} into {folder} (once)", flush=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["debootstrap", "--variant=minbase", SUITE, folder, mirror], capture_output=True, text=True
    )
    if done.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        raise Unfit(f"debootstrap failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def _mirror() -> str:
    """The mirror from which this machine's own apt installs Debian."""
    query = ["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages", f"Codename: {SUITE}"]
    sites = subprocess.run(query, capture_output=True, text=True).stdout.split()
    if not sites:
        raise Unfit(f"this machine's apt knows no mirror of Debian {SUITE}")
    return sites[0]


def _local_indexes() -> list[Path]:
    """Folders from which pip's settings install packages; they must be visible in the root as well."""
    listed = subprocess.run(
        ["python3", "-m", "pip", "config", "list"], capture_output=True, text=True
    ).stdout.replace("file://", "")
    words = listed.replace("'", " ").replace('"', " ").replace("\\n", " ").replace("=", " ").split()
    folders = {Path(word) for word in words if word.startswith("/") and Path(word).is_dir()}
    # An index refers to files in the folder above it.
    return sorted({folder.parent if folder.name == "simple" else folder for folder in folders})
