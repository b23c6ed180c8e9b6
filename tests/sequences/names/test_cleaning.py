"""Names that are taxa, names that are not, and one spelling for each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barcodeembed.sequences.names.cleaning import REASONS, clean_lineage, clean_names
from barcodeembed.taxonomy import RANKS, Lineage

MASON_BEE = {"order": "Hymenoptera", "family": "Megachilidae", "genus": "Osmia"}

SPECIES = {
    "Osmia bicornis": ("Osmia bicornis", ""),
    "Osmia c-album": ("Osmia c-album", ""),
    "Osmia affinis": ("Osmia affinis", ""),
    "Osmia Janzeni": ("Osmia janzeni", "letter_case"),
    "Hoplitis spinulosa": ("Hoplitis spinulosa", ""),
    "Osmia x rufa": ("Osmia x rufa", ""),
    "Osmia_bicornis": ("Osmia bicornis", "rewritten"),
    "bicornis": ("Osmia bicornis", "rewritten"),
    "bicornis rufa": ("Osmia bicornis", "rewritten"),
    "Osmia bicornis rufa": ("Osmia bicornis", "rewritten"),
    "Osmia bicornis (Linnaeus, 1758)": ("Osmia bicornis", "rewritten"),
    "Osmia bicornis N. Smith, 1900": ("Osmia bicornis", "rewritten"),
    "Osmia bicornis Gen. Smith": ("Osmia bicornis", "rewritten"),
    "Osmia bicornis Group": ("Osmia bicornis", "rewritten"),
    "bicornis N. Smith": ("Osmia bicornis", "rewritten"),
    "Osmia (Osmia) bicornis": ("Osmia bicornis", "rewritten"),
    "Osmia 'bicornis'": ("Osmia bicornis", "rewritten"),
    "Osmia": ("", "not_a_species"),
    "sp.": ("", "open_nomenclature"),
    "Sp. nov.": ("", "open_nomenclature"),
    "Sp.": ("", "open_nomenclature"),
    "Osmia SP. 1MG": ("", "open_nomenclature"),
    "Osmia Cf. bicornis": ("", "open_nomenclature"),
    "Osmia bicornis group": ("", "open_nomenclature"),
    "Osmia bicornis n. ssp.": ("", "open_nomenclature"),
    "Osmia bicornis-like": ("", "open_nomenclature"),
    "Osmia bicornis-gr.": ("", "open_nomenclature"),
    "Osmia bicornis subgr.": ("", "open_nomenclature"),
    "Osmia bicornis cpx.": ("", "open_nomenclature"),
    "Osmia ex.gr. bicornis": ("", "open_nomenclature"),
    "Osmia (s.str.) bicornis": ("Osmia bicornis", "rewritten"),
    "Osmia s. str. bicornis": ("Osmia bicornis", "rewritten"),
    "[Osmia] bicornis": ("Osmia bicornis", "rewritten"),
    "Osminae ngen": ("", "open_nomenclature"),
    "Osmia sp": ("", "open_nomenclature"),
    "Osmia sp. 1MG": ("", "open_nomenclature"),
    "Osmia_sp._1MG": ("", "open_nomenclature"),
    "Osmia sp1": ("", "open_nomenclature"),
    "Osmia spJanzen01": ("", "open_nomenclature"),
    "Osmia species 3": ("", "open_nomenclature"),
    "Osmia cf. bicornis": ("", "open_nomenclature"),
    "Osmia aff. bicornis": ("", "open_nomenclature"),
    "Osmia nr. bicornis": ("", "open_nomenclature"),
    "Osmia bicornis agg.": ("", "open_nomenclature"),
    "Osmia ?bicornis": ("", "open_nomenclature"),
    "gen. sp.": ("", "open_nomenclature"),
    "1MG": ("", "placeholder"),
    "PX12": ("", "placeholder"),
    "Osmia 1MG": ("", "placeholder"),
    "Osmia bicornisDHJ03": ("", "placeholder"),
    "Osmia DHJPAR": ("", "placeholder"),
    "Osmia BOLD:AAA1234": ("", "placeholder"),
    "BOLD:AAA1234": ("", "placeholder"),
    "Malaise123": ("", "placeholder"),
    "None": ("", "no_name"),
    "uncultured insect": ("", "no_name"),
    "Osmia incertae sedis": ("", "filler"),
    "unclassified Osmia": ("", "filler"),
    "Uncertain": ("", "no_name"),
    "Indeterminate insect": ("", "no_name"),
}


@pytest.mark.parametrize("species", SPECIES)
def test_species(species: str) -> None:
    cleaned, reason = clean_lineage(Lineage.from_ranks(**MASON_BEE, species=species))
    assert (cleaned.at("species"), reason) == SPECIES[species]
    assert cleaned.names[:6] == Lineage.from_ranks(**MASON_BEE).names[:6]


DECORATED = {
    "in capitals": ("CULEX", "CULEX PIPIENS", "Culex pipiens", "letter_case"),
    "in small letters": ("culex", "culex pipiens", "Culex pipiens", "letter_case"),
    "one letter": ("Culex", "Culex piPiens", "Culex pipiens", "letter_case"),
    "the epithet in capitals": ("Culex", "Culex PIPIENS", "Culex pipiens", "letter_case"),
    "bootstrap": ("Culex(100)", "Culex pipiens(98)", "Culex pipiens", "decoration"),
    "probability": ("Culex(0.98)", "Culex pipiens:0.98", "Culex pipiens", "decoration"),
    "prefix": ("g__Culex", "s__Culex pipiens", "Culex pipiens", "decoration"),
    "no-break space": ("Culex", "Culex\u00a0pipiens", "Culex pipiens", "characters"),
    "invisible characters": ("Culex\u200b", "\ufeffCulex pipi\u00adens", "Culex pipiens", "characters"),
    "letters not composed": ("Culex", "Culex pipie\u0301ns", "Culex pipi\u00e9ns", "characters"),
    "a Cyrillic letter": ("Culex", "\u0421ulex pipiens", "Culex pipiens", "characters"),
    "the family before": ("CULICIDAE_Culex", "CULICIDAE_Culex_pipiens", "Culex pipiens", "rewritten"),
    "author and year": ("Culex Linnaeus, 1758", "Culex (Culex) pipiens Linnaeus, 1758", "Culex pipiens", "rewritten"),
    "a hybrid": ("Culex", "Culex \N{MULTIPLICATION SIGN}pipiens", "Culex x pipiens", "rewritten"),
    "a hybrid and its author": ("Culex", "Culex x pipiens Smith, 1900", "Culex x pipiens", "rewritten"),
    "a numeral": ("Culex", "7-punctata", "Culex 7-punctata", "rewritten"),
    "a numeral in capitals": ("Culex", "CULEX 7-PUNCTATA", "Culex 7-punctata", "letter_case"),
    "a numeral as it is": ("Culex", "Culex 10punctata", "Culex 10punctata", ""),
    "coidb": ("Culex", "unresolved.Culex", "", "filler"),
    "PR2": ("Culex", "Culex_X", "", "filler"),
    "undef": ("Culex", "undef_Culicidae", "", "filler"),
    "the genus and a word": ("Culex", "Culex_species", "", "open_nomenclature"),
    "the family again": ("Culex", "Culicidae", "", "filler"),
    "a genus with its year": ("Culex", "Culex Linnaeus, 1758", "", "not_a_species"),
}


@pytest.mark.parametrize("name", DECORATED)
def test_decorated_names(name: str) -> None:
    genus, species, expected, reason = DECORATED[name]
    lineage = Lineage.from_ranks(order="Diptera", family="Culicidae", genus=genus, species=species)
    cleaned, reasons = clean_lineage(lineage)
    assert (cleaned.at("genus"), cleaned.at("species")) == ("Culex", expected)
    assert reason in reasons.split(",")


@pytest.mark.parametrize("name", ["undef_Insecta", "Insecta_unclassified", "Insecta", "order_Culicidae", "Insecta_XX"])
def test_fillers_of_a_higher_rank(name: str) -> None:
    lineage = Lineage.from_ranks(**{"class": "Insecta"}, order=name, family="Culicidae", genus="Culex")
    assert clean_lineage(lineage) == (Lineage((*lineage.names[:3], "", *lineage.names[4:])), "filler")


def test_a_prefix_in_words_is_no_filler() -> None:
    lineage = Lineage.from_ranks(**{"class": "class_Insecta"}, order="order_Diptera", family="Culicidae")
    assert clean_lineage(lineage)[0].names[2:5] == ("Insecta", "Diptera", "Culicidae")


def test_numbers_of_a_taxonomy_are_cut_off_below_a_known_taxon_only() -> None:
    numbered = Lineage(("", "", "Insecta_50557", "Diptera_7147", "Culicidae_7157", "Culex_7174", "Culex pipiens_7175"))
    assert clean_lineage(numbered)[0].names[2:] == ("Insecta", "Diptera", "Culicidae", "Culex", "Culex pipiens")
    ids = Lineage(("", "", "clade_1", "clade_12", "clade_123", "clade_1234", "clade_12345"))
    assert clean_lineage(ids) == (ids, "")


@pytest.mark.parametrize(
    ("rank", "name", "expected", "reason"),
    [
        ("genus", "Aedes (Ochlerotatus)", "Aedes", "rewritten"),
        ("genus", "Culex Linnaeus, 1758", "Culex", "rewritten"),
        ("genus", "Culex N. Smith, 1900", "Culex", "rewritten"),
        ("genus", "Chironomidae Gen.", "", "open_nomenclature"),
        ("order", "Ambiguous_taxa", "", "no_name"),
        ("genus", "Brachypoda_hn", "Brachypoda", "rewritten"),
        ("genus", "Candidatus Wolbachia", "Candidatus Wolbachia", ""),
        ("genus", "Malaise123", "", "placeholder"),
        ("genus", "malaiseGEN01", "", "placeholder"),
        ("genus", "Chironomidae gen. sp.", "", "open_nomenclature"),
        ("family", "BOLD:AAA1234", "", "placeholder"),
        ("family", "Insecta_incertae_sedis", "", "no_name"),
        ("family", "Chironomidae_XX", "", "no_name"),
        ("order", "Leptocardii_order", "", "no_name"),
        ("order", "Diptera_unclassified", "", "no_name"),
        ("kingdom", "Unassigned", "", "no_name"),
        ("kingdom", "Viridiplantae", "Viridiplantae", ""),
    ],
)
def test_higher_ranks(rank: str, name: str, expected: str, reason: str) -> None:
    assert clean_lineage(Lineage.from_ranks(**{rank: name})) == (Lineage.from_ranks(**{rank: expected}), reason)


@pytest.mark.parametrize(
    "names",
    [
        {"class": "PX7", "order": "PX46", "family": "PX457", "genus": "PX9587", "species": "PX25443"},
        {"phylum": "Arthropoda", "order": "node_1", "genus": "long_name_77", "species": "8812"},
        {"genus": "PX9587", "species": "PX25443"},
        {"genus": "G1", "species": "G1 s1"},
        {"species": "PX25443"},
    ],
)
def test_anonymised_names_survive(names: dict[str, str]) -> None:
    lineage = Lineage.from_ranks(**names)
    assert clean_lineage(lineage) == (lineage, "")


def test_a_bin_is_no_taxon_in_an_anonymised_tree_either() -> None:
    lineage = Lineage.from_ranks(order="PX1", genus="PX2", species="BOLD:AAA1234")
    assert clean_lineage(lineage) == (Lineage.from_ranks(order="PX1", genus="PX2"), "placeholder")


def test_a_missing_genus_is_taken_from_the_binomial() -> None:
    culex = Lineage.from_ranks(genus="Culex", species="Culex pipiens")
    assert clean_lineage(Lineage.from_ranks(species="Culex pipiens")) == (culex, "rewritten")
    assert clean_lineage(Lineage.from_ranks(genus="unknown", species="Culex_pipiens")) == (culex, "no_name,rewritten")


def test_all_reasons_are_told() -> None:
    lineage = Lineage.from_ranks(order="unknown", genus="Osmia_x1", species="Osmia sp.")
    assert clean_lineage(lineage)[1] == "no_name,open_nomenclature,placeholder"


NAMES = st.one_of(
    st.sampled_from(
        ["", "Culex", "PX12", "sp.", "Osmia sp. 1MG", "Culex pipiens molestus", "BOLD:AAA1", "x", "_", "'"]
    ),
    st.text(max_size=12),
    st.text("aAzZ09_. :?'\N{MULTIPLICATION SIGN}", max_size=12),
)


@given(st.lists(NAMES, min_size=7, max_size=7))
def test_cleaning_twice_is_cleaning_once(names: list[str]) -> None:
    cleaned, reason = clean_lineage(Lineage(tuple(names)))
    assert clean_lineage(cleaned) == (cleaned, "")
    assert (cleaned == Lineage(tuple(names))) == (reason == "")
    assert set(reason.split(",")) <= {"", *REASONS}
    assert len(cleaned.names) == len(RANKS)


@pytest.mark.parametrize(
    ("species", "expected"),
    [
        ("Culex pipiens, 1758", "Culex pipiens"),
        ("Culex pipiens,", "Culex pipiens"),
        ("C. pipiens", "Culex pipiens"),
        ("Cx. pipiens", "Culex pipiens"),
        ("Culex.pipiens", "Culex pipiens"),
        ("Culex-pipiens", "Culex pipiens"),
        ("Culex%20pipiens", "Culex pipiens"),
        ("Culex pipiens BOLD:AAA1234", "Culex pipiens"),
        ("Culex sp. BOLD:AAA1234", "Culex sp. BOLD:AAA1234"),
        ("Culex pipiens/torrentium", ""),
        ("Culex pipiens / Culex torrentium", ""),
        ("Culex pipiens or torrentium", ""),
        ("Culex pipiens cmplx", ""),
    ],
)
def test_ways_to_write_a_species_beside_its_genus(species: str, expected: str) -> None:
    cleaned, _ = clean_names(Lineage.from_ranks(genus="Culex", species=species), "keep")
    assert cleaned.at("species") == expected


@pytest.mark.parametrize(
    ("genus", "species", "expected"),
    [
        ("Aedes", "Ae. aegypti", "Aedes aegypti"),
        ("Anopheles", "An. gambiae", "Anopheles gambiae"),
        ("Culiseta", "Cs. annulata", "Culiseta annulata"),
        ("Aglais", "A. io", "Aglais io"),
        ("Aedes", "An. gambiae", ""),
        ("Anopheles", "Ae. aegypti", ""),
        ("Culex", "Cs. annulata", ""),
        ("Culex", "C. p. molestus", ""),
        ("Culex", "Culex p.", ""),
        ("", "Culex.pipiens", "Culex pipiens"),
        ("", "Sample.alpha", ""),
        ("", "undet.diptera", ""),
        ("", "Diptera.larva", ""),
        ("", "Site.north", ""),
    ],
)
def test_short_names_and_names_of_one_word(genus: str, species: str, expected: str) -> None:
    cleaned, _ = clean_names(Lineage.from_ranks(genus=genus, species=species))
    assert cleaned.at("species") == expected


def test_numbers_of_a_taxonomy_at_a_genus_and_its_species() -> None:
    lineage = Lineage.from_ranks(family="Culicidae", genus="Culex_6004", species="Culex_pipiens_6005")
    assert clean_names(lineage)[0].names[4:] == ("Culicidae", "Culex", "Culex pipiens")


def test_a_filler_with_of() -> None:
    lineage = Lineage.from_ranks(family="Culicidae", genus="g_of_Culicidae")
    assert clean_names(lineage)[0].names[4:] == ("Culicidae", "", "")


def test_a_phylum_in_the_column_of_kingdoms_too() -> None:
    lineage = Lineage(("Arthropoda", "Arthropoda", "Insecta", "Diptera", "Culicidae", "Culex", "Culex pipiens"))
    assert clean_names(lineage)[0].names == ("", *lineage.names[1:])
    bacteria = Lineage(("Bacteria", "Pseudomonadota", "", "", "", "", ""))
    assert clean_names(bacteria)[0] == bacteria


@pytest.mark.parametrize(("rank", "kept"), [("phylum", False), ("class", True), ("order", True), ("family", True)])
def test_below_an_id_from_the_class_down_names_are_ids_too(rank: str, kept: bool) -> None:
    """An anonymised tree hides its classes, but not its phyla."""
    cleaned, _ = clean_names(Lineage.from_ranks(**{rank: "PX12", "genus": "Culex12"}))
    assert cleaned.at("genus") == ("Culex12" if kept else "")


@pytest.mark.parametrize(("phylum", "written"), [("SAR", "SAR"), ("CHORDATA", "Chordata")])
def test_an_abbreviation_keeps_its_capitals(phylum: str, written: str) -> None:
    assert clean_names(Lineage.from_ranks(phylum=phylum))[0].at("phylum") == written
