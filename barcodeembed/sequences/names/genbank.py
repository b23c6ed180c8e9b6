"""Find the organism that a GenBank definition line names, if any."""

from __future__ import annotations

import re
from html import unescape

from barcodeembed.sequences.names.known_names import is_above_genus, is_common_name, known_ranks
from barcodeembed.sequences.names.spelling import BIN, capitalised, may_be_latin

ARCHIVE = r"(?:gi\|\d+\|)?(?i:gb|emb|dbj|ref|tpg|ena)\|"
"""Pattern of what stands before an accession: ``gi|12|gb|KX123456.1|``, ``ENA|KX123456|``."""

_TAGS = re.compile(
    r"(?:(?:UNVERIFIED(?:_\w+)?|PREDICTED|TPA(?:_\w+)?|MAG|TSA|WGS|LOW QUALITY PROTEIN|PROVISIONAL|VALIDATED):\s*)+"
)
DOUBTED_GENUS = re.compile(r"[\['\"\u2018\u201c]([A-Z][a-z]+)[\]'\"\u2019\u201d](?=\s+[a-z])")
"""A genus that is in doubt: ``[Osmia] bicornis``, ``'Osmia' bicornis``."""

_ANY_CASE = re.compile(r"([^\W\d_]{3,})\s+((?i:sp|spp|cf|aff|nr)(?=[\s.])\.?|[^\W\d_]{3,}(?:-[^\W\d_]+)*)(?=[\s,;:]|$)")
_GENUS_EPITHET = re.compile(r"([A-Z][a-z]+)\s+([a-z][a-z.-]+)(?=[\s,;:]|$)(?:\s+(\S+))?")
_SUBGENUS = re.compile(r"(?<=[a-z]) \((?:[A-Z][a-z]+|s\. ?(?:str|lat|s|l)\.)\)(?= [a-z])")
# [organism=Culex pipiens], as NCBI's submission portal and its data sets write it.
_MODIFIER = re.compile(r"\[organism=([^\]]+)\]", re.IGNORECASE)
# A symbiont or parasite of an organism is another organism.
_OF_A_HOST = re.compile(r"([A-Z][a-z]+)(?: sp\.?)? (?:endo|proto)?(?:symbiont|parasite) of\b.*")
_HYBRID = re.compile(r"[A-Z][a-z]+ (?:[a-z-]+ )?(?:x |\N{MULTIPLICATION SIGN} ?)(?:[A-Z](?:[a-z]+|\.) )?[a-z][a-z-]+")
_OPEN = re.compile(r"sp\.?|cf\.?|aff\.?|nr\.?")
# Words that may follow the name of an organism and are not part of it.
_AFTER_WORDS = """
voucher isolate strain clone haplotype specimen cytochrome mitochondrial mitochondrion mitochondria gene partial
complete coi cox1 co1 sequence genome cds
"""
_AFTER = frozenset(_AFTER_WORDS.split())
# Words after a binomial that make it a name of several species.
_SEVERAL_WORDS = """
complex group subgroup gp. agg. aggregate species-complex species-group or vs vs. gr. grp. subgr. cplx cplx. cpx. agg
nr nr. cf cf. aff aff.
"""
_SEVERAL_SPECIES = frozenset(_SEVERAL_WORDS.split())
# Words after a binomial that say that something else was sequenced, or not this species alone.
_OF_ANOTHER_WORDS = """
and & / + parasite parasitoid symbiont endosymbiont endosymbionts pathogen host prey gut stomach faeces feces diet scat
bloodmeal microbiome metagenome contaminant contamination like control mock blank mix mixed pool pooled hybrid
"""
_OF_ANOTHER = frozenset(_OF_ANOTHER_WORDS.split())
_NO_GENUS_WORDS = """
Synthetic Consensus Sample Cytochrome Uncultured Unidentified Unknown Unclassified Mixed Contig Voucher Specimen
Environmental Mitochondrial Mitochondrion Isolate Clone Partial Complete Sequence Scaffold Cluster Barcode Read
Reads Amplicon Primer Cloning Vector Expression Artificial Metagenome Mock Control Blank Negative Positive Marine
Freshwater Soil Insect Arthropod Invertebrate Animal Fungal Bacterial Eukaryotic Eukaryote Organism Putative
Predicted Hypothetical Similar Homo_like Collected Extracted Genomic Nuclear Chloroplast Ribosomal Internal Large
Small Low High New Old Unnamed Undescribed Undetermined Type Holotype Paratype Field Lab Assembly Reverse Forward
Merged Trimmed Filtered Corrected Representative Centroid Denoised Unassigned Sanger Nanopore Illumina Species Genus
Family Order Class Phylum Kingdom Subunit Protein Gene Genome Complementary Copy Best Top Hit Match Query Reference
Standard Test Example Individual Larva Larval Adult Female Male Juvenile Egg Pooled Bulk Malaise Trap Plant Museum
Collection Locality Country Site Station Plot Run Plate Well
Blue Red Green Black White Yellow Brown Grey Gray Great Common River Lake Sea Bay Coast Island Forest Meadow Garden City
Harbour Harbor Water Sediment Gut Stomach Faecal Fecal Leg Wing Body Tissue Muscle Blood Whole North South East West
Date Year Name Label Barcoded Sequenced From The This No Not Non Too Very Only Failed Bad Poor
Costa Nova Santa Santo Saint Sankt Sierra Serra Monte Mount Terra Puerto Porto Port Vila Isla Ilha Cape Cabo Fort
Lago Punta Ponta Playa Praia Alta Baja Campo Casa Ciudad Valle Pico Palma Gran Buenos Addis Kuala Hong Sri Papua Burkina
Bosnia Rhine Rhone Danube Elbe Amazon Nile Volga Maria Anna Laura Elena Marta Sara Marco Peter Thomas Leaf Tube Pool
Alpha Beta Gamma Omega Bottle Vial Box Tray Batch Extract Extraction Private Unpublished Public Published
"""
_PLACES_WORDS = """
Europe Africa Asia America Australia Austria Belgium Brazil Bulgaria Canada Chile China Colombia Croatia Cuba Cyprus
Czechia Denmark Ecuador Egypt Estonia Ethiopia Finland France Germany Ghana Greece Greenland Guatemala Hungary Iceland
India Indonesia Iran Iraq Ireland Israel Italy Japan Kenya Latvia Lithuania Madagascar Malaysia Mexico Mongolia Morocco
Nepal Netherlands Nicaragua Nigeria Norway Pakistan Panama Peru Philippines Poland Portugal Romania Russia Serbia
Singapore Slovakia Slovenia Spain Sweden Switzerland Taiwan Tanzania Thailand Tunisia Turkey Uganda Ukraine Venezuela
Vietnam Zambia Ontario Quebec Alberta Manitoba Helsinki Guelph Berlin London Paris Madrid Oslo Stockholm
"""
PLACES = frozenset(_PLACES_WORDS.split())
"""Continents, countries and towns that stand beside names."""

