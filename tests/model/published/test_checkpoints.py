"""Published weights make the same vectors here as in transformers, and nothing in a published file can run."""

import argparse
import contextlib
import json
import pickle
import random
import struct
import types
import zipfile

import numpy as np
import pytest
import safetensors.torch
import torch

from barcodeembed.errors import ModelFileError
from barcodeembed.model.checkpoint import Checkpoint
from barcodeembed.model.published.checkpoints import import_published
from barcodeembed.sequences.placement.placements import Placements

transformers = pytest.importorskip("transformers")

K = 3
WIDTH, LAYERS, HEADS, FEEDFORWARD, ROWS = 32, 2, 4, 48, 224


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


# The published models and what their authors save around them.


def bert_config(vocabulary=4**K + 2, **changes):
    sizes = {
        "vocab_size": vocabulary,
        "hidden_size": WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "intermediate_size": FEEDFORWARD,
        "max_position_embeddings": ROWS,
        "num_labels": 4**K,
    }
    return transformers.BertConfig(**(sizes | changes))


def make_bert(kind="BertModel", config=None):
    """A BERT whose every weight is random: biases, norms and row 0, which BERT starts at 0 or 1, as well."""
    torch.manual_seed(3)
    model = getattr(transformers, kind)(config or bert_config()).eval()
    with torch.no_grad():
        for tensor in model.parameters():
            tensor.add_(torch.randn_like(tensor) * 0.1)
    return model


def run_settings(**changes):
    settings = {"k_mer": K, "stride": K, "max_len": 660, "tokenizer": "kmer", "n_heads": HEADS, "n_layers": LAYERS}
    names = {"arch": "maelm", "dataset_name": "BIOSCAN-5M", "run_name": "a run", "data_dir": "/home/someone"}
    return argparse.Namespace(**(settings | names | {"tokenize_n_nucleotide": False} | changes))


def saved(path, state, run=None, bert=None, **around):
    """The dict of the reference's ``safe_save_model``."""
    content = {"model": state, "config": run or run_settings(), "epoch": 35, "total_step": 9, "max_accuracy": 61.5}
    content |= {"optimizer": {"state": {0: {"exp_avg": torch.ones(3)}}}, "scheduler": {"total_steps": 9}}
    torch.save(content | {"bert_config": bert or bert_config().to_dict()} | around, path)
    return path


def prefixed(state, prefix):
    return {prefix + name: tensor for name, tensor in state.items()}


def barcodemae(path, model):
    positions = {"embeddings.position_ids": torch.arange(ROWS)[None]}
    return saved(path, positions | model.state_dict())


def barcodemae_full(path, model):
    decoder = make_bert("BertForTokenClassification").state_dict()
    aliases = {
        "encoder_embedding.weight": model.embeddings.word_embeddings.weight,
        "encoder_position_embeddings.weight": model.embeddings.position_embeddings.weight,
        "decoder_embedding.weight": decoder["bert.embeddings.word_embeddings.weight"],
    }
    projection = {"projection_layer.weight": torch.ones(WIDTH, WIDTH), "projection_layer.bias": torch.ones(WIDTH)}
    state = prefixed(model.state_dict(), "encoder.") | prefixed(decoder, "decoder.") | aliases | projection
    return saved(path, state, decoder_config=bert_config().to_dict())


def barcodebert(path, model):
    return saved(path, model.state_dict(), run_settings(arch="transformer"))


def barcodebert_ddp(path, model):
    positions = {"bert.embeddings.position_ids": torch.arange(ROWS)[None]}
    return saved(path, prefixed(positions | model.state_dict(), "module."), run_settings(arch="transformer"))


def workshop(path, model):
    torch.save(prefixed(model.state_dict(), "module."), path)
    return path


def hf_safetensors(path, model):
    model.save_pretrained(path)
    assert (path / "model.safetensors").is_file()
    return path


def hf_pickled(path, model):
    path.mkdir()
    model.config.save_pretrained(path)
    torch.save(model.state_dict(), path / "pytorch_model.bin")
    return path


