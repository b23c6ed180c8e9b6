"""Names of species as people type them, with the genus beside them: what they become, or that they are no name."""

import pytest

from barcodeembed.sequences.names.cleaning import clean_lineage, clean_names
from barcodeembed.sequences.names.spelling import tidy
from barcodeembed.taxonomy import Lineage

BEE = "Apis mellifera"
NAMES = {
    # What spreadsheets and web pages leave in a cell
    "<i>Apis mellifera</i>": BEE,
    "<em>Apis</em> <em>mellifera</em>": BEE,
    "Apis&nbsp;mellifera": BEE,
    "Apis mellifera _x000D_": BEE,
    "Apis\u00c2\u00a0mellifera": BEE,
    "Apis mellifera\u2020": BEE,
    "Apis mellifera [1]": BEE,
    "#REF!": "",
    "#VALUE!": "",
    "-9999": "",
    "0": "",
    # What stands where a name is missing
    "n.d.": "",
    "nd": "",
    "n/d": "",
    "TBD": "",
    "pending": "",
    "to be identified": "",
    "not determined": "",
    "no ID": "",
    "unbestimmt": "",
    "inconnu": "",
    "X" * 3: "",
    "Apis TBD": "",
    "Apis unbestimmt": "",
    "k.A.": "",
    "keine": "",
    "nicht bestimmt": "",
    "ind\xe9termin\xe9": "",
    "sin identificar": "",
    "n\xe3o identificado": "",
    "geen": "",
    "todo": "",
    "No Match": "",
    "NoMatch": "",
    "no-match": "",
    "No_hit": "",
    "FALSE": "",
    # A genus and an epithet that a program has pasted together, one of them missing
    "NA NA": "",
    "nan nan": "",
    "None None": "",
    "NA mellifera": "",
    "Apis NA": "",
    "Apis_NA": "",
    "Apis None": "",
    "Apis null": "",
    # Higher names before the species, and signs that are left of a header
    "Hymenoptera: Apis mellifera": BEE,
    "Insecta; Hymenoptera; Apis mellifera": BEE,
    "Hymenoptera_Apidae_Apis_mellifera": BEE,
    "Hymenoptera: Apidae": "",
    ":Apis mellifera": BEE,
    "=Apis mellifera": BEE,
    "- Apis mellifera": BEE,
    # Several species
    "Apis mellifera subgroup": "",
    "Apis mellifera sub-group": "",
    "Apis mellifera gp.": "",
    "Apis mellifera-supercomplex": "",
    "Apis mellifera|Apis cerana": "",
    "Apis ind.": "",
    # Synonyms: the first name is the valid one
    "Apis mellifera (= Apis mellifica)": BEE,
    "Apis mellifera [=mellifica]": BEE,
    "Apis mellifera = Apis mellifica L.": BEE,
    "Apis mellifera, syn. Apis mellifica": BEE,
    "Apis mellifera (syn.: mellifica)": BEE,
    "Apis (= Bombus) mellifera": BEE,
    "Apis [Megapis] mellifera": BEE,
    # Words of open nomenclature in one, and in other languages
    "Apis c.f. mellifera": "",
    "Apis cf.mellifera": "",
    "Apis aff.mellifera": "",
    "Apis mellifera-Gruppe": "",
    "Apis mellifera Artengruppe": "",
    "Apis mellifera-Komplex": "",
    "Apis mellifera complexe": "",
    "Apis mellifera of cerana": "",
    # Genus and epithet in one word, signs, accents
    "A.mellifera": BEE,
    "ApisMellifera": BEE,
    "*Apis mellifera*": BEE,
    "\u2020Apis mellifera": BEE,
    "\xc1pis mellifera": BEE,
    "Apinae": "",
    # What was collected instead of what it is
    "Apis Larve": "",
    "Puppe": "",
    "Apis \u2640": "",
    "Apis det.": "",
    "Apis unident.": "",
    "Apis larvae": "",
    "Apis juv.": "",
    "Apis female": "",
    "Apis damaged": "",
    "Apis leg": "",
    "Apis mellifera larva": BEE,
    "Apis mellifera \u2640": BEE,
    "Apis mellifera (female)": BEE,
    # Units that have a label and no name, which are not one species
    "Apis morphospecies 1": "Apis sp. morphospecies 1",
    "Apis morphotype A": "Apis sp. morphotype A",
    "Apis morph B": "Apis sp. morph B",
    "Apis msp. 3": "Apis sp. msp. 3",
    "Apis clade A": "Apis sp. clade A",
    "Apis lineage 2": "Apis sp. lineage 2",
    "Apis haplotype 3": "Apis sp. haplotype 3",
    "Apis taxon 1": "Apis sp. taxon 1",
    "Apis type A": "Apis sp. type A",
    "Apis MOTU 3": "Apis sp. MOTU 3",
    "Apis cluster 12": "Apis sp. cluster 12",
    "Apis A": "Apis sp. A",
    "Apis a": "Apis sp. a",
    "species 1": "Apis sp. 1",
    "Apis sp.nov. 1": "Apis sp.nov. 1",
    "Apis sp.nov.": "",
    "Apis n.sp.": "",
    "Apis morphospecies": "",
    "Apis sensu lato": "",
    "Apis auct.": "",
    # One of several species, or perhaps not this one
    "Apis mellifera + Apis cerana": "",
    "Apis mellifera, Apis cerana": "",
    "Apis mellifera & A. cerana": "",
    "Apis mellifera &amp; Apis cerana": "",
    "Apis mellifera;Apis cerana": "",
    "Apis mellifera and cerana": "",
    "Apis mellifera vel cerana": "",
    "Apis mellifera oder cerana": "",
    "Apis mellifera-complex": "",
    "Apis probably mellifera": "",
    "likely Apis mellifera": "",
    "not Apis mellifera": "",
    "Apis (cf.) mellifera": "",
    "Apis mellifera TBC": "",
    "Apis mellifera (to be confirmed)": "",
    "Apis mellifera not confirmed": "",
    "Apis mellifera (confirmed)": "Apis mellifera",
    "Apis mellifera hybrid": "",
    # Authors are not second species
    "Apis mellifera Smith & Jones, 1901": BEE,
    "Apis mellifera Denis et Schifferm\u00fcller": BEE,
    "Apis mellifera, Linnaeus 1758": BEE,
    "Apis mellifera (Smith and Jones)": BEE,
    "APIS MELLIFERA LINNAEUS, 1758": BEE,
    # The genus twice, as where two columns were joined
    "Apis Apis mellifera": BEE,
    "Apis_Apis_mellifera": BEE,
    "Apis apis mellifera": "Apis apis",
    "APIS APIS MELLIFERA": "Apis apis",
    # Other orders of the words, and names that are not Latin
    "mellifera, Apis": BEE,
    "Apis, mellifera": BEE,
    "honey bee (Apis mellifera)": "",
    "Apis (honey bee)": "",
    "Apis mellifera (honey bee)": BEE,
    "Apis mellifera, cerana": "",
    "mellifera, cerana": "",
    "Apis mellifera, worker": BEE,
    "Apis mellifera, holotype": BEE,
    "Apis mellifera [misidentified]": "",
    "Apis mellifera (contamination)": "",
    "Apis conf. mellifera": "",
    # What stands beside a name or in its place
    "Apis mellifera.": BEE,
    "Apis mellifera-A": BEE,
    "A mellifera": BEE,
    "Ap mellifera": BEE,
    "Ae mellifera": "",
    "Apis mellifera strain X": BEE,
    "Apis mellifera X cerana": "Apis mellifera x cerana",
    "Apis novel": "",
    "Apis nomen nudum": "",
    "Apis voucher ABC123": "Apis sp. voucher ABC123",
    "Apis strain 3": "Apis sp. strain 3",
    "n.a.": "",
    "\\N": "",
    "mixed": "",
    "not applicable": "",
    # Common names are no epithets, and none of a genus either
    "Bee": "",
    "bee": "",
    "BEES": "",
    "Honeybee": "",
    "Honey bee": "",
    "Western honey bee": "",
    "European Honey Bee": "",
    "Apis Bee": "",
    "Apis honey bee": "",
    "Carpenter ant": "",
    "water mite": "",
    "Large white": "",
    "Red Admiral": "",
    "Mayfly": "",
    "Apis mellifera honey bee": BEE,
    "mellifera bee": BEE,
    "Apis bee Fish, 1901": "",
    "Apis mellifera Fish, 1901": BEE,
    # A subspecies behind its author is no second species
    "Apis mellifera, Linnaeus ligustica": BEE,
    "Apis mellifera, L. ligustica": BEE,
    "Apis mellifera, Linn. ligustica": BEE,
    "Apis mellifera, Fabr. carnica Pollmann, 1879": BEE,
    "Apis mellifera, Bombus terrestris": "",
    "Apis mellifera, B. terrestris": "",
    "Apis mellifera, A. cerana": "",
    "Apis mellifera & L. niger": "",
    "Apis mellifera Linnaeus, 1758; Apis cerana Fabricius, 1793": "",
    "Apis mellifera Linnaeus, Apis cerana Fabricius": "",
    "Apis mellifera, france": BEE,
    "Aed. mellifera": "",
    "Apis io Fish, 1901": "Apis io",
    "behemoth": "Apis behemoth",
    # Notations of hybrids, kleptons, subgenera and forms
    "Apis mellifera \xd7 A. cerana": "Apis mellifera x Apis cerana",
    "Apis kl. mellifera": BEE,
    "Apis (Ap.) mellifera": BEE,
    "Apis c album": "Apis c-album",
    "Apis mellifera#1": BEE,
    "a. mellifera": BEE,
    "g__Apis;s__mellifera": BEE,
    "k__Animalia|g__Apis|s__Apis_mellifera": BEE,
}
SHORT = ("Ia io", "Io fluvialis", "Zu cristatus", "Aa mathewsii", "Ba humbugi", "La cucaracha")


