#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image. Debian 12 and Ubuntu 24.04 grade with their own Python,
# Ubuntu 22.04 with a Python from uv. At the end the image grades the reference: without full marks there is no image.
set -euo pipefail
cd "$(dirname "$0")"
export DEBIAN_FRONTEND=noninteractive UV_NO_CACHE=1 UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 PIP_NO_CACHE_DIR=1
# Submissions may read Python and what it imports, so it must not be in root's home folder.
export UV_PYTHON_INSTALL_DIR=/opt/python

apt-get update -qq
apt-get install -y -qq --no-install-recommends ca-certificates make python3 python3-venv >/dev/null

PYTHON=python3
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "This system's $(python3 --version) is too old; uv installs Python 3.12."
  python3 -m venv /opt/uv
  /opt/uv/bin/pip install --quiet uv
  /opt/uv/bin/uv python install 3.12
  PYTHON=$(/opt/uv/bin/uv python find --python-preference only-managed 3.12)
fi

# uv installs torch for the GPU that it finds, or for the CPU; TORCH_WHEELS=DIR installs it from a folder.
CHOICE=TORCH_BACKEND=auto
if [ -n "${TORCH_WHEELS:-}" ]; then CHOICE="TORCH_WHEELS=$TORCH_WHEELS"; fi
make setup PYTHON="$PYTHON" VENV=/opt/grader EXTRAS=gradescope "$CHOICE"

chmod -R go-rwx .
/opt/grader/bin/python -m compileall -q autograder tests solutions
/opt/grader/bin/python -m autograder doctor
/opt/grader/bin/python -m autograder gradescope --self-test @ONLY@
