"""Names that stand free in headers: species are taken, places, people and words of the laboratory are not."""

from pathlib import Path

import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.sequences.names.binomials import LOOKED_AT
from barcodeembed.sequences.names.cleaning import clean_names
from barcodeembed.workflows.embedders import open_embedder
from barcodeembed.workflows.references.intake import read_references

SPECIES = {
    "one species": ">S01 Apis mellifera",
    "a population": ">hap1 Culex pipiens >hap2 Culex pipiens >hap3 Culex pipiens",
    "one that sounds like a place": ">MT000123 Salmo salar >MT000124 Salmo salar",
    "a name of one word twice": ">1 Bufo bufo",
    "numbers of GenBank": ">KX123456.1 Vulpes corsac voucher X >KX123458.1 Oncorhynchus kisutch",
    "numbers of RefSeq": ">NC_001566.1 Apis mellifera mitochondrion, complete genome",
    "a definition line": ">x1 Vulpes corsac isolate 7 cytochrome oxidase subunit I, partial cds; mitochondrial",
    "with bars of NCBI": ">gi|12|gb|KX123456.1| Apis mellifera voucher 3 >gi|13|gb|KX123457.1| Bombus terrestris",
    "commas": ">S1,Culex pipiens,Finland,2019 >S2,Aedes vexans,Finland,2019 >S3,Osmia bicornis,Estonia,2019",
    "semicolons": ">S1;Culex pipiens;Finland >S2;Aedes vexans;Finland >S3;Osmia bicornis;Estonia",
    "slashes": ">S1/Culex pipiens/Finland >S2/Aedes vexans/Finland",
    "colons": ">S1:Culex pipiens >S2:Aedes vexans >S3:Osmia bicornis",
    "parentheses": ">S1 COI (Culex pipiens) >S2 COI (Aedes vexans) >S3 COI (Osmia bicornis)",
    "the name last": ">S1 COI gene for oxidase, Culex pipiens >S2 COI gene for oxidase, Aedes vexans",
    "joined words": ">S1 COI Culex_pipiens >S2 COI Aedes+vexans >S3 COI Osmia%20bicornis",
    "numbers of MIDORI": ">KX123456.1 Culex pipiens_7175 >KX123457.1 Aedes vexans_7163",
    "SPINGO": ">KX123456.1\tCulex_pipiens\tCulex\tCulicidae >KX123457.1\tAedes_vexans\tAedes\tCulicidae",
    "headers of ENA": ">ENA|KX123456|KX123456.1 Vulpes corsac mitochondrial partial COI gene",
    "documents of Geneious": ">S1 (extracted) - Osmia bicornis >S2 (reversed) Culex pipiens >S3 Aedes vexans (copy 2)",
    "ids of BOLD": ">GBMA2505-09 Oncorhynchus kisutch >GBMA2506-09 Vulpes corsac",
    "process id and bar": ">GBMA2505-09|Vulpes corsac",
    "bars": ">A1|Culex pipiens|Finland >A2|Aedes vexans|Finland",
    "bars with spaces": ">A1 | Culex pipiens | Helsinki >A2 | Aedes cinereus | Turku",
    "a table of fish": ">f1 Salmo salar >f3 Esox lucius >f4 Perca fluviatilis >f5 Lota lota >f6 Tinca tinca",
    "fish with odd names": ">1 Oncorhynchus kisutch >2 Salvelinus alpinus >3 Thymallus thymallus >4 Silurus glanis",
    "birds": ">1 Pica pica >2 Corvus corax >3 Parus major >4 Sitta europaea >5 Turdus philomelos",
    "mammals": ">1 Homo sapiens >2 Vulpes corsac >3 Sus scrofa >4 Capreolus capreolus >5 Lepus timidus",
    "snails": ">1 Helix pomatia >2 Arion vulgaris >3 Radix auricularia >4 Physella acuta",
    "spiders": ">1 Pardosa lugubris >2 Araneus diadematus >3 Linyphia triangularis",
    "midges": ">1 Chironomus plumosus >2 Chironomus riparius >3 Tanytarsus gregarius >4 Procladius choreus",
    "butterflies": ">1 Inachis io >2 Aglais urticae >3 Polygonia c-album >4 Vanessa atalanta >5 Papilio machaon",
    "beetles": ">1 Carabus nemoralis >2 Abax parallelepipedus >3 Coccinella septempunctata >4 Adalia bipunctata",
    "bees": ">1 Bombus terrestris >2 Bombus lucorum >3 Osmia bicornis >4 Andrena fulva >5 Halictus rubicundus",
    "worms": ">1 Lumbricus terrestris >2 Aporrectodea caliginosa >3 Eisenia fetida",
    "crabs": ">1 Carcinus maenas >2 Cancer pagurus >3 Eriocheir sinensis",
    "authors and years": ">1 Apis mellifera Linnaeus, 1758 >2 Bombus hortorum (Linnaeus, 1761)",
    "with a subgenus": ">1 Culex (Culex) pipiens >2 Aedes (Aedimorphus) vexans",
    "with a subspecies": ">1 Apis mellifera carnica >2 Apis mellifera ligustica",
    "open nomenclature": ">1 Chironomus sp. >2 Tanytarsus cf. eminulus >3 Cricotopus sp. 3",
    "of one word": ">Culex_pipiens_1 >Aedes_vexans_2 >Osmia_bicornis_3",
    "underscores behind an id": ">MN1_Culex_pipiens >MN2_Aedes_vexans >MN3_Osmia_bicornis",
    "the family in front": ">S1 Salmonidae Oncorhynchus kisutch",
    "keys before the name": ">A1 taxid=7165; Culex pipiens isolate 3 >A2 count=1; taxid=2; Osmia bicornis",
    "a genus in doubt": ">MK123456.1 [Culex] pipiens isolate 3 >MK123457.1 'Osmia' bicornis",
    "names of documents": ">MK123456_-_Culex_pipiens >MK123457_-_Osmia_bicornis >MK123458_-_Esox_lucius",
    "the order in front": ">S1 Diptera: Culicidae: Culex pipiens",
    "in brackets": ">S1 [Culex pipiens] >S2 [Aedes vexans]",
    "the species first": ">Culex pipiens S1 >Aedes vexans S2",
    "only the species": ">Culex pipiens >Aedes vexans",
    "a comma": ">S1, Culex pipiens >S2, Aedes vexans",
    "a tab": ">S1\tCulex pipiens >S2\tAedes vexans",
    "a dash": ">S1 - Culex pipiens >S2 - Aedes vexans",
    "voucher and country": ">S1 Culex pipiens voucher 12 Finland >S2 Aedes vexans voucher 13 Estonia",
    "clones": ">S1 Daphnia pulex clone 3 >S2 Daphnia magna clone 4",
    "a primer behind": ">S1 Gammarus pulex LCO1490 >S2 Asellus aquaticus LCO1490",
    "consensus of a run": ">bc01 Ephemera danica 2024-05-01 >bc02 Baetis rhodani 2024-05-01",
    "a few places among species": ">1 Apis mellifera >2 Bombus terrestris >3 Osmia bicornis >4 Veluwe ditch",
}