NO_GENUS = frozenset(_NO_GENUS_WORDS.split()) | PLACES
"""Words with a capital that are no genus."""

_NO_EPITHET_WORDS = """
sequence sequences from oxidase construct culture cultures specimen specimens environmental of sample samples clone
gene genes isolate voucher strain mitochondrial mitochondrion genome genomic partial complete for with without and
or in on at by to the is was are not no consensus contig read reads subunit cytochrome protein barcode barcodes
amplicon vector bacterium fungus eukaryote metagenome unknown unclassified
unidentified uncultured cluster number group type library primer product control mock community collected via using
between near like similar individual larva adult female male juvenile egg pool assembly scaffold chromosome plasmid
region fragment marker locus haplotype variant copy species genus family order class phylum after before segment
part trap plant museum forest river lake site plate well
harbour harbor bay sea beach coast island valley mountain meadow garden city university county province area station
water sediment soil sand mud ethanol leg legs wing wings tissue gut stomach faeces feces blood quality length
trimmed filtered collected identified sequenced amplified
"""
_NO_EPITHET = frozenset(_NO_EPITHET_WORDS.split())


def organism(description: str) -> str:
    """Return the organism of a definition line, ``""`` if it names none.

    ``UNVERIFIED: Culex pipiens isolate X cytochrome oxidase ...`` gives ``Culex pipiens``. An interim name keeps its
    label (``Culex sp. BOLD:AAA1234``). Two words that only look like a binomial, as in ``Consensus sequence of 120
    reads``, are no name.
    """
    description = unescape(description)  # &amp; of web pages
    if modifier := _MODIFIER.search(description):
        description = modifier[1]
    text = DOUBTED_GENUS.sub(r"\1", _SUBGENUS.sub("", description.strip()), count=1)
    if tag := _TAGS.match(text):
        text = text[tag.end() :]
    if hybrid := _HYBRID.match(text):
        return hybrid[0]
    if lodger := _OF_A_HOST.match(text):
        return f"{lodger[1]} sp."
    match = _GENUS_EPITHET.match(text)
    if match is None or not is_binomial(text):
        return ""
    name, label = f"{match[1]} {match[2]}", (match[3] or "").rstrip(",;")
    if label.casefold().strip("()") in _OF_ANOTHER or match[2].endswith("-like"):
        return ""
    if label.casefold() in _SEVERAL_SPECIES:
        return f"{name} {label}"
    if _OPEN.fullmatch(match[2]):
        words = text.split()
        if label and (BIN.fullmatch(label) or label.casefold() not in _AFTER):
            return " ".join([name, label, *_label_after(label, words[3:4])])
    return name


def cased(text: str) -> str:
    """Return a text that begins with a binomial in capitals, in lower case or with two capitals (``CULEX PIPIENS``)
    with the capitals of a binomial; any other text as it is. Genus and epithet must be as Latin words are."""
    match = _ANY_CASE.match(text)
    if match is None or match[1] == "Candidatus" or known_ranks(match[2]):
        return text
    titles, behind = match[1].istitle() and match[2].istitle(), text[match.end() :].strip(" ,;:").split()[:1]
    # Anopheles Cellia gambiae: a subgenus
    subgenus = titles and behind and behind[0].islower() and behind[0] not in _AFTER
    if subgenus or (match[1].istitle() and match[2].islower()):
        return text
    genus, epithet = capitalised(match[1]), match[2].lower()
    latin = may_be_latin(genus) and (may_be_latin(epithet) or _OPEN.fullmatch(epithet))
    written = f"{genus} {epithet}{text[match.end() :]}"
    return written if latin and is_binomial(written) else text


def is_binomial(text: str) -> bool:
    """Return whether a text begins with a genus and an epithet, and not with two words of prose."""
    match = _GENUS_EPITHET.match(text)
    if match is None or match[1] in NO_GENUS or match[2] in _NO_EPITHET or is_above_genus(match[1]):
        return False
    if is_common_name([match[1], match[2], *filter(None, [match[3]])]):
        return False
    after = (match[3] or "").strip(",;.")
    # An epithet that is no Latin word may come from a person or a place; prose goes on behind it.
    return not after.islower() or after in _AFTER or _OPEN.fullmatch(match[2]) is not None or may_be_latin(match[2])


def _label_after(label: str, more: list[str]) -> list[str]:
    """Return the label after an epithet, as in ``aff. pipiens A``."""
    return more if label.islower() and more and len(more[0]) == 1 else []