@pytest.mark.parametrize("species", [*SHORT, "Gelae fish", "Culex mosquito", "Stone alba", "Apis mammoth"])
def test_a_name_that_looks_like_another_is_kept(species: str) -> None:
    named = Lineage.from_ranks(genus=species.split()[0], species=species)
    assert clean_names(named) == (named, ())


@pytest.mark.parametrize(("genus", "species"), [("Ianthe", "Ia io"), ("Lacon", "La cucaracha")])
def test_a_genus_of_two_letters_is_not_short_for_another(genus: str, species: str) -> None:
    assert clean_names(Lineage.from_ranks(genus=genus, species=species))[0].at("species") == species


@pytest.mark.parametrize("name", NAMES)
def test_a_name_as_it_is_typed(name: str) -> None:
    cleaned, changes = clean_names(Lineage.from_ranks(family="Apidae", genus="Apis", species=name), "keep")
    assert (cleaned.at("genus"), cleaned.at("species")) == ("Apis", NAMES[name])
    assert changes


def test_a_sign_between_two_words_is_no_entity() -> None:
    assert tidy("A&notA") == "A&notA"
    assert tidy("A&amp;A") == "A&A"


def test_tags_stand_around_a_genus_too() -> None:
    cleaned, _ = clean_names(Lineage.from_ranks(genus="<i>Apis</i>", species="<i>Apis mellifera</i>"))
    assert (cleaned.at("genus"), cleaned.at("species")) == ("Apis", BEE)