OTHERS = {
    "words behind accessions": ">MK123456.1 DATA STORAGE >MK123457.1 zebra danio COI",
    "places in lower case": ">S01 santa maria >S02 terra nova >S03 nova scotia",
    "places in capitals": ">S01 SANTA MARIA >S02 TERRA NOVA >S03 NOVA SCOTIA",
    "ditch": ">S01 Veluwe ditch",
    "ditches": ">S01 Veluwe ditch >S02 Drenthe ditch >S03 Salland pond",
    "a grid of places": ">1 Veluwe noord >2 Veluwe zuid >3 Drenthe noord >4 Drenthe zuid >5 Twente noord",
    "Finnish lakes": ">S1 Oulu koskenranta >S2 Inari koskenranta >S3 Saimaa etelä >S4 Pielinen niemi",
    "Finnish fields": ">S1 Turku pelto >S2 Lahti niitty >S3 Kemi suo >S4 Vantaa joki",
    "German brooks": ">S1 Lahn ufer >S2 Fulda bach >S3 Eder oberlauf >S4 Sieg unterlauf",
    "German villages": ">P1 Neustadt wald >P2 Altenkirchen wiese >P3 Hamburg hafen",
    "English streams": ">1 Thames upper >2 Thames lower >3 Severn upper >4 Severn lower",
    "English farms": ">1 Wytham woods >2 Rothamsted field >3 Silwood park >4 Monks wood",
    "American creeks": ">A1 Boulder creek >A2 Sandy creek >A3 Walnut creek",
    "beaches": ">1 Bondi beach >2 Waikiki shore >3 Malibu reef",
    "Spanish": ">1 Guadalquivir norte >2 Ebro sur >3 Tajo este >4 Miño oeste",
    "Spanish colours": ">1 Colorado arroyo >2 Orinoco abajo >3 Paraná arriba >4 Madrid centro",
    "French": ">1 Loire amont >2 Loire aval >3 Garonne amont >4 Garonne aval",
    "Portuguese": ">1 Douro foz >2 Tejo margem >3 Mondego montante",
    "Italian": ">1 Ticino sponda >2 Adige fondo >3 Piave greto >4 Brenta greto",
    "Polish": ">1 Krakow las >2 Gdansk brzeg >3 Wroclaw staw",
    "Swedish": ">1 Uppsala skog >2 Abisko fjäll >3 Umeå strand >4 Lund park",
    "Danish": ">1 Aarhus mark >2 Odense skov >3 Aalborg fjord",
    "Dutch": ">1 Leiden sloot >2 Utrecht gracht >3 Zwolle plas",
    "Estonian": ">1 Tartu mets >2 Haapsalu rand >3 Viljandi oja",
    "hyphens": ">1 Veluwe-noord >2 Veluwe-zuid",
    "with numbers": ">S01 Veluwe ditch 1 >S02 Veluwe ditch 2 >S03 Veluwe pond 1",
    "with dates": ">S01 Veluwe ditch 2024-05-01 >S02 Drenthe pond 2024-05-02",
    "with coordinates": ">S01 Veluwe ditch 52.1N 5.8E >S02 Drenthe pond 52.9N 6.6E",
    "with the marker": ">S01 Veluwe ditch COI >S02 Drenthe pond COI",
    "with a clone": ">S01 Veluwe ditch clone 3 >S02 Veluwe ditch clone 4",
    "bars and places": ">S01|Veluwe ditch|12 >S02|Drenthe pond|13",
    "in brackets": ">S01 (Veluwe ditch) >S02 (Drenthe pond)",
    "commas": ">S01, Veluwe ditch, 12 May >S02, Drenthe pond, 13 May",
    "the place first": ">Veluwe ditch S01 >Drenthe pond S02",
    "only the place": ">Veluwe ditch >Drenthe pond",
    "people": ">S01 Anna Smith >S02 John Miller >S03 Eva de Vries",
    "people in small letters": ">S01 Hanna smith >S02 John miller >S03 Eva jansen",
    "Finnish people": ">S01 Pekka virtanen >S02 Liisa korhonen >S03 Antti nieminen",
    "people with particles": ">S01 Jan van Dijk >S02 Eva von Berg >S03 Luis de Souza",
    "initials": ">S01 Smith leg. >S02 Miller leg. >S03 Jones det.",
    "collectors": ">S01 Jones collected >S02 Miller caught >S03 Novak swept",
    "treatments": ">S01 Nitrogen added >S02 Nitrogen control >S03 Phosphorus added",
    "instruments": ">S01 Flongle run >S02 Minion run >S03 Miseq run",
    "parts of a body": ">S01 Hind leg >S02 Front leg >S03 Left antenna",
    "words of one": ">Veluwe_ditch_1 >Drenthe_pond_2 >Salland_canal_3",
    "sites of one word": ">S1_Veluwe_ditch >S2_Drenthe_pond >S3_Salland_canal",
}