LAYOUTS = {
    "BarcodeMAE": (barcodemae, "BertModel", 2),
    "BarcodeMAE full": (barcodemae_full, "BertModel", 2),
    "BarcodeBERT": (barcodebert, "BertForTokenClassification", 2),
    "BarcodeBERT DDP": (barcodebert_ddp, "BertForTokenClassification", 2),
    "workshop": (workshop, "BertForMaskedLM", 3),
    "HF safetensors": (hf_safetensors, "BertModel", 2),
    "HF bin": (hf_pickled, "BertForTokenClassification", 2),
}


# The reference recipe, written from its description alone.


def reference_ids(sequence, k, specials, max_len=660):
    """Ids and attention of the published tokenizer: padded with N to ``max_len``, cut, looked up."""
    kept = sequence[:max_len]
    attention = [1] * (len(kept) // k) + [0] * (max_len // k - len(kept) // k)
    padded = kept + "N" * (max_len - len(kept))
    ids = []
    for start in range(0, max_len - k + 1, k):
        kmer = padded[start : start + k]
        rank = 0
        for base in kmer:
            rank = rank * 4 + "ACGT".find(base)
        ids.append(rank + specials if set(kmer) <= set("ACGT") else specials - 1)
    return ids, attention


@torch.no_grad()
def reference_vectors(model, sequences, k, specials):
    ids, attention = zip(*(reference_ids(s, k, specials) for s in sequences), strict=True)
    mask = torch.tensor(attention)
    bert = getattr(model, "bert", model)
    hidden = bert(input_ids=torch.tensor(ids), attention_mask=mask).last_hidden_state
    return (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)


@torch.no_grad()
def our_vectors(checkpoint, sequences):
    encoder = checkpoint.encoder()
    n = len(sequences)
    tokens = encoder.tokenizer.tokens(Placements.none(n), sequences).select(np.arange(n))
    values, mask = torch.from_numpy(tokens.values), torch.from_numpy(tokens.mask)
    positions = torch.from_numpy(tokens.positions)
    return encoder.pooling(encoder(values, positions, mask), values, positions, mask)


def barcodes():
    """Whole, short, overlong, with N and other ambiguity, the shortest that has a token."""
    draw = random.Random(5)
    whole = ["".join(draw.choices("ACGT", k=n)) for n in (658, 658, 660, 659, 300, 131, 700, K * 2)]
    with_n = whole[0][:100] + "N" + whole[0][101:300] + "NNNNNNNNNN" + whole[0][310:]
    return [*whole, with_n, whole[1][:200].replace("A", "R", 3), "N" * 9 + whole[1][9:]]


def largest_difference(model, checkpoint, sequences, k, specials):
    ours = our_vectors(checkpoint, sequences)
    return float((ours - reference_vectors(model, sequences, k, specials)).abs().max())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_vectors_are_those_of_transformers(tmp_path, layout):
    write, kind, specials = LAYOUTS[layout]
    model = make_bert(kind, bert_config(4**K + specials))
    path = write(tmp_path / "published", model)
    checkpoint = import_published(path, heads=HEADS if layout == "workshop" else None)
    sequences = barcodes()
    assert largest_difference(model, checkpoint, sequences, K, specials) < 1e-5
    alone = torch.cat([our_vectors(checkpoint, [sequence]) for sequence in sequences])
    assert torch.allclose(alone, our_vectors(checkpoint, sequences), atol=1e-5)

    checkpoint.save(tmp_path / "ours.safetensors")
    loaded = Checkpoint.load(tmp_path / "ours.safetensors")
    assert loaded.fingerprint == checkpoint.fingerprint
    assert torch.equal(our_vectors(loaded, sequences), our_vectors(checkpoint, sequences))


def test_the_published_size(tmp_path):
    """BarcodeMAE as published: k = 6, width 768, 6 heads; one of its 6 layers will do."""
    sizes = {"hidden_size": 768, "num_hidden_layers": 1, "num_attention_heads": 6, "intermediate_size": 3072}
    config = bert_config(4**6 + 2, max_position_embeddings=512, **sizes)
    model = make_bert("BertModel", config)
    run = run_settings(k_mer=6, stride=6, n_heads=6)
    path = saved(tmp_path / "best_pretraining.pt", model.state_dict(), run, config.to_dict())
    checkpoint = import_published(path)
    assert largest_difference(model, checkpoint, barcodes()[:3], 6, 2) < 1e-5
    assert checkpoint.config.tokenizer["k"] == 6
    assert checkpoint.weights["positions.weight"].shape == (110, 768)


def test_settings_and_origin(tmp_path):
    checkpoint = import_published(barcodemae(tmp_path / "best_pretraining.pt", make_bert()), anchored=False)
    assert checkpoint.config.tokenizer == {
        "name": "reads",
        "k": K,
        "max_length": 660,
        "anchored": False,
        "first_id": 2,
        "unknown_id": 1,
    }
    assert (checkpoint.config.norm, checkpoint.config.pooling) == ("post", "mean")
    assert checkpoint.config.layer_norm_epsilon == 1e-12
    assert checkpoint.origin["file"] == "best_pretraining.pt"
    assert len(checkpoint.origin["sha256"]) == 64
    assert checkpoint.origin["training"]["dataset_name"] == "BIOSCAN-5M"
    assert checkpoint.origin["training"]["epoch"] == 35
    assert "data_dir" not in checkpoint.origin["training"]


def test_weights_are_copies_of_the_file(tmp_path):
    path = barcodemae(tmp_path / "m.pt", make_bert())
    checkpoint = import_published(path)
    fingerprint = checkpoint.fingerprint
    with open(path, "r+b") as file:
        file.write(b"\0" * path.stat().st_size)
    assert checkpoint.fingerprint == fingerprint


# What is refused, and how.


def refused(path, **options):
    with pytest.raises(ModelFileError) as caught:
        import_published(path, **options)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert len(message) < len(str(path)) + 350
    return message


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stride": 1}, "stride 1"),
        ({"stride": "3"}, "stride 3"),
        ({"tokenizer": "bpe"}, "bpe"),
        ({"tokenize_n_nucleotide": True}, "tokenize_n_nucleotide"),
        ({"use_cls_token": True}, "CLS"),
        ({"n_registers": 4}, "register"),
        ({"jumbo": True}, "jumbo"),
        ({"k_mer": 4}, "k = 3"),
        ({"max_len": 10_000}, "10000 bases"),
        ({"max_len": 0}, "0 bases"),
    ],
)
def test_variants_that_cannot_be_represented(tmp_path, changes, words):
    path = saved(tmp_path / "m.pt", make_bert().state_dict(), run_settings(**changes))
    assert words in refused(path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hidden_act": "relu"}, "hidden_act"),
        ({"position_embedding_type": "relative_key"}, "position_embedding_type"),
        ({"is_decoder": True}, "is_decoder"),
        ({"layer_norm_eps": -1.0}, "layer_norm_eps"),
        ({"layer_norm_eps": "tiny"}, "layer_norm_eps"),
        ({"num_attention_heads": 5}, "5 attention heads"),
        ({"num_attention_heads": 0}, "0 attention heads"),
        ({"num_attention_heads": 4.0}, "4.0 attention heads"),
    ],
)
def test_other_kinds_of_bert(tmp_path, changes, words):
    path = saved(tmp_path / "m.pt", make_bert().state_dict(), bert=bert_config().to_dict() | changes)
    assert words in refused(path)