@pytest.mark.parametrize("name", ["A.mellifera", "Ap.mellifera", "ApisMellifera"])
def test_a_name_in_one_word_without_its_genus_is_left(name: str) -> None:
    named = Lineage.from_ranks(species=name)
    assert clean_names(named) == (named, ())


@pytest.mark.parametrize(("genus", "epithet"), [("Apis", "Alba"), ("Thera", "Three"), ("Apis", "Apis-alba")])
def test_an_epithet_with_a_capital_is_not_cut(genus: str, epithet: str) -> None:
    cleaned, _ = clean_names(Lineage.from_ranks(genus=genus, species=epithet))
    assert cleaned.at("species") == f"{genus} {epithet.lower().removeprefix('apis-')}"


@pytest.mark.parametrize("name", ["NA NA", "nan nan", "None None", "NA mellifera", "Apis NA", "Apis_None"])
def test_a_missing_word_makes_no_genus_and_no_species(name: str) -> None:
    cleaned, _ = clean_names(Lineage.from_ranks(family="Apidae", species=name), "keep")
    assert cleaned == Lineage.from_ranks(family="Apidae")


@pytest.mark.parametrize("name", ["No Match", "NoMatch", "no-match", "NO_MATCH", "FALSE"])
def test_no_match_is_no_phylum(name: str) -> None:
    ranks = dict.fromkeys(("phylum", "class", "order", "family", "genus", "species"), name)
    assert clean_names(Lineage.from_ranks(**ranks), "keep")[0] == Lineage()


