"""Read headers of BOLD's FASTA files, and tell which of their markers is the barcode."""

from __future__ import annotations

import re

from barcodeembed.sequences.names.genbank import NO_GENUS, cased, is_binomial
from barcodeembed.sequences.names.known_names import KINGDOMS, PHYLA, known_ranks
from barcodeembed.sequences.names.ranks.positions import by_position
from barcodeembed.sequences.names.ranks.ranked import NO_NAME, lineage_of_ranks
from barcodeembed.sequences.names.spelling import tidy
from barcodeembed.taxonomy import RANKS, Lineage

MARKER = "COI-5P"
"""BOLD's name of the barcode, the marker that is kept unless others are asked for."""

_OTHER_NAMES = frozenset({"coi-5p", "coi5p", "coi_5p", "coi 5p", "coi", "co1", "coxi", "cox1", "cox-1"})
_PROCESS_ID = re.compile(r"[A-Z0-9_]{2,}-\d{2}(?:\.[\w-]+)?")
# Names of BOLD's common markers. Those of nuclear genes are many: where a header has none of these, a short code in
# capitals is taken for one (CAD4, RAG1, EF1-ALPHA), but no number of a sample (BIOUG01234-A01).
_MARKER = re.compile(
    r"COI-[53]P|COI[-_ ]?\w*|CO[I1]+\w*|COX[I\d]+\w*|CYTB\w*|ITS\d?\w*|rbcL\w*|matK\w*|[125]\d?\.?\d?S[-\w]*|ND\d\w*"
    r"|trn\w[-\w]*|psb\w[-\w]*|EF1[-\w]*|atp\w[-\w]*|wnt1|wg|D-?loop|H[34](?:-\w+)?",
    re.IGNORECASE,
)
_BARCODE = re.compile(
    r"(?:COI|CO1|COX[-_ ]?(?:1|I(?!I)))(?![-_ ]*(?:3P|PSEUDO|NUMT|LIKE|I|2|3))|COI?[-_]?5P", re.IGNORECASE
)
_WELL = re.compile(r"[A-H]\d{1,2}", re.IGNORECASE)  # of a plate, where H3 is no histone
# Two letters are those of a country, and so are three of these.
_MARKER_CODE = re.compile(r"(?!BOLD|(?:NAN|NONE|NULL)$)(?:[A-Z]{3,8}|[A-Z]{2}(?=[\d-]))\d{0,2}(?:-[A-Z\d]{1,5}){0,2}")
_COUNTRY_WORDS = """
ABW AFG AGO AIA ALB AND ARE ARG ARM ASM ATA ATF ATG AUS AUT AZE BDI BEL BEN BES BFA BGD BGR BHR BHS BIH BLM BLR BLZ BMU
BOL BRA BRB BRN BTN BVT BWA CAF CAN CCK CHE CHL CHN CIV CMR COD COG COK COL COM CPV CRI CUB CUW CXR CYM CYP CZE DEU DJI
DMA DNK DOM DRC DZA ECU EGY ERI ESH ESP EST ETH FIN FJI FLK FRA FRO FSM GAB GBR GEO GGY GHA GIB GIN GLP GMB GNB GNQ GRC
GRD GRL GTM GUF GUM GUY HKG HMD HND HRV HTI HUN IDN IMN IND IOT IRL IRN IRQ ISL ISR ITA JAM JEY JOR JPN KAZ KEN KGZ KHM
KIR KNA KOR KWT LAO LBN LBR LBY LCA LIE LKA LSO LTU LUX LVA MAC MAF MAR MCO MDA MDG MDV MEX MHL MKD MLI MLT MMR MNE MNG
MNP MOZ MRT MSR MTQ MUS MWI MYS MYT NAM NCL NER NFK NGA NIC NIU NLD NOR NPL NRU NZL OMN PAK PAN PCN PHL PLW PNG POL PRI
PRK PRT PRY PSE PYF QAT REU ROU RUS RWA SAU SDN SEN SGP SGS SHN SJM SLB SLE SLV SMR SOM SPM SRB SSD STP SUR SVK SVN SWE
SWZ SXM SYC SYR TCA TCD TGO THA TJK TKL TKM TLS TON TTO TUN TUR TUV TWN TZA UAE UGA UKR UMI URY USA UZB VAT VCT VEN VGB
VIR VNM VUT WLF WSM YEM ZAF ZMB ZWE
"""
_COUNTRIES = frozenset(_COUNTRY_WORDS.split())
_CODE = re.compile(r"[A-Za-z]*[A-Z\d][\w. -]*")
# Culicidae_unclassified is mothur's way to say that there is no name below.
_LOWER = r"[^\W\d_A-Z\xc0-\xd6\xd8-\xde]"
_GENUS = rf"[A-Z\xc0-\xd6\xd8-\xde]{_LOWER}+(?:-{_LOWER}+)*"
_BINOMIAL = re.compile(rf"({_GENUS})[ _](?:\({_GENUS}\)[ _])?(?!unclassified$)(?:\xd7 ?)?{_LOWER}.*")
# Words of countries, states and stages of life that two words in one case may be: SAUDI ARABIA, adult female.
_PLACE_AND_STAGE_WORDS = """
saudi arabia costa rica sri lanka sierra leone burkina faso papua guinea puerto rico el salvador san marino cape verde
cabo verde ivory coast new zealand caledonia jersey mexico york hampshire north south east west northern southern
eastern western central upper lower carolina dakota virginia korea africa sudan macedonia america united states
kingdom emirates equatorial dominican republic czech trinidad tobago antigua barbuda bosnia herzegovina guinea bissau
french guiana polynesia hong kong nova scotia british columbia rhode island islands solomon marshall santa santo saint
terra sonora arizona florida texas california nevada montana alabama alaska indiana louisiana georgia oklahoma bavaria
bahia minas gerais mato grosso rio grande baja catalonia andalusia guanacaste limon alberta manitoba ontario
queensland victoria tasmania territory province county larva larvae pupa pupae imago imagines nymph nymphs nympha
nymphae egg eggs adult adults juvenile juveniles female females male males worker workers queen drone soldier data
"""
_PLACES_AND_STAGES = frozenset(_PLACE_AND_STAGE_WORDS.split())


