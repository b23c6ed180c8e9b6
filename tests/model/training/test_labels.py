"""The contrast of labels: which barcodes a step compares, what it costs, and that training with it is exact."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from barcodeembed.errors import InputError, MismatchError, UsageError
from barcodeembed.model.config import ModelConfig, TrainingConfig
from barcodeembed.model.training.distributed import Ranks
from barcodeembed.model.training.labels import LabelBatches, contrast
from barcodeembed.model.training.loop import Step, Trainer
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.corpus import PlacedCorpus, build_corpus
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.placement.anchor import shipped_anchor
from barcodeembed.taxonomy import RANKS

LIBRARY = Path(__file__).parents[3] / "data" / "library.tsv"
GENUS, SPECIES = RANKS.index("genus"), RANKS.index("species")
MODEL = ModelConfig(tokenizer={"name": "patches", "size": 30}, width=32, layers=1, heads=2, feedforward=64)
CONFIG = TrainingConfig(
    steps=12,
    batch_size=8,
    warmup=3,
    decoder_width=32,
    decoder_heads=2,
    validate_every=6,
    checkpoint_every=4,
    labels_weight=0.3,
    labels_batch=16,
    labels_output=24,
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> PlacedCorpus:
    barcodes = read_barcodes([LIBRARY], labelled=True)
    folder = tmp_path_factory.mktemp("named")
    return build_corpus(barcodes, shipped_anchor(), folder, min_columns=200, with_names=True)


def config(**changes: object) -> TrainingConfig:
    return TrainingConfig.from_dict({**CONFIG.to_dict(), **changes})


def trainer(corpus: PlacedCorpus, directory: Path, ranks: Ranks = Ranks(), **changes: object) -> Trainer:  # noqa: B008
    return Trainer(MODEL, config(**changes), corpus, directory, torch.device("cpu"), ranks)


def losses(steps: list[Step]) -> list[tuple[float, float | None]]:
    return [(step.loss, step.labels_loss) for step in steps]


def test_an_epoch_has_each_genus_once_and_its_species_first(corpus: PlacedCorpus) -> None:
    batches = LabelBatches(corpus, config(labels_each=3))
    names = corpus.names
    steps = len(np.unique(names[batches.all, GENUS])) * 3 // batches.size
    rows = np.concatenate([batches.rows(step) for step in range(steps // 2)])
    assert len(set(rows)) == len(rows)
    assert not set(rows) & set(corpus.held_out)
    genera = names[rows, GENUS]
    # Barcodes of one genus stand together, in one run.
    assert (np.diff(genera) != 0).sum() + 1 == len(set(genera))
    for genus in set(genera[:-3]):
        drawn = names[rows[genera == genus], SPECIES]
        there = len(set(names[batches.all[names[batches.all, GENUS] == genus], SPECIES]))
        assert len(drawn) <= 3
        if genus not in (genera[0], genera[-1]):
            assert len(set(drawn)) == min(len(drawn), there)


def test_batches_depend_on_seed_and_step_alone(corpus: PlacedCorpus) -> None:
    one, two, other = (LabelBatches(corpus, config(seed=seed)) for seed in (1, 1, 2))
    later = one.rows(40)
    one.rows(3)
    assert np.array_equal(one.rows(40), later)
    assert np.array_equal(two.rows(40), later)
    assert not np.array_equal(other.rows(40), later)


def test_contrast_is_what_its_definition_says() -> None:
    generator = torch.Generator().manual_seed(3)
    vectors = torch.nn.functional.normalize(torch.randn(6, 5, generator=generator), dim=1)
    taxa, below = torch.tensor([0, 0, 0, 1, 1, 2]), torch.tensor([0, 0, 1, 2, -1, 3])
    expected = []
    for i in range(5):  # the sixth is alone
        others = [j for j in range(6) if j != i]
        scores = torch.stack([vectors[i] @ vectors[j] / 0.1 for j in others]).double()
        surprise = dict(zip(others, (scores.logsumexp(0) - scores).tolist(), strict=True))
        weights = {j: 2.0 if -1 not in (below[i], below[j]) and below[i] != below[j] else 1.0 for j in others}
        relatives = [j for j in others if taxa[j] == taxa[i]]
        expected.append(sum(weights[j] * surprise[j] for j in relatives) / sum(weights[j] for j in relatives))
    assert contrast(vectors, taxa, below, 0.1).item() == pytest.approx(np.mean(expected), rel=1e-5)


@pytest.mark.slow
def test_vectors_of_one_genus_come_together(corpus: PlacedCorpus, tmp_path: Path) -> None:
    """Learnt by heart: with many steps the contrast falls far below that of chance, and reconstruction falls, too."""
    steps = list(trainer(corpus, tmp_path, steps=150, labels_weight=1.0, learning_rate=3e-3).run())
    first, last = (np.mean([s.labels_loss for s in some]) for some in (steps[:10], steps[-10:]))
    assert last < 0.6 * first
    assert np.mean([s.loss for s in steps[-10:]]) < 0.9 * steps[0].loss


def test_a_resumed_run_is_the_uninterrupted_one(corpus: PlacedCorpus, tmp_path: Path) -> None:
    whole = list(trainer(corpus, tmp_path, cropped=0.5).run())
    (tmp_path / "b").mkdir()
    killed = trainer(corpus, tmp_path / "b", cropped=0.5).run()
    for _ in range(6):
        next(killed)
    again = trainer(corpus, tmp_path / "b", cropped=0.5)
    again.resume()
    assert again.step == 4
    assert losses(list(again.run())) == losses(whole)[4:]


def test_noise_changes_the_labelled_barcodes_alone(corpus: PlacedCorpus, tmp_path: Path) -> None:
    clean, noisy, same = (
        next(iter(trainer(corpus, tmp_path, labels_noise=noise, labels_cropped=0).run())) for noise in (0, 0.5, 0)
    )
    assert clean.loss == noisy.loss
    assert clean.labels_loss == same.labels_loss != noisy.labels_loss


def test_processes_and_parts_share_a_step(corpus: PlacedCorpus, tmp_path: Path) -> None:
    whole = trainer(corpus, tmp_path).work(3)
    halves = [trainer(corpus, tmp_path, Ranks(rank, 2), accumulate=2).work(3) for rank in range(2)]
    assert torch.equal(torch.cat([half.labelled.values for half in halves]), whole.labelled.values)
    assert all(torch.equal(half.labelled.taxa, whole.labelled.taxa) for half in halves)
    assert [half.labelled.part for half in halves] == [slice(0, 8), slice(8, 16)]
    assert [len(half.parts) for half in halves] == [2, 2]


def test_labels_change_nothing_where_their_weight_is_nothing(corpus: PlacedCorpus, tmp_path: Path) -> None:
    plain = trainer(corpus, tmp_path, labels_weight=0)
    assert plain.objective.labels is None
    assert plain.work(0).labelled is None
    assert next(plain.run()).labels_loss is None


def test_a_run_without_labels_to_compare_is_refused(corpus: PlacedCorpus, tmp_path: Path) -> None:
    nameless = PlacedCorpus(corpus.packed, corpus.summary, corpus.held_out)
    with pytest.raises(InputError, match="placed without names"):
        trainer(nameless, tmp_path)
    alone = PlacedCorpus(corpus.packed, corpus.summary, corpus.held_out, np.full_like(corpus.names, -1))
    with pytest.raises(InputError, match="no genus has two barcodes"):
        trainer(alone, tmp_path)
    with pytest.raises(UsageError, match="labels_rank"):
        config(labels_rank="tribe")


def test_other_names_are_another_run(corpus: PlacedCorpus, tmp_path: Path) -> None:
    for _ in zip(range(5), trainer(corpus, tmp_path).run(), strict=False):
        pass
    other = PlacedCorpus(corpus.packed, {**corpus.summary, "names_sha256": "0"}, corpus.held_out, corpus.names)
    with pytest.raises(MismatchError, match="other names"):
        trainer(other, tmp_path).resume()


def test_the_corpus_keeps_names_that_agree(tmp_path: Path) -> None:
    barcodes = [b for b in read_barcodes([LIBRARY], labelled=True) if b.lineage.at("species")][:3]
    first, second, third = barcodes
    readings = [
        Barcode("nameless", first.sequence),
        first,
        Barcode("first again", first.sequence, first.lineage),
        second,
        Barcode("another genus", second.sequence, third.lineage),
        Barcode("none", third.sequence),
    ]
    made = build_corpus(readings, shipped_anchor(), tmp_path, min_columns=200, with_names=True)
    named, contested, unnamed = made.names
    assert (named >= 0).sum() == sum(map(bool, first.lineage.names))
    assert (unnamed == -1).all()
    differ = [a != b for a, b in zip(second.lineage.names, third.lineage.names, strict=True)].index(True)
    assert (contested[differ:] == -1).all()
    assert (contested[:differ] >= 0).all()
    assert json.loads((tmp_path / "corpus.json").read_text())["named"]["species"] == 1 + (differ > SPECIES)


@pytest.mark.gpu
def test_on_a_gpu_the_contrast_is_that_of_a_cpu(corpus: PlacedCorpus, tmp_path: Path) -> None:
    settings = config(precision="fp32", labels_noise=0.05, steps=3)
    both = [
        np.array(losses(list(Trainer(MODEL, settings, corpus, tmp_path, torch.device(device)).run())), dtype=float)
        for device in ("cpu", "cuda")
    ]
    assert both[0] == pytest.approx(both[1], rel=1e-3)
