"""Names whose rank is known (kingdoms, phyla, classes and common orders, and the endings of the ranks below), and
common names, which have no rank: ``Honey bee``, ``mosquito``.

They tell which rank a name of a lineage without rank prefixes has. The table is general knowledge, not a taxonomy. It
has names under which BOLD, NCBI, GBIF and WoRMS file animals and what is sequenced with them. A name that these file at
different ranks is listed at each of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from barcodeembed.sequences.names.spelling import may_be_latin

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

# None of these is a genus or an epithet: cicada, mantis and octopus, which are, are left out.
_ANIMALS_WORDS = """
bee bees wasp wasps ant ants fly flies mosquito mosquitos mosquitoes midge midges gnat gnats moth moths butterfly
butterflies beetle beetles weevil weevils bug bugs aphid aphids louse lice flea fleas termite termites cockroach
cockroaches grasshopper grasshoppers cricket crickets locust locusts katydid lacewing lacewings hornet hornets ladybird
ladybug springtail springtails spider spiders mite mites tick ticks harvestman scorpion scorpions centipede centipedes
millipede millipedes woodlouse woodlice shrimp shrimps prawn prawns crab crabs lobster lobsters crayfish barnacle
barnacles snail snails slug slugs mussel mussels clam clams oyster oysters squid worm worms leech leeches fish fishes
trout salmon eel shark bird birds frog frogs toad toads newt snake snakes lizard lizards turtle turtles mouse mice rat
rats bat bats shrew dog cat cow pig sheep goat chicken human humans sponge coral urchin urchins starfish
insect insects arthropod arthropods crustacean crustaceans arachnid arachnids invertebrate animal organism
admiral skipper hairstreak fritillary swallowtail ringlet
biene honigbiene wespe ameise fliege käfer spinne milbe schmetterling abeille guêpe fourmi mouche moustique araignée
abeja hormiga araña escarabajo
"""
_ANIMALS = frozenset(_ANIMALS_WORDS.split())
_ANIMAL_ENDING = re.compile(
    r".{2,}(?:bee|fly|flie|wasp|(?<!behe)(?<!mam)moth|beetle|bug|worm|fish|bird|hopper|louse|spider|snail|shrimp|crab)s?"
)
# Words that end as an epithet may, but stand before the animal in a common name.
_BEFORE_WORDS = """
water carpenter paper timber common house stable horse deer crane dance rove stone little large small lesser greater
great giant dwarf blue orange white purple silver copper hover robber flower tiger diver diving cave marine summer
winter river pine tree snake scale bumble solitary mason miner mining cutter leaf soldier powder fire sugar leather
american european asian african australian western eastern northern southern oriental red green black yellow brown grey
gray golden painted spotted striped banded garden field forest wood honey
"""
COMMON_WORDS = frozenset(_BEFORE_WORDS.split())
"""Words that stand before the animal in a common name."""

# Species whose epithet is such a word all the same: a beetle of the Leiodidae, and an old name of a mosquito.
_SPECIES_WITH_ANIMALS = frozenset({"gelae fish", "culex mosquito"})


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


def is_animal(word: str) -> bool:
    """Return whether a word, in any case, is the common name of animals (``bees``, ``mayfly``)."""
    folded = word.casefold().strip(".,;()")
    return folded in _ANIMALS or _ANIMAL_ENDING.fullmatch(folded) is not None


def is_species_with_animal(words: Sequence[str]) -> bool:
    """Return whether the words of a species are a scientific name that looks like a common one (*Gelae fish*)."""
    return " ".join(words[:2]).casefold() in _SPECIES_WITH_ANIMALS


def is_common_genus(words: Sequence[str]) -> bool:
    """Return whether the words of a genus are a common name. Behind what may be a genus, a capital is that of an author
    (``Limonia Bird``)."""
    if words[0].casefold() in COMMON_WORDS or not may_be_latin(words[0]):
        return is_common_name(words)
    return is_common_name([words[0], *(word for word in words[1:] if word.islower())])


def is_common_name(words: Sequence[str], genus: str = "") -> bool:
    """Return whether the words of a species are a common name, with the genus before it or not.

    It is the name of animals, alone or behind words that are no epithet (``mellifera bee`` is an epithet, and what it
    is called), or begins with a word that only common names have (``Large white``).
    """
    if len(words) > 1 and words[0][:1].isupper():
        if words[0].casefold() in COMMON_WORDS and words[0].casefold() != genus.casefold():
            return True
        words = words[1:]
    place = next((place for place, word in enumerate(words) if is_animal(word)), -1)
    if place <= 0:
        return place == 0
    first = words[0].casefold()
    # A capital behind an epithet is that of an author: Bird, 1923.
    spoken = words[place].islower() or not words[0].islower()
    return spoken and (first in COMMON_WORDS or not may_be_latin(first))
