"""The projection that is fitted on a corpus: parts evened out, shares kept, what is absent is zero."""

from pathlib import Path

import numpy as np
import pytest
import torch

from barcodeembed.errors import TrainingError
from barcodeembed.model.config import ModelConfig
from barcodeembed.model.encoder import BarcodeEncoder
from barcodeembed.model.training.whitening import (
    LABELS_SHARE,
    PartRule,
    centred_vectors,
    combine,
    even_out,
    fit_projection,
    with_share,
)
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.codes import ONE_HOT, decode, encode
from barcodeembed.sequences.corpus import PlacedCorpus, build_corpus
from barcodeembed.sequences.placement.anchor import shipped_anchor

MODEL = ModelConfig(width=32, layers=1, heads=2, feedforward=64, regions=5)
VIEWS = ModelConfig.from_dict({**MODEL.to_dict(), "views": ["bases", "amino_acids"]})
MEAN = ModelConfig.from_dict({**MODEL.to_dict(), "pooling": "mean"})
PURINES = (0.5, -0.5, 0.5, -0.5)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory, library_sequences: list[str]) -> PlacedCorpus:
    directory = tmp_path_factory.mktemp("corpus")
    return build_corpus([Barcode("x", s) for s in library_sequences], shipped_anchor(), directory, min_columns=200)


@pytest.fixture
def encoder_with_views() -> BarcodeEncoder:
    torch.manual_seed(0)
    return BarcodeEncoder(VIEWS).eval()


def cosines(encoder: BarcodeEncoder, columns: np.ndarray) -> np.ndarray:
    tokens = encoder.tokenizer.from_columns(columns)
    values, positions, mask = (torch.from_numpy(a) for a in (tokens.values, tokens.positions, tokens.mask))
    with torch.no_grad():
        pooled = encoder.pooling(encoder(values, positions, mask), values, positions, mask)
        vectors = torch.nn.functional.normalize(pooled).numpy()
    return vectors @ vectors.T


def centred_bases(columns: np.ndarray, corpus: PlacedCorpus) -> np.ndarray:
    """One-hot bases (n, C, 4) less their mean over the corpus, zero where no base is known."""
    one_hot = ONE_HOT[corpus.columns(np.arange(len(corpus)))]
    mean = one_hot.sum(axis=0) / np.maximum((one_hot.sum(axis=2, keepdims=True) > 0).sum(axis=0), 1)
    return (ONE_HOT[columns] - mean) * (ONE_HOT[columns].sum(axis=2, keepdims=True) > 0)


def cosines_of(vectors: np.ndarray) -> np.ndarray:
    flat = vectors.reshape(len(vectors), -1)
    flat = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    return flat @ flat.T


def test_full_evenness_makes_directions_alike(corpus: PlacedCorpus) -> None:
    torch.manual_seed(0)
    encoder = BarcodeEncoder(MEAN).eval()
    fitted = fit_projection(encoder, corpus, 8, rules=(PartRule("tokens", 1.0, 8, 1.0),))
    assert fitted.dim == 8
    with torch.no_grad():
        mean, centred = centred_vectors(encoder, corpus, np.arange(len(corpus)))
        vectors = fitted.pooling.project(centred)
    assert torch.equal(mean, fitted.pooling.mean)
    covariance = 8 * vectors.T @ vectors / len(vectors)
    assert torch.allclose(covariance, torch.eye(8), atol=0.02)


@pytest.mark.slow
def test_the_bases_alone_give_the_cosine_of_centred_bases(
    corpus: PlacedCorpus, encoder_with_views: BarcodeEncoder
) -> None:
    fitted = fit_projection(encoder_with_views, corpus, 300, rules=(PartRule("bases", 1.0, 400, 0.0),))
    columns = corpus.columns(np.arange(20))
    assert np.allclose(cosines(fitted, columns), cosines_of(centred_bases(columns, corpus)), atol=0.02)


def test_a_contrast_sees_purine_against_pyrimidine_only(
    corpus: PlacedCorpus, encoder_with_views: BarcodeEncoder
) -> None:
    fitted = fit_projection(encoder_with_views, corpus, 300, rules=(PartRule("bases", 1.0, 400, 0.0, PURINES),))
    columns = corpus.columns(np.arange(20))
    expected = cosines_of(centred_bases(columns, corpus) @ np.array(PURINES))
    assert np.allclose(cosines(fitted, columns), expected, atol=0.02)
    transitions = columns.copy()
    transitions[columns == encode("A")] = encode("G")[0]
    assert np.allclose(cosines(fitted, np.concatenate([columns, transitions]))[:20, 20:].diagonal(), 1, atol=0.15)


@pytest.mark.slow
def test_amino_acids_ignore_synonymous_changes(corpus: PlacedCorpus, encoder_with_views: BarcodeEncoder) -> None:
    fitted = fit_projection(encoder_with_views, corpus, 300, rules=(PartRule("amino_acids", 1.0, 400, 0.0),))
    columns = corpus.columns(np.array([0, 100, 200]))
    changed = columns.copy()
    third = np.arange(3, 658, 3)  # the frame starts in column 1
    c, t = encode("CT")
    synonymous = changed[:, third]
    changed[:, third] = np.where(synonymous == c, t, np.where(synonymous == t, c, synonymous))
    assert (changed != columns).any(axis=1).all()
    both = cosines(fitted, np.concatenate([columns, changed]))
    assert np.allclose(both[:3, 3:].diagonal(), 1, atol=1e-4)
    assert both[0, 1] < 0.99


