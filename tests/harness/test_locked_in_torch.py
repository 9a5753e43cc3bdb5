"""The code of a homework with torch and transformers works under both system-call layers together."""

import json
from pathlib import Path

import pytest

from autograder.isolation.kernel import landlock, seccomp
from tests.harness.confined import run

pytestmark = pytest.mark.skipif(
    not (landlock.abi() and seccomp.available()), reason="this kernel lacks Landlock or seccomp"
)

LOCKED = """
import json, os, sys, tempfile
from pathlib import Path
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
{imports}
from autograder.isolation.kernel import landlock, seccomp
scratch = tempfile.tempdir = json.loads(sys.stdin.read())
landlock.restrict(
    [Path(sys.prefix), Path(sys.base_prefix)],
    [Path(scratch)],
    [Path("/dev", name) for name in ("null", "zero", "random", "urandom")],
)
seccomp.install()
{work}
print("all done")
"""
TORCH = """
torch.set_num_threads(2)
a = torch.randn(512, 512, requires_grad=True)
(a @ a).sum().backward()
network = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.LazyLinear(3))
loss = network(torch.randn(8, 1, 16, 16)).square().mean()
optimizer = torch.optim.Adam(network.parameters())
loss.backward()
optimizer.step()
with tempfile.TemporaryDirectory() as folder:
    torch.save(network.state_dict(), folder + "/weights.pt")
    network.load_state_dict(torch.load(folder + "/weights.pt", mmap=True))
    safetensors.torch.save_file({"a": a.detach()}, folder + "/a.safetensors")
    assert torch.equal(safetensors.torch.load_file(folder + "/a.safetensors")["a"], a)
list(torch.utils.data.DataLoader(torch.arange(10), batch_size=3))
"""
T5 = """
config = T5Config(vocab_size=32, d_model=16, d_kv=4, d_ff=16, num_layers=1, num_heads=2, decoder_start_token_id=0)
model = T5ForConditionalGeneration(config)
tokens = torch.ones(2, 5, dtype=torch.long)
model(input_ids=tokens, labels=tokens).loss.backward()
model.generate(tokens, max_new_tokens=3)
model.save_pretrained(scratch + "/model")
T5ForConditionalGeneration.from_pretrained(scratch + "/model")
"""


def _run(imports: str, work: str, scratch: Path) -> None:
    done = run(LOCKED.format(imports=imports, work=work), json.dumps(str(scratch)))
    assert done.stdout.endswith("all done\n"), done.stderr
    assert done.returncode == 0


def test_torch_with_two_threads_trains_and_saves_its_weights(tmp_path: Path) -> None:
    _run("import safetensors.torch, torch; torch.set_num_threads(1)", TORCH, tmp_path)


@pytest.mark.slow
def test_t5_trains_generates_and_is_saved(tmp_path: Path) -> None:
    _run("import torch; from transformers import T5Config, T5ForConditionalGeneration", T5, tmp_path)