@pytest.mark.parametrize("vocabulary", [4**K, 4**K + 1, 4**K + 3, 5**K + 2, 4096, 1])
def test_an_unknown_vocabulary(tmp_path, vocabulary):
    model = make_bert("BertModel", bert_config(vocabulary))
    assert f"{vocabulary} tokens" in refused(saved(tmp_path / "m.pt", model.state_dict()))


def test_what_the_file_says_is_not_overruled(tmp_path):
    path = barcodemae(tmp_path / "m.pt", make_bert())
    assert "k = 3" in refused(path, k=4)
    assert "the file says 4" in refused(path, heads=8)
    assert import_published(path, k=K, heads=HEADS).config.heads == HEADS


def test_heads_are_asked_for(tmp_path):
    path = workshop(tmp_path / "new_model_3.pth", make_bert("BertForMaskedLM", bert_config(4**K + 3)))
    message = refused(path)
    assert "--heads" in message
    assert "12" in message
    assert "do not divide" in refused(path, heads=5)


def test_wrong_missing_and_unexpected_tensors_are_named(tmp_path):
    state = make_bert().state_dict()
    query = "encoder.layer.1.attention.self.query.weight"
    path = tmp_path / "m.pt"
    assert query in refused(saved(path, state | {query: torch.zeros(WIDTH, WIDTH + 1)}))
    assert query in refused(saved(path, state | {query: torch.zeros(WIDTH, WIDTH, dtype=torch.int64)}))
    assert query in refused(saved(path, state | {query: torch.full((WIDTH, WIDTH), float("nan"))}))
    assert query in refused(saved(path, state | {query: torch.zeros(1).expand(WIDTH, WIDTH)}))
    assert "sparse" in refused(saved(path, state | {query: torch.zeros(WIDTH, WIDTH).to_sparse()}))
    assert "meta" in refused(saved(path, state | {query: torch.zeros(WIDTH, WIDTH, device="meta")}))
    assert query in refused(saved(path, state | {query: "a text"}))
    assert query in refused(saved(path, {name: t for name, t in state.items() if name != query}))
    assert "register_tokens" in refused(saved(path, state | {"register_tokens": torch.zeros(1, 4, WIDTH)}))
    layer = {name.replace(".1.", ".7."): tensor for name, tensor in state.items()}
    assert "encoder.layer.1" in refused(saved(path, layer))
    huge = torch.zeros(1).expand(10**9, 10**9)
    assert "word_embeddings" in refused(saved(path, state | {"embeddings.word_embeddings.weight": huge}))