@pytest.mark.parametrize("evenness", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("contrast", [(), PURINES])
def test_a_part_has_its_share_of_the_variance(evenness: float, contrast: tuple[float, ...]) -> None:
    centred = torch.randn(500, 40, generator=torch.Generator().manual_seed(0)) * torch.linspace(0.1, 2, 40)
    projection = even_out(centred, torch.linspace(0, 1, 40), PartRule("bases", 0.3, 60, evenness, contrast))
    assert float((centred @ projection.T).var(dim=0, correction=0).sum()) == pytest.approx(0.3, rel=0.05)


def test_numbers_far_apart_are_not_evened_out_together() -> None:
    generator = torch.Generator().manual_seed(0)
    shared = torch.randn(500, 1, generator=generator)  # all numbers hang together
    centred = shared + 0.3 * torch.randn(500, 40, generator=generator)
    places = torch.tensor([0.1, 0.9]).repeat_interleave(20)
    far = even_out(centred, places, PartRule("tokens", 1.0, 40, 1.0))
    near = even_out(centred, torch.full((40,), 0.5), PartRule("tokens", 1.0, 40, 1.0))

    def mixed(projection: torch.Tensor) -> float:
        """Share of the comparison of two barcodes that pairs numbers of one half with numbers of the other."""
        metric = projection.T @ projection
        return float(metric[:20, 20:].norm() / metric[:20, :20].norm())

    assert mixed(far) < 1e-3
    assert mixed(near) > 0.03


@pytest.mark.slow
def test_parts_in_which_a_corpus_does_not_vary_are_left_out(
    tmp_path: Path, library_sequences: list[str], encoder_with_views: BarcodeEncoder
) -> None:
    anchor = shipped_anchor()
    whole = next(p for p in anchor.place(library_sequences).columns if (p > 0).all())
    c, t = encode("CT")
    silent = [i for i in range(3, 658, 3) if whole[i] in (c, t)][:30]  # third bases, changed between C and T only
    changed = np.tile(whole, (1 + len(silent), 1))
    for row, i in enumerate(silent, start=1):
        changed[row, i] = t if whole[i] == c else c
    corpus = build_corpus(
        [Barcode(str(i), decode(r)) for i, r in enumerate(changed)], anchor, tmp_path, min_columns=200
    )
    fitted = fit_projection(encoder_with_views, corpus, 64)
    assert 0 < fitted.dim <= len(silent)
    others = np.concatenate([changed[:2], anchor.place(library_sequences[:20]).columns])
    assert np.isfinite(cosines(fitted, others)).all()
    assert cosines(fitted, changed)[0, 1] < 0.99
    acids = slice(fitted.pooling.widths["tokens"] + fitted.pooling.widths["bases"], None)
    assert not fitted.pooling.project.weight[:, acids].any()


def test_tokens_trained_with_labels_count_as_their_projection_shows_them(
    corpus: PlacedCorpus, encoder_with_views: BarcodeEncoder
) -> None:
    with torch.no_grad():
        _, centred = centred_vectors(encoder_with_views, corpus, np.arange(len(corpus)))
    width = encoder_with_views.pooling.widths["tokens"]
    labels = torch.randn(6, width)
    rules = (PartRule("tokens", 0.1, 20, 1.0), PartRule("bases", 0.4, 20, 0.5))
    common = combine(centred, encoder_with_views.pooling, 60, rules, labels)
    # Nothing of the tokens is left but what the projection shows.
    assert torch.linalg.matrix_rank(common[:, :width], rtol=1e-4) == 6
    beside = torch.randn(width)
    beside -= torch.linalg.pinv(labels) @ (labels @ beside)
    assert (common[:, :width] @ beside).norm() < 1e-3 * common[:, :width].norm() * beside.norm()
    part = with_share(labels, centred[:, :width], LABELS_SHARE)
    assert float((centred[:, :width] @ part.T).square().sum()) / len(centred) == pytest.approx(LABELS_SHARE)
    fitted = fit_projection(encoder_with_views, corpus, 20, rules, labels=labels)
    plain = fit_projection(encoder_with_views, corpus, 20, rules)
    assert not torch.equal(fitted.pooling.project.weight[:, :width], plain.pooling.project.weight[:, :width])


def test_a_corpus_of_equal_vectors_is_refused(corpus: PlacedCorpus) -> None:
    encoder = BarcodeEncoder(MEAN).eval()
    for weights in encoder.parameters():
        torch.nn.init.zeros_(weights)
    with pytest.raises(TrainingError, match="--dim 0"):
        fit_projection(encoder, corpus, 8)


def test_fitting_leaves_the_random_numbers_of_others_alone(corpus: PlacedCorpus) -> None:
    encoder = BarcodeEncoder(MEAN).eval()
    torch.manual_seed(5)
    expected = torch.randn(3)
    torch.manual_seed(5)
    fit_projection(encoder, corpus, 8)
    assert torch.equal(torch.randn(3), expected)


def test_places_follow_the_barcode(encoder_with_views: BarcodeEncoder) -> None:
    pooling = encoder_with_views.pooling
    places = dict(zip(pooling.widths, pooling.places().split(list(pooling.widths.values())), strict=True))
    assert torch.allclose(places["tokens"].unique(), torch.tensor([0.1, 0.3, 0.5, 0.7, 0.9]))
    for view in ("bases", "amino_acids"):
        assert (places[view].diff() >= 0).all()
        assert len(places[view].unique()) == encoder_with_views.tokenizer.n_positions
    assert BarcodeEncoder(MEAN).pooling.places().unique().tolist() == [0.5]
