"""``Checkpoint.load`` believes nothing: whatever is wrong with a file is one line, soon, and without big memory."""

import json
import pickle
import struct
import subprocess
import sys
import tracemalloc

import pytest
import torch
from safetensors.torch import save_file

from barcodeembed.errors import ModelFileError
from barcodeembed.model.checkpoint import FORMAT, FORMAT_VERSION, Checkpoint
from barcodeembed.model.config import ModelConfig
from barcodeembed.model.encoder import BarcodeEncoder

READS = {"name": "reads", "k": 2, "max_length": 20}


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def tiny_config(**changes):
    settings = {
        "tokenizer": READS,
        "width": 8,
        "layers": 1,
        "heads": 2,
        "feedforward": 16,
        "pooling": "mean",
    }
    return settings | changes


def tiny_checkpoint():
    torch.manual_seed(1)
    return Checkpoint.of(BarcodeEncoder(ModelConfig.from_dict(tiny_config())), {"from": "a test"})


def write(path, weights, config, origin="{}", **metadata):
    texts = {"format": FORMAT, "version": FORMAT_VERSION, "config": config, "origin": origin}
    save_file(dict(weights), path, texts | metadata)
    return path


def refused(path):
    """The one line with which a file is refused, without memory for what it claims to hold."""
    tracemalloc.start()
    try:
        with pytest.raises(ModelFileError) as caught:
            Checkpoint.load(path)
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message


def test_round_trip(tmp_path):
    checkpoint = tiny_checkpoint()
    checkpoint.save(tmp_path / "m.safetensors")
    loaded = Checkpoint.load(tmp_path / "m.safetensors")
    assert loaded.fingerprint == checkpoint.fingerprint
    assert loaded.config == checkpoint.config
    assert loaded.origin == checkpoint.origin


@pytest.mark.parametrize("kept", [0, 1, 7, 8, 9, 100, -1])
def test_a_truncated_file_is_refused(tmp_path, kept):
    path = tmp_path / "m.safetensors"
    tiny_checkpoint().save(path)
    path.write_bytes(path.read_bytes()[:kept])
    refused(path)


@pytest.mark.parametrize("claimed", [0, 1, 10**6, 2**31, 2**63, 2**64 - 1])
def test_a_lying_header_length_is_refused(tmp_path, claimed):
    path = tmp_path / "m.safetensors"
    tiny_checkpoint().save(path)
    path.write_bytes(struct.pack("<Q", claimed) + path.read_bytes()[8:])
    refused(path)


@pytest.mark.parametrize("offsets", [[0, 10**12], [10**12, 10**12 + 512], [-4, 4], [512, 0]])
def test_offsets_outside_the_file_are_refused(tmp_path, offsets):
    path = tmp_path / "m.safetensors"
    tiny_checkpoint().save(path)
    content = path.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + length])
    header["embedding.lookup.weight"]["data_offsets"] = offsets
    changed = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(changed)) + changed + content[8 + length :])
    refused(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b">read1\nACGT\n" * 100, "(it has sequences); give a .safetensors file"),
        (b"PK\x03\x04" + bytes(99), "barcodeembed models import converts published weights"),
        (pickle.dumps({"a": 1}), "barcodeembed models import converts published weights"),
        (b"\x89HDF\r\n\x1a\n" + bytes(99), "it is an HDF5 file"),
    ],
)
def test_a_file_of_another_kind_is_named(tmp_path, content, said):
    path = tmp_path / "m.safetensors"
    path.write_bytes(content)
    assert said in refused(path)


@pytest.mark.parametrize("what", ["missing", "a folder"])
def test_what_is_no_model_file_is_refused(tmp_path, what):
    path = tmp_path / "m.safetensors"
    if what == "a folder":
        path.mkdir()
    refused(path)


@pytest.mark.parametrize("dtype", [torch.int64, torch.int8, torch.bool, torch.float64, torch.float8_e4m3fn])
def test_another_number_type_is_refused(tmp_path, dtype):
    weights = dict(tiny_checkpoint().weights)
    weights["stack.norm.weight"] = weights["stack.norm.weight"].to(dtype)
    message = refused(write(tmp_path / "m.safetensors", weights, json.dumps(tiny_config())))
    assert "stack.norm.weight" in message


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_values_that_are_not_finite_are_refused(tmp_path, value):
    weights = dict(tiny_checkpoint().weights)
    weights["pooling.mean"] = torch.full((8,), value)
    message = refused(write(tmp_path / "m.safetensors", weights, json.dumps(tiny_config())))
    assert "pooling.mean" in message