@pytest.mark.parametrize("content", [[1, 2], {}, {"model": {}}, {"model": 5}, {1: 2}, torch.ones(2), "text", None])
def test_no_weights(tmp_path, content):
    torch.save(content, tmp_path / "m.pt")
    refused(tmp_path / "m.pt")


def test_files_of_another_kind(tmp_path):
    refused(tmp_path / "missing.pt")
    text = tmp_path / "reads.fasta"
    text.write_text(">read1\nACGT\n")
    refused(text)
    archive = tmp_path / "photos.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("photo", b"\xff" * 1000)
    assert "no PyTorch data" in refused(archive)
    safetensors.torch.save_file({"a": torch.ones(2)}, tmp_path / "m.safetensors")
    assert "--model takes it as it is" in refused(tmp_path / "m.safetensors")
    (tmp_path / "empty").mkdir()
    assert "config.json" in refused(tmp_path / "empty")
    (tmp_path / "empty" / "config.json").write_text("{}")
    assert "model.safetensors" in refused(tmp_path / "empty")


def test_a_damaged_folder(tmp_path):
    path = hf_safetensors(tmp_path / "folder", make_bert())
    weights = path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    assert "safetensors" in refused(path)
    (path / "config.json").write_text("[" * 100_000)
    assert "config.json" in refused(path)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.9, 0.9999])
def test_a_truncated_file(tmp_path, share):
    path = barcodemae(tmp_path / "m.pt", make_bert())
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    refused(path)


# Nothing runs.


class Runs:
    """Unpickled in full, writes the marker file."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        import os

        return os.system, (f"touch {self.marker}",)


class Evaluates(Runs):
    def __reduce__(self):
        return eval, (f"open({str(self.marker)!r}, 'w')",)


@pytest.fixture
def marker(tmp_path):
    path = tmp_path / "marker"
    yield path
    assert not path.exists()


PLACES = {
    "top": lambda evil, state: evil,
    "beside": lambda evil, state: {"model": state, "config": run_settings(), "more": evil},
    "config": lambda evil, state: {"model": state, "config": evil},
    "in config": lambda evil, state: {"model": state, "config": run_settings(stride=evil)},
    "nested": lambda evil, state: {"model": state, "config": run_settings(deep=[{"a": (1, [evil])}])},
    "a tensor": lambda evil, state: {"model": state | {"pooler.dense.bias": evil}, "config": run_settings()},
    "a key": lambda evil, state: {"model": state, evil: 1},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("kind", "name"), [(Runs, "posix.system"), (Evaluates, "builtins.eval")])
@pytest.mark.parametrize("protocol", [2, 4])
def test_code_in_a_pickle_is_named_and_not_run(tmp_path, marker, place, kind, name, protocol):
    content = PLACES[place](kind(marker), make_bert().state_dict())
    path = tmp_path / "m.pt"
    torch.save(content, path, pickle_protocol=protocol)
    assert name in refused(path)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(bert_config().to_dict()))
    path.rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelFileError, match=name):
        import_published(folder)


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def with_program(path, program):
    """A PyTorch archive around a pickle written by hand."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("m/data.pkl", program)
        archive.writestr("m/version", "3\n")
        archive.writestr("m/byteorder", "little")
    return path