def is_barcode(marker: str) -> bool:
    """Return whether a marker in a table or header is the barcode under another name (``COI``)."""
    return marker.strip().casefold() in _OTHER_NAMES


def common_marker(text: str) -> str:
    """Return the marker that a text in a table of one's own names: the barcode for ``COI_Leray``, other common ones as
    they are (``16S``, ``cytb``), and ``""`` for what is none of them (``locus 12``)."""
    return MARKER if _BARCODE.match(text) else text if _MARKER.fullmatch(text) else ""


def parse_bold(header: str) -> tuple[str, Lineage] | None:
    """Return the id and the lineage in a header of BOLD; None if the header is not BOLD's.

    ``processid|species|marker|accession``, perhaps with other fields (a sample, a BIN), or
    ``processid|marker|country|kingdom,phylum,...,subspecies``.
    """
    found = _fields(header)
    if found is None:
        return None
    fields, marker_at = found
    if marker_at > 1:
        named = (name for field in fields[1:marker_at] if (name := _identification(field)))
        return fields[0], next(named, Lineage())
    names = ["" if name.strip().lower() in NO_NAME else name.strip() for name in fields[3].split(",")]
    if len(names) in (8, 9, 10) and names[0] not in PHYLA - KINGDOMS:  # with both, one or none of subfamily and tribe
        return fields[0], Lineage((*names[:5], *names[-3:-1]))
    return fields[0], lineage_of_ranks(by_position(names) or {})


def parse_short(header: str) -> tuple[str, Lineage] | None:
    """Return the id and the lineage of ``processid|identification``, which CRABS makes of BOLD's headers; other fields
    may follow. None for any other header: one with more names, or with a single word of unknown rank, which could be a
    place."""
    id, name, *others = (tidy(part) for part in f"{header.strip()}|".split("|"))
    species = is_binomial(name.replace("_", " "))
    if any(known_ranks(other) or (not species and is_binomial(other.replace("_", " "))) for other in others):
        return None
    sure = species or known_ranks(name)
    lineage = _identification(name) if sure and is_process_id(id) else Lineage()
    return (id, lineage) if lineage else None


def marker_of(header: str) -> str:
    """Return the marker that a header of BOLD names, also where another field (a sample) stands before the process id;
    ``""`` for any other header."""
    if "|" not in header:
        return ""
    if found := _fields(header):
        return found[0][found[1]]
    fields = [field.strip() for field in header.split("|")]
    place = next((place for place, field in enumerate(fields) if place and is_process_id(field)), len(fields))
    markers = [field for field in fields[place + 1 :] if _is_marker(field) and not _WELL.fullmatch(field)]
    return markers[0] if len(markers) == 1 else ""


def is_process_id(text: str) -> bool:
    """Return whether a word has the form of BOLD's process ids (``ACRJP618-11``)."""
    return _PROCESS_ID.fullmatch(text) is not None


def _fields(header: str) -> tuple[list[str], int] | None:
    """Return the fields, and which of them is the marker."""
    fields = [field.strip() for field in header.split("|")]
    if len(fields) < 3 or not is_process_id(fields[0]):
        return None
    for is_one in (_is_marker, _is_marker_code):
        places = [place for place in range(1, len(fields)) if is_one(fields[place])]
        if 2 in places:
            return fields, 2
        if 1 in places and len(fields) >= 4:
            return fields, 1
        if is_one is _is_marker and places and places[0] > 2:
            return fields, places[0]
    return None


def _is_marker(text: str) -> bool:
    return _MARKER.fullmatch(text) is not None and _CODE.fullmatch(text) is not None


def _is_marker_code(text: str) -> bool:
    return text not in _COUNTRIES and _MARKER_CODE.fullmatch(text) is not None


def _identification(name: str) -> Lineage:
    """Return the lineage of BOLD's identification, which may be of any rank: a binomial, a name of known rank, or, if
    it is neither and no word of prose, a genus.

    A binomial in capitals or in lower case is one if no word of it is of a place or a stage of life; a genus alone has
    one capital.
    """
    name = tidy(name)
    words = name.replace("_", " ")
    recased = "" if _PLACES_AND_STAGES & set(words.lower().split()) else cased(words)
    for written in (name, recased):
        if binomial := _BINOMIAL.fullmatch(written):
            return Lineage.from_ranks(genus=binomial[1], species=written)
    known = known_ranks(name)
    if not (known or re.fullmatch(_GENUS, name)) or name.casefold() in NO_NAME or name in NO_GENUS:
        return Lineage()
    ranks = [rank for rank in known if rank in RANKS] if known else ["genus"]
    return Lineage.from_ranks(**{ranks[0]: name}) if len(ranks) == 1 else Lineage()
