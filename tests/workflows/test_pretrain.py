"""pretrain and profile from the command line, small: a run, its files, its resumption, and an encoder that embeds."""

import json
from pathlib import Path

import pytest

from barcodeembed.cli.app import main
from barcodeembed.errors import UsageError
from barcodeembed.model.zoo import load
from barcodeembed.sequences.placement.profile import Profile
from barcodeembed.workflows.pretrain import RunConfig

ROOT = Path(__file__).parents[2]
LIBRARY = str(ROOT / "data" / "library.tsv")
TOML = """
[model]
width = 32
layers = 1
heads = 2
feedforward = 64
regions = 5
views = []

[training]
steps = 6
batch_size = 16
warmup = 2
decoder_width = 32
decoder_heads = 2
visible = [0.3, 0.5]
span_share = 0.2
validate_every = 3
checkpoint_every = 2
"""


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    (tmp_path / "tiny.toml").write_text(TOML)
    config, run, output = (str(tmp_path / name) for name in ("tiny.toml", "run", "tiny.safetensors"))
    options = ["--config", config, "--run", run, "-o", output, "--dim", "8", "--device", "cpu", "--threads", "1"]
    return ["pretrain", LIBRARY, *options]


def test_a_run_and_what_it_leaves(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*arguments, "--probe", LIBRARY]) == 0
    steps = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [step["step"] for step in steps] == list(range(6))
    assert {"loss", "accuracy", "learning_rate"} <= set(steps[0])
    assert "validation_loss" in steps[2]
    assert 0 <= steps[2]["probe_genus"] <= 1
    assert steps[0]["barcodes_per_second"] > 0
    assert (tmp_path / "run" / "curves.png").stat().st_size > 1000
    assert "282 distinct barcodes" in capsys.readouterr().err
    checkpoint = load(str(tmp_path / "tiny.safetensors"))
    assert checkpoint.config.output == 8
    assert checkpoint.origin["training"]["visible"] == [0.3, 0.5]
    assert checkpoint.origin["corpus"]["barcodes"] == 282
    assert checkpoint.origin["corpus"]["inputs"][0]["name"] == "library.tsv"
    reads, emb = str(ROOT / "data" / "reads.fasta"), str(tmp_path / "emb.h5")
    assert main(["embed", reads, "-o", emb, "--model", str(tmp_path / "tiny.safetensors"), "--threads", "1"]) == 0


@pytest.mark.slow
def test_resume_takes_the_settings_of_the_run(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 0
    assert main([*arguments, "--force"]) == 2
    assert "--resume" in capsys.readouterr().err
    resumed = [a for a in arguments if not a.endswith(".toml") and a != "--config"]
    assert main([*resumed, "--resume", "--force", "--set", "training.learning_rate=0.5"]) == 4
    assert "learning_rate was 0.002 and is now 0.5" in capsys.readouterr().err
    first = load(str(tmp_path / "tiny.safetensors")).fingerprint
    assert main([*resumed, "--resume", "--force"]) == 0
    assert load(str(tmp_path / "tiny.safetensors")).fingerprint == first


@pytest.mark.parametrize(
    ("toml", "code", "words"),
    [
        ("[model]\nheads = 3\n", 2, "heads = 3"),
        ("[modle]\n", 2, "unknown table [modle]"),
        ("[model\n", 3, "not a TOML file"),
        ("[training]\nobjective = 'causal'\n", 2, "needs causal = true"),
        ("[training]\nschedule = 'wavy'\n", 2, "must be wsd or one_cycle"),
        ("training = 1\n", 2, "must be a table"),
        ("[training]\nstart = 'nothing'\n", 3, "no model 'nothing'"),
        ("[training]\nstart = 'coi-mae-labels-v7'\n[model]\nlayers = 2\n", 4, "its layers is 4, the run asks for 2"),
        ("[training]\nobjective = 'magic'\n", 2, "choose from mae, mlm, causal"),
    ],
)
def test_bad_settings_are_one_line(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], toml: str, code: int, words: str
) -> None:
    (tmp_path / "tiny.toml").write_text(toml)
    assert main(["--quiet", *arguments]) == code
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_a_profile_from_the_example_library(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "mine.profile.tsv"
    assert (
        main(["profile", LIBRARY, "-o", str(output), "--name", "mine", "--rounds", "1", "--source", "Naturalis"]) == 0
    )
    profile = Profile.load(output)
    assert profile.columns == 658
    assert profile.provenance["placed"] == 282
    assert main(["profile", LIBRARY, "-o", str(output), "--force", "--columns", "300"]) == 3
    assert "only 0 sequences have exactly 300" in capsys.readouterr().err


def test_settings_lie_over_each_other(tmp_path: Path) -> None:
    """Preset, then TOML, then --set, then options; a resumed run begins with its own."""
    toml = tmp_path / "run.toml"
    toml.write_text("[training]\nbatch_size = 32\nseed = 5\n")
    settings = ["training.seed=7", "model.heads=12", "training.visible=[0.4, 0.6]"]
    made = RunConfig.make(toml, {"steps": 9, "seed": None}, tmp_path, False, "barcodemae", settings)
    assert (made.training.batch_size, made.training.seed, made.training.steps) == (32, 7, 9)
    assert made.training.visible == (0.4, 0.6)
    assert (made.model.width, made.model.heads) == (768, 12)
    made.save(tmp_path)
    assert RunConfig.make(None, {}, tmp_path, resume=True) == made
    assert RunConfig.make(None, {}, tmp_path, resume=False) == RunConfig.preset("default")


@pytest.mark.slow
def test_a_run_that_starts_from_a_model_has_its_shape(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 0
    first = load(str(tmp_path / "tiny.safetensors"))
    start = ["--start", str(tmp_path / "tiny.safetensors"), "--set", "training.labels_weight=0.5", "--steps", "2"]
    where = ["--run", str(tmp_path / "second"), "-o", str(tmp_path / "second.safetensors"), "--dim", "6"]
    assert main(["pretrain", LIBRARY, *start, *where, "--device", "cpu", "--threads", "1"]) == 0
    second = load(str(tmp_path / "second.safetensors"))
    assert (second.config.width, second.config.output) == (32, 6)
    assert second.origin["started_from"] == first.fingerprint
    assert second.origin["training"]["start"] == "tiny.safetensors"
    assert str(tmp_path).encode() not in (tmp_path / "second.safetensors").read_bytes()
    assert main(["pretrain", LIBRARY, "--start", "none", *where, "--force", "--run", str(tmp_path / "third")]) == 3
    assert "no model 'none'" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "objective"), [("barcodemae", "mae"), ("barcodebert", "mlm"), ("causal", "causal")])
