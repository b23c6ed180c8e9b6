"""Names whose rank is known: kingdoms, phyla, classes and common orders, and the endings of the ranks below.

They tell which rank a name of a lineage without rank prefixes has. The table is general knowledge, not a taxonomy. It
has names under which BOLD, NCBI, GBIF and WoRMS file animals and what is sequenced with them. A name that these file at
different ranks is listed at each of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MANY_RANKS = (
    *("domain", "kingdom", "subkingdom", "superphylum", "phylum", "subphylum", "superclass", "class", "subclass"),
    *("infraclass", "superorder", "order", "suborder", "infraorder", "superfamily", "family", "subfamily", "tribe"),
    *("subtribe", "genus", "subgenus", "species", "subspecies"),
)
"""Ranks that lineages may name, root first; seven of them are ours."""

_NAMES = {
    "domain": "Eukaryota Eukarya Eukaryotes Eucarya Archaea Bacteria Prokaryota",
    "kingdom": (
        "Animalia Metazoa Plantae Viridiplantae Archaeplastida Fungi Chromista Protozoa Protista Bacteria Archaea "
        "Viruses Monera Chromalveolata Amoebozoa Excavata Rhizaria Stramenopiles Alveolata"
    ),
    "subkingdom": "Bilateria Eumetazoa Radiata",
    "superphylum": "Ecdysozoa Lophotrochozoa Spiralia Deuterostomia Protostomia Lophophorata",
    "phylum": (
        "Acanthocephala Annelida Arthropoda Brachiopoda Bryozoa Chaetognatha Chordata Cnidaria Ctenophora "
        "Cycliophora Dicyemida Echinodermata Echiura Entoprocta Gastrotricha Gnathostomulida Hemichordata "
        "Kinorhyncha Loricifera Micrognathozoa Mollusca Nematoda Nematomorpha Nemertea Onychophora Orthonectida "
        "Phoronida Placozoa Platyhelminthes Porifera Priapulida Rhombozoa Rotifera Sipuncula Tardigrada "
        "Xenacoelomorpha Xenoturbellida Ascomycota Basidiomycota Chytridiomycota Glomeromycota Zygomycota "
        "Mucoromycota Microsporidia Oomycota Tracheophyta Streptophyta Chlorophyta Rhodophyta Bryophyta "
        "Ochrophyta Bacillariophyta Haptophyta Cryptophyta Ciliophora Apicomplexa Dinoflagellata Myzozoa Cercozoa "
        "Foraminifera Euglenozoa Heterokontophyta Discosea Proteobacteria Pseudomonadota Firmicutes Bacillota "
        "Actinobacteria Actinomycetota Bacteroidetes Bacteroidota Cyanobacteria Spirochaetes Tenericutes"
    ),
    "subphylum": (
        "Hexapoda Crustacea Chelicerata Myriapoda Vertebrata Tunicata Cephalochordata Craniata Clitellata Medusozoa"
    ),
    "superclass": (
        "Multicrustacea Oligostraca Tetrapoda Gnathostomata Osteichthyes Actinopterygii Agnatha Pancrustacea"
    ),
    "class": (
        "Insecta Hexapoda Collembola Diplura Protura Entognatha Arachnida Pycnogonida Merostomata Xiphosura "
        "Chilopoda Diplopoda Pauropoda Symphyla Malacostraca Branchiopoda Copepoda Hexanauplia Maxillopoda "
        "Thecostraca Ostracoda Cephalocarida Remipedia Ichthyostraca Gastropoda Bivalvia Cephalopoda "
        "Polyplacophora Scaphopoda Caudofoveata Solenogastres Aplacophora Monoplacophora Polychaeta Clitellata "
        "Oligochaeta Hirudinea Echinoidea Asteroidea Holothuroidea Ophiuroidea Crinoidea Anthozoa Hydrozoa "
        "Scyphozoa Cubozoa Staurozoa Myxozoa Hexacorallia Octocorallia Demospongiae Calcarea Hexactinellida "
        "Homoscleromorpha Actinopterygii Actinopteri Teleostei Elasmobranchii Chondrichthyes Holocephali "
        "Cephalaspidomorphi Myxini Petromyzonti Hyperoartia Sarcopterygii Dipneusti Amphibia Reptilia "
        "Lepidosauria Aves Mammalia Leptocardii Ascidiacea Appendicularia Thaliacea Chromadorea Enoplea "
        "Secernentea Adenophorea Trematoda Cestoda Monogenea Turbellaria Rhabditophora Catenulida Bdelloidea "
        "Monogononta Eurotatoria Eutardigrada Heterotardigrada Gymnolaemata Phylactolaemata Stenolaemata "
        "Lingulata Rhynchonellata Craniata Palaeonemertea Pilidiophora Hoplonemertea Enopla Anopla Udeonychophora "
        "Sagittoidea Tentaculata Nuda Enteropneusta Pterobranchia Gordioida Archiacanthocephala "
        "Palaeacanthocephala Eoacanthocephala Phascolosomatidea Sipunculidea Magnoliopsida Liliopsida "
        "Alphaproteobacteria Gammaproteobacteria Betaproteobacteria Bacilli"
    ),
    "subclass": (
        "Pterygota Apterygota Acari Eucarida Peracarida Hoplocarida Phyllopoda Heterobranchia Caenogastropoda "
        "Vetigastropoda Pteriomorphia Heterodonta Palaeoheterodonta Neopterygii Errantia Sedentaria "
        "Dicondylia"
    ),
    "infraclass": "Neoptera Palaeoptera Paleoptera Eutheria Metatheria Placentalia",
    "superorder": (
        "Acariformes Parasitiformes Holometabola Endopterygota Paraneoptera Polyneoptera Condylognatha Psocodea "
        "Dictyoptera"
    ),
    "order": (
        "Diptera Coleoptera Lepidoptera Hymenoptera Hemiptera Homoptera Heteroptera Orthoptera Trichoptera "
        "Plecoptera Ephemeroptera Neuroptera Megaloptera Thysanoptera Dermaptera Embioptera Zoraptera Mecoptera "
        "Siphonaptera Strepsiptera Blattodea Blattaria Isoptera Mantodea Phasmatodea Phasmida Odonata Psocoptera "
        "Psocodea Phthiraptera Raphidioptera Zygentoma Thysanura Archaeognatha Microcoryphia Grylloblattodea "
        "Notoptera Mantophasmatodea Entomobryomorpha Poduromorpha Symphypleona Neelipleona Acerentomata "
        "Eosentomata Sinentomata Araneae Opiliones Pseudoscorpiones Scorpiones Solifugae Amblypygi Palpigradi "
        "Xiphosura "
        "Ricinulei Schizomida Uropygi Thelyphonida Trombidiformes Sarcoptiformes Mesostigmata Ixodida Holothyrida "
        "Opilioacarida Oribatida Prostigmata Astigmata Pantopoda Lithobiomorpha Geophilomorpha Scolopendromorpha "
        "Scutigeromorpha Julida Polydesmida Glomerida Chordeumatida Polyxenida Spirobolida Decapoda Amphipoda "
        "Isopoda Mysida Cumacea Tanaidacea Euphausiacea Stomatopoda Lophogastrida Leptostraca Bathynellacea "
        "Diplostraca Cladocera Anomopoda Ctenopoda Onychopoda Anostraca Notostraca Spinicaudata Laevicaudata "
        "Calanoida Cyclopoida Harpacticoida Poecilostomatoida Siphonostomatoida Sessilia Balanomorpha Podocopida "
        "Myodocopida Arguloida Stylommatophora Littorinimorpha Neogastropoda Hygrophila Pulmonata Nudibranchia "
        "Trochida Architaenioglossa Systellommatophora Sacoglossa Cephalaspidea Venerida Unionida Mytilida "
        "Ostreida Pectinida Arcida Cardiida Myida Veneroida Octopoda Sepiida Oegopsida Myopsida Teuthida "
        "Chitonida Haplotaxida Crassiclitellata Opisthopora Tubificida Lumbriculida Enchytraeida Arhynchobdellida "
        "Rhynchobdellida Hirudinida Phyllodocida Eunicida Sabellida Terebellida Spionida Capitellida Opheliida "
        "Scleractinia Actiniaria Alcyonacea Malacalcyonacea Zoantharia Anthoathecata Leptothecata Siphonophorae "
        "Semaeostomeae Rhizostomeae Forcipulatida Valvatida Paxillosida Spinulosida Camarodonta Diadematoida "
        "Spatangoida Holothuriida Synallactida Dendrochirotida Apodida Elasipodida Aspidochirotida Ophiurida "
        "Amphilepidida Rhabditida Enoplida Monhysterida Tylenchida Spirurida Dorylaimida Plagiorchiida "
        "Cyclophyllidea Tricladida Ploima Philodinida Parachela Carnivora Rodentia Chiroptera Primates "
        "Artiodactyla Cetartiodactyla Perissodactyla Cetacea Eulipotyphla Soricomorpha Lagomorpha Didelphimorphia "
        "Diprotodontia Proboscidea Pilosa Squamata Testudines Crocodylia Crocodilia Rhynchocephalia Anura Caudata "
        "Urodela Gymnophiona Carcharhiniformes Rajiformes Rickettsiales"
    ),
    "suborder": (
        "Mallophaga Anoplura Ischnocera Amblycera Rhynchophthirina Rhopalocera Heterocera Macrolepidoptera "
        "Microlepidoptera Orthorrhapha Terebrantia Tubulifera Macroheterocera "
        "Nematocera Brachycera Apocrita Symphyta Polyphaga Adephaga Archostemata Myxophaga Auchenorrhyncha "
        "Sternorrhyncha Anisoptera Zygoptera Caelifera Ensifera Ditrysia Glossata Oniscidea Gammaridea "
        "Pleocyemata Araneomorphae Mygalomorphae Amphipodea Serpentes Lacertilia"
    ),
    "infraorder": (
        "Aculeata Parasitica Muscomorpha Culicomorpha Tipulomorpha Bibionomorpha Psychodomorpha Brachyura Anomura "
        "Cyclorrhapha Schizophora Aschiza Calyptratae Acalyptratae Hydrachnidia Parasitengona "
        "Caridea Cucujiformia Elateriformia Staphyliniformia Heteroneura Cimicomorpha Pentatomomorpha"
    ),
}

# Endings that the codes of nomenclature fix, and two that taxonomists keep by custom (-ptera, -formes). A genus may end
# in -ini or -inae, too, so these count for names that are no genus for other reasons (see positions).
_ENDINGS = (
    (re.compile(r"[a-z]{2,}oidea"), "superfamily order"),
    (re.compile(r"[a-z]{2,}(?:idae|aceae)"), "family"),
    (re.compile(r"[a-z]{2,}inae|[a-z]{3,}oideae"), "subfamily"),
    (re.compile(r"[a-z]{2,}ini"), "tribe"),
    (re.compile(r"[a-z]{3,}iformes"), "order"),
    (re.compile(r"[a-z]{3,}mycetes|[a-z]{3,}opsida"), "class"),
    (re.compile(r"[a-z]{3,}mycota|[a-z]{3,}phyta"), "phylum"),
)


def _by_name() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for rank, names in _NAMES.items():
        for name in names.lower().split():
            found[name] = (*found.get(name, ()), rank)
    return found


_RANKS_OF = _by_name()

KINGDOMS = frozenset((_NAMES["kingdom"] + " " + _NAMES["domain"]).split())
"""Names with which a lineage without rank prefixes may begin."""

PHYLA = frozenset(_NAMES["phylum"].split())
"""Phyla with which such a lineage may begin instead."""


def known_ranks(name: str) -> tuple[str, ...]:
    """Return the ranks of :data:`MANY_RANKS` that a word is known to have, by table or ending; case does not matter."""
    folded = name.casefold()
    if found := _RANKS_OF.get(folded):
        return found
    return next((tuple(ranks.split()) for ending, ranks in _ENDINGS if ending.fullmatch(folded)), ())


def places_of(names: Iterable[str]) -> list[int]:
    """Return the places in :data:`MANY_RANKS`, the root's first, of those names whose rank is known, in their order."""
    return [MANY_RANKS.index(ranks[0]) for ranks in map(known_ranks, names) if ranks]


def is_above_genus(name: str) -> bool:
    """Return whether a name is known to be above the genus. A genus may end as superfamilies and tribes do."""
    ranks = known_ranks(name)
    return bool(ranks) and ranks[0] not in ("superfamily", "subfamily", "tribe")
