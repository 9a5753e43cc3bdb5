"""A fresh Debian in a folder, as Gradescope's image is: nothing installed, and whatever runs in it is root.

Made by debootstrap, from the mirror that this machine's own apt uses; entered by pivot_root in mount and process
namespaces of its own. Settings by which this machine reaches its package registries (pip's, certificates, the
environment) are taken along, so that `setup.sh` finds in there what it would find out here.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SUITE = "bookworm"
REGISTRIES = ("/etc/pip.conf", "/etc/resolv.conf", "/etc/hosts")
CERTIFICATES, SHOWN_CERTIFICATES = Path("/etc/ssl/certs"), Path("/mnt/certificates")
ENVIRONMENT = ("PIP_", "UV_", "SSL_", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "no_proxy")


class Unfit(Exception):
    """This machine cannot make or enter such a root; the message says what is missing."""


@dataclass(frozen=True)
class Root:
    """The folder, and what of this machine is seen in it: folders, by the place where they are seen."""

    folder: Path
    shown: Mapping[Path, Path]

    def command(self, command: Sequence[str], *, network: bool) -> list[str]:
        """The command line that runs a command in the root, without a network unless it is told."""
        lines = ["set -e", f"mount --bind {self.folder} {self.folder}"]
        for kind, place in (("proc", "proc"), ("sysfs", "sys"), ("tmpfs", "tmp")):
            lines.append(f"mount -t {kind} {kind} {self.folder / place}")
        lines.append(f"mount --rbind /dev {self.folder / 'dev'}")
        for place, source in self.shown.items():
            lines.append(f"mount --bind -o ro {source} {self.folder / place.relative_to('/')}")
        # As a container does, so that in there namespaces can be made and roots changed once more.
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
        taken = {name: value for name, value in os.environ.items() if name.startswith(ENVIRONMENT)}
        # Installing certificates in there takes nothing away from these.
        taken = {
            name: value.replace(str(CERTIFICATES), str(SHOWN_CERTIFICATES)) for name, value in taken.items()
        }
        plain = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
        wheels = {"TORCH_WHEELS": "/wheels"} if Path("/wheels") in self.shown else {}
        return [
            f"{name}={value}" for name, value in {**plain, **(taken if network else {}), **wheels}.items()
        ]


def make(folder: Path, wheels: Path | None, *, again: bool = False) -> Root:
    """A root in `folder`, replacing an older one; a pristine copy lies beside it, so that the second comes quickly.

    Args:
        folder: where.
        wheels: a folder of torch wheels, for a machine that cannot reach an index of CPU-only ones.
        again: take the older one as it is.

    Raises:
        Unfit: not root, no debootstrap, no mirror, or it failed.
    """
    if os.geteuid() != 0:
        raise Unfit("a fresh root is made and entered by root only")
    if not again:
        _lay_out(folder)
    shown = {SHOWN_CERTIFICATES: CERTIFICATES, **{index: index for index in _local_indexes()}}
    if wheels is not None:
        shown[Path("/wheels")] = wheels.absolute()
    for place in shown:
        (folder / place.relative_to("/")).mkdir(parents=True, exist_ok=True)
    return Root(folder, shown)


def _lay_out(folder: Path) -> None:
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
    """Where this machine's own apt takes Debian from."""
    query = ["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages", f"Codename: {SUITE}"]
    sites = subprocess.run(query, capture_output=True, text=True).stdout.split()
    if not sites:
        raise Unfit(f"this machine's apt knows no mirror of Debian {SUITE}")
    return sites[0]


def _local_indexes() -> list[Path]:
    """Folders that pip takes packages from, by its own settings: they have to be seen in the root as well."""
    listed = subprocess.run(
        ["python3", "-m", "pip", "config", "list"], capture_output=True, text=True
    ).stdout.replace("file://", "")
    words = listed.replace("'", " ").replace('"', " ").replace("\\n", " ").replace("=", " ").split()
    folders = {Path(word) for word in words if word.startswith("/") and Path(word).is_dir()}
    # An index refers to files beside it.
    return sorted({folder.parent if folder.name == "simple" else folder for folder in folders})