def test_published_presets_share_an_encoder(name: str, objective: str) -> None:
    run = RunConfig.preset(name)
    assert run.training.objective == objective
    assert run.model == RunConfig.preset("barcodemae").with_objective(objective).model
    assert (run.model.width, run.model.layers, run.model.heads, run.model.feedforward) == (768, 6, 6, 3072)
    assert run.model.causal == (name == "causal")


@pytest.mark.parametrize("setting", ["seed=1", "training.seed", "train.seed=1", "training.sede=1"])
def test_a_setting_that_cannot_be_read(tmp_path: Path, setting: str) -> None:
    with pytest.raises(UsageError, match=r"write model\.NAME|unknown setting"):
        RunConfig.make(None, {}, tmp_path, False, settings=[setting])


def test_resume_with_other_inputs(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*arguments, "--steps", "1", "--dim", "0"]) == 0
    other = tmp_path / "library.tsv"
    other.write_text(Path(LIBRARY).read_text().rsplit("\n", 2)[0] + "\n")
    again = [str(other) if argument == LIBRARY else argument for argument in arguments]
    assert main([*again, "--resume"]) == 4
    assert "library.tsv: not the file that the run" in capsys.readouterr().err


@pytest.mark.slow
def test_resume_overwrites_only_a_model_of_its_run(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, run = tmp_path / "tiny.safetensors", tmp_path / "run"
    output.write_text("precious")
    assert main([*arguments, "--resume"]) == 2
    assert "tiny.safetensors exists" in capsys.readouterr().err
    assert (output.read_text(), run.exists()) == ("precious", False)
    assert main([*arguments, "--resume", "--force", "--steps", "1", "--dim", "0"]) == 0
    assert main([*arguments, "--resume", "--steps", "1", "--dim", "0"]) == 0
    other = [argument.replace(str(run), str(tmp_path / "other")) for argument in arguments]
    first = output.read_bytes()
    another = ["--set", "training.seed=2", "--steps", "1", "--dim", "0"]
    assert main([*other, *another, "-o", str(tmp_path / "other.safetensors")]) == 0
    assert main([*other, *another, "--resume"]) == 2
    assert output.read_bytes() == first


def test_one_barcode_is_too_few(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = tmp_path / "one.tsv"
    one.write_text("".join(Path(LIBRARY).read_text().splitlines(keepends=True)[:2]))
    assert main(["pretrain", str(one), *arguments[2:]]) == 3
    assert "only one distinct barcode" in capsys.readouterr().err
    assert not (tmp_path / "tiny.safetensors").exists()
    one.write_text(">a\n" + "ACGT" * 100 + "\n>b\n" + "AACC" * 100 + "\n")
    (tmp_path / "run").rename(tmp_path / "old")
    assert main(["pretrain", str(one), *arguments[2:]]) == 3
    assert (
        "error: one.tsv: no barcode could be placed on the barcode region (2 read, 2 not_placed)"
        in capsys.readouterr().err
    )
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_names_from_a_table(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Sequences without names and lineages by id train as a table that has both; without names there is an error."""
    lines = Path(LIBRARY).read_text().splitlines()
    header, rows = lines[0].split("\t"), [line.split("\t") for line in lines[1:]]
    at = {name: header.index(name) for name in ("processid", "genus", "species", "nuc")}
    fasta, table = tmp_path / "bare.fasta", tmp_path / "names.tsv"
    fasta.write_text("".join(f">{row[at['processid']]}\n{row[at['nuc']]}\n" for row in rows))
    names = ["processid", "genus", "species"]
    table.write_text("".join("\t".join(row[at[n]] for n in names) + "\n" for row in [header, *rows]))
    settings = ["--set", "training.labels_weight=0.5", "--set", "training.labels_batch=24"]
    assert main([*arguments, *settings]) == 0
    bare = [arguments[0], str(fasta), *arguments[2:], *settings, "--force", "--run", str(tmp_path / "other")]
    assert main(bare) == 3
    assert "no genus has two barcodes" in capsys.readouterr().err
    bare[-1] = str(tmp_path / "third")
    assert main([*bare, "--labels", str(table)]) == 0
    one, two = (
        [json.loads(line)["labels_loss"] for line in (tmp_path / run / "log.jsonl").read_text().splitlines()]
        for run in ("run", "third")
    )
    assert one == two
    assert load(str(tmp_path / "tiny.safetensors")).origin["training"]["labels_weight"] == 0.5
    assert load(str(tmp_path / "tiny.safetensors")).origin["corpus"]["inputs"][1]["name"] == "names.tsv"


@pytest.mark.slow
def test_barcodes_that_the_table_of_names_lacks_are_trained_on_without_one(
    arguments: list[str], tmp_path: Path
) -> None:
    lines = Path(LIBRARY).read_text().splitlines()
    header = lines[0].split("\t")
    bare, some = tmp_path / "bare.fasta", tmp_path / "some.tsv"
    rows = [dict(zip(header, line.split("\t"), strict=True)) for line in lines[1:]]
    bare.write_text("".join(f">{row['processid']}\n{row['nuc']}\n" for row in rows))
    named = ["processid", "genus", "species"]
    some.write_text(
        "".join("\t".join(row[n] for n in named) + "\n" for row in [dict(zip(named, named, strict=True)), *rows[:200]])
    )
    settings = ["--set", "training.labels_weight=0.5", "--set", "training.labels_batch=24"]
    assert main([*arguments, *settings]) == 0
    again = [arguments[0], str(bare), *arguments[2:], *settings, "--force", "--run", str(tmp_path / "other")]
    assert main([*again, "--labels", str(some)]) == 0
    whole, partly = (json.loads((tmp_path / run / "corpus.json").read_text()) for run in ("run", "other"))
    assert whole["sha256"] == partly["sha256"]
    assert 0 < partly["named"]["genus"] < whole["named"]["genus"]
    assert (partly["read"], partly["skipped"]) == (len(rows), {})


@pytest.mark.slow
def test_a_small_encoder_learns_from_a_large_one(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    views = ["--set", 'model.views=["bases"]']
    assert main([*arguments, *views]) == 0
    large = str(tmp_path / "tiny.safetensors")
    settings = ["training.objective=distil", f"training.teacher={large}", "model.width=16", "model.heads=1"]
    where = ["--run", str(tmp_path / "second"), "-o", str(tmp_path / "small.safetensors"), "--dim", "8"]
    options = [*where, *views, *(part for setting in settings for part in ("--set", setting))]
    assert main(["pretrain", LIBRARY, "--config", arguments[3], *options, "--device", "cpu", "--threads", "1"]) == 0
    small = load(str(tmp_path / "small.safetensors"))
    assert (small.config.width, small.config.output) == (16, 8)
    assert small.origin["taught_by"] == load(large).fingerprint
    assert small.origin["training"]["teacher"] == "tiny.safetensors"
    assert str(tmp_path).encode() not in (tmp_path / "small.safetensors").read_bytes()
    capsys.readouterr()
    assert main(["pretrain", LIBRARY, *options[:-2], "--set", "training.teacher=none", "--force"]) == 3
    assert "no model 'none'" in capsys.readouterr().err


def test_the_presets_fit_each_other() -> None:
    large, small = (RunConfig.preset(name) for name in ("default", "distilled"))
    assert (large.model.tokenizer, large.model.views) == (small.model.tokenizer, small.model.views)
    assert load(small.training.teacher).config.tokenizer == small.model.tokenizer


@pytest.mark.parametrize("dim", ["0", "513"])
def test_a_small_encoder_has_no_other_width_than_its_teacher(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], dim: str
) -> None:
    where = ["--run", str(tmp_path / "run"), "-o", str(tmp_path / "small.safetensors")]
    assert main(["pretrain", LIBRARY, "--preset", "distilled", *where, "--dim", dim]) == 2
    assert f"--dim {dim}: the teacher's vectors have 512 numbers, choose 1 to 512" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