def write(path: Path, headers: str) -> Path:
    records = [header.strip() for header in headers.split(">") if header.strip()]
    path.write_text("".join(f">{header}\n{'ACGT' * 30}\n" for header in records), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", SPECIES)
def test_species_are_taken(kind: str, tmp_path: Path) -> None:
    counts = ReadCounts()
    barcodes = list(read_barcodes([write(tmp_path / "a.fasta", SPECIES[kind])], counts, labelled=True))
    assert all(clean_names(barcode.lineage)[0].at("genus") for barcode in barcodes)
    assert not any("places or people" in line for line in counts.remarks.lines())


@pytest.mark.parametrize("kind", OTHERS)
def test_places_and_people_are_not(kind: str, tmp_path: Path) -> None:
    barcodes = list(read_barcodes([write(tmp_path / "a.fasta", OTHERS[kind])], labelled=True))
    assert [barcode.lineage for barcode in barcodes if barcode.lineage] == []


def test_names_behind_many_headers_without_one_need_what_confirms_them(tmp_path: Path) -> None:
    counts = ReadCounts()
    headers = [*(f"r{n}" for n in range(LOOKED_AT)), "S1 Veluwe ditch", "MN123456.1 Culex pipiens voucher 3"]
    path = write(tmp_path / "a.fasta", "".join(f">{header}" for header in headers))
    barcodes = list(read_barcodes([path], counts, labelled=True))
    assert len(barcodes) == LOOKED_AT + 2
    assert [barcode.lineage.at("species") for barcode in barcodes[-3:]] == ["", "", "Culex pipiens"]
    assert any("places or people" in line and "'S1 Veluwe ditch'" in line for line in counts.remarks.lines())


def test_the_error_says_why_no_name_was_taken(tmp_path: Path, library_sequences: list[str]) -> None:
    path = tmp_path / "a.fasta"
    places = ["Veluwe ditch", "Drenthe pond", "Salland canal"]
    records = zip(places, library_sequences, strict=False)
    path.write_text("".join(f">S0{n} {place}\n{barcode}\n" for n, (place, barcode) in enumerate(records)))
    message = (
        r"not one of 3 .*headers whose words look like places or people, .*'S00 Veluwe ditch'.*name them in a table"
    )
    with pytest.raises(InputError, match=message):
        read_references([path], open_embedder("kmer4"))


@pytest.mark.parametrize(
    "header",
    [
        *(
            "S1 gut of a host (Culex pipiens)",
            "S1,host,Culex pipiens",
            "S1;Culex pipiens;Aedes vexans",
            "12:30:Culex pipiens",
        ),
        *(
            "S1 symbiont, Culex pipiens",
            "S1/Culex pipiens/gut",
            "S1 Wolbachia (Culex pipiens)",
            "S1 (no Culex pipiens)",
        ),
    ],
)
def test_a_species_beside_another_organism_or_a_second_one_is_none(tmp_path: Path, header: str) -> None:
    path = write(tmp_path / "a.fasta", f">{header} >MN123456.1 Culex pipiens COI")
    first, second = read_barcodes([path], labelled=True)
    assert (first.lineage.at("species"), second.lineage.at("species")) == ("", "Culex pipiens")