@pytest.mark.parametrize(
    "name",
    [
        "MK123456 Culex pipiens",
        "MK123456.1_Culex_pipiens",
        "NC_012345.1 Culex pipiens mitochondrion",
        "gb|MK123456.1| Culex pipiens",
        "ABCDE001-10|Culex pipiens",
    ],
)
def test_an_id_before_the_name(name: str) -> None:
    cleaned, _ = clean_names(Lineage.from_ranks(species=name), "keep")
    assert cleaned == Lineage.from_ranks(genus="Culex", species="Culex pipiens")


@pytest.mark.parametrize(("genus", "species"), [("Osmia", "Osmia"), ("Osmia", "OSMIA"), ("Thrips", "THRIPS")])
def test_a_genus_in_the_place_of_a_species_is_none(genus: str, species: str) -> None:
    lineage, reason = clean_lineage(Lineage.from_ranks(genus=genus, species=species))
    assert (lineage.at("genus"), lineage.at("species"), reason) == (genus, "", "not_a_species")


@pytest.mark.parametrize(
    ("species", "named"),
    {
        "Culex sp.": {"genus": "Culex"},
        "CULEX SPP.": {"genus": "Culex"},
        "Culex_sp": {"genus": "Culex"},
        "Culex cf. pipiens": {"genus": "Culex"},
        "Culex pipiens complex": {"genus": "Culex"},
        "Culex (Culex) sp.": {"genus": "Culex"},
        "Culex sp. 3": {"genus": "Culex", "species": "Culex sp. 3"},
        "Culex BOLD:AAA1234": {"genus": "Culex", "species": "Culex sp. BOLD:AAA1234"},
        "Culex_sp_BOLD_AAA1234": {"genus": "Culex", "species": "Culex sp. BOLD:AAA1234"},
        "Culicidae sp.": {"family": "Culicidae"},
        "Diptera gen. sp.": {"order": "Diptera"},
        "Candidatus Wolbachia pipientis": {
            "genus": "Candidatus Wolbachia",
            "species": "Candidatus Wolbachia pipientis",
        },
        "cf. Culex pipiens": {},
        "Sample sp.": {},
        "pipiens": {},  # of any genus
    }.items(),
)
def test_what_a_column_of_species_says_where_it_is_the_only_one(species: str, named: dict[str, str]) -> None:
    cleaned, _ = clean_names(Lineage.from_ranks(species=species), "keep")
    assert cleaned == Lineage.from_ranks(**named)
    assert clean_names(cleaned, "keep")[0] == cleaned