def test_wrong_missing_and_unexpected_tensors_are_named(tmp_path):
    weights = dict(tiny_checkpoint().weights)
    config = json.dumps(tiny_config())
    wrong = weights | {"positions.weight": torch.zeros(11, 8)}
    assert "positions.weight is [11, 8]" in refused(write(tmp_path / "a", wrong, config))
    unexpected = weights | {"extra.weight": torch.zeros(2)}
    assert "unexpected tensor extra.weight" in refused(write(tmp_path / "b", unexpected, config))
    del weights["positions.weight"]
    assert "positions.weight is missing" in refused(write(tmp_path / "c", weights, config))


ABSURD = [
    {"width": 10**9},
    {"width": 2**62},
    {"width": 8.0},
    {"width": "8"},
    {"layers": 10**9},
    {"layers": 1.0},
    {"layers": 0},
    {"heads": 0},
    {"heads": -2},
    {"heads": 2.0},
    {"heads": None},
    {"feedforward": 10**15},
    {"regions": 10**12, "pooling": "regions"},
    {"output": 10**12},
    {"layer_norm_epsilon": -1.0},
    {"layer_norm_epsilon": "small"},
    {"layer_norm_epsilon": float("nan")},
    {"norm": ["pre"]},
    {"profile": "../../etc/passwd"},
    {"profile": 7},
    {"no_such_setting": 1},
    {"tokenizer": None},
    {"tokenizer": ["reads"]},
    {"tokenizer": {"name": ["reads"]}},
    {"tokenizer": {"name": "bytes"}},
    *[{"tokenizer": READS | {"k": k}} for k in (0, -1, 13, 10**9, 2.0, "2", None, True)],
    *[{"tokenizer": READS | {"max_length": n}} for n in (0, 1, -5, 10**15, "20")],
    {"tokenizer": READS | {"first_id": 10**15}},
    {"tokenizer": READS | {"first_id": -14}},
    {"tokenizer": READS | {"unknown_id": 18}},
    {"tokenizer": READS | {"unknown_id": -1}},
    *[{"tokenizer": {"name": "patches", "size": n}} for n in (0, -3, 4, 3 * 10**15, "12", 12.0)],
    {"tokenizer": {"name": "patches", "columns": -658}},
    {"tokenizer": {"name": "patches", "columns": 10**15}},
    {"tokenizer": {"name": "patches", "lead": -1}},
    *[{"tokenizer": {"name": "kmers", "k": k}} for k in (0, 10**9, 1.5)],
]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("changes", ABSURD, ids=str)
def test_absurd_settings_are_refused(tmp_path, changes):
    weights = tiny_checkpoint().weights
    refused(write(tmp_path / "m.safetensors", weights, json.dumps(tiny_config(**changes))))


@pytest.mark.parametrize("config", ["", "[]", "null", "7", "{", "[" * 100_000, '{"width": 1' + "0" * 9999 + "}"])
def test_damaged_settings_are_refused(tmp_path, config):
    refused(write(tmp_path / "m.safetensors", tiny_checkpoint().weights, config))


@pytest.mark.parametrize("origin", ["7", "[1]", "{", "[" * 100_000])
def test_a_damaged_origin_is_refused(tmp_path, origin):
    config = json.dumps(tiny_config())
    refused(write(tmp_path / "m.safetensors", tiny_checkpoint().weights, config, origin))


def test_another_format_or_version_is_refused(tmp_path):
    weights = tiny_checkpoint().weights
    config = json.dumps(tiny_config())
    assert "models import" in refused(write(tmp_path / "a", weights, config, format="pt"))
    assert "version 2" in refused(write(tmp_path / "b", weights, config, version="2"))


@pytest.mark.slow
def test_loading_a_model_does_not_load_torchs_compiler() -> None:
    """It is half of the time that a command needs to start."""
    code = "import sys, barcodeembed; barcodeembed.load_model('default'); sys.exit('torch._dynamo' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=120, check=False).returncode == 0