def hand_written(marker):
    """Pickles that try to reach a function without naming it, or to break out of the allowed classes."""
    command = text(f"touch {marker}")
    namespace = b"cargparse\nNamespace\n"
    system = b"c__builtin__\ngetattr\ncos\n__dict__\n"
    reached = b"c__builtin__\ngetattr\n" + namespace + text("__init__") + b"\x86R"
    globals_of_it = b"c__builtin__\ngetattr\n" + reached + text("__globals__") + b"\x86R"
    return {
        "INST": b"\x80\x02(" + command + b"ios\nsystem\n.",
        "getattr os": b"\x80\x02" + system + b"\x86R.",
        "globals of Namespace": b"\x80\x02" + globals_of_it + b".",
        "setstate": b"\x80\x02" + namespace + b")R}" + text("__setstate__") + reached + b"sb}b.",
        "class": b"\x80\x02" + namespace + b")RN}" + text("__class__") + reached + b"s\x86b.",
        "OrderedDict": b"\x80\x02ccollections\nOrderedDict\n)R}" + text("keys") + reached + b"sb.",
        "dotted": b"\x80\x02cargparse\nNamespace.__init__.__globals__\n.",
        "extension": b"\x80\x02\x82\x01.",
        "stack global": b"\x80\x02" + text("os") + text("system") + b"\x93" + command + b"\x85R.",
        "persistent": b"\x80\x02" + text("os.system") + b"Q.",
        "endless string": b"\x80\x02X\xff\xff\xff\xffabc.",
        "empty stack": b"\x80\x020000R.",
        "no end": b"\x80\x02}",
        "nothing": b"",
    }


@pytest.mark.parametrize("trick", hand_written("m"))
def test_tricks_with_allowed_names_run_nothing(tmp_path, marker, trick):
    refused(with_program(tmp_path / "m.pt", hand_written(marker)[trick]))


def test_a_compressed_archive(tmp_path):
    path = tmp_path / "m.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("m/data.pkl", pickle.dumps({}, 2) + b"\0" * 10**6)
    assert "compressed" in refused(path)


def test_a_plain_pickle_is_not_read(tmp_path, marker):
    path = tmp_path / "m.pt"
    path.write_bytes(pickle.dumps(Runs(marker)))
    refused(path)
    torch.save({"model": Runs(marker)}, path, _use_new_zipfile_serialization=False)
    refused(path)


def test_what_old_torch_leaves_in_a_scheduler_is_inert(tmp_path):
    """torch < 2.4 saved OneCycleLR's annealing function: getattr on the class or on the whole scheduler."""
    model = make_bert()
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.ones(2))])
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, 10)
    function = torch.optim.lr_scheduler.OneCycleLR._annealing_cos
    bound = types.MethodType(torch.optim.lr_scheduler.OneCycleLR._anneal_func, scheduler)
    path = saved(tmp_path / "m.pt", model.state_dict(), scheduler={"anneal_func": function})
    expected = import_published(path).fingerprint
    accuracy = np.float64(61.5)
    saved(path, model.state_dict(), scheduler={"anneal_func": bound}, max_accuracy=accuracy)
    checkpoint = import_published(path)
    assert checkpoint.fingerprint == expected
    assert "max_accuracy" not in checkpoint.origin["training"]


@pytest.mark.parametrize("seed", range(3))
def test_a_pickle_damaged_at_random_is_refused_or_harmless(tmp_path, seed):
    path = barcodemae(tmp_path / "m.pt", make_bert())
    with zipfile.ZipFile(path) as archive:
        members = {member.filename: archive.read(member) for member in archive.infolist()}
    draw = random.Random(seed)
    for _ in range(40):
        program = bytearray(members["m/data.pkl"])
        for _ in range(draw.randint(1, 3)):
            program[draw.randrange(len(program))] = draw.randrange(256)
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in (members | {"m/data.pkl": bytes(program)}).items():
                archive.writestr(name, content)
        with contextlib.suppress(ModelFileError):
            import_published(path)
