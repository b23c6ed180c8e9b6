"""The layer rule and the one home of each dependency, read from the imports themselves."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "barcodeembed"

LAYERS = (
    *("version", "errors", "outputs", "taxonomy", "sequences", "model", "embeddings", "library"),
    *("classify", "workflows", "benchmark", "cli"),
)
"""From the bottom up: a layer imports what stands before it, and itself."""

STRANGERS = {("embeddings", "model"), ("library", "model"), ("classify", "model")}
"""Vectors reach these layers as NumPy arrays."""

HOMES = {
    "torch": {"model"},
    "safetensors": {"model"},
    "h5py": {"embeddings", "library", "workflows"},
    "faiss": {"library"},
    "scipy": {"classify", "benchmark", "workflows"},
    "sklearn": {"classify", "benchmark"},
    "umap": {"benchmark"},
    "typer": {"cli"},
    "rich": {"cli"},
    "pyfastx": {"sequences"},
    "Bio": {"sequences"},
    "matplotlib": {"workflows", "benchmark"},
    "biom": {"workflows"},
}


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imports() -> list[tuple[str, str]]:
    """(layer or top-level module, imported dotted name) of every import in the package."""
    found = []
    for path in PACKAGE.rglob("*.py"):
        layer = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ImportFrom) and node.module:
                found += [(layer, f"{node.module}.{alias.name}") for alias in node.names]
            elif isinstance(node, ast.Import):
                found += [(layer, alias.name) for alias in node.names]
    return found


def may_import(layer: str, other: str) -> bool:
    """Whether a module of one layer may import from another one."""
    return other in LAYERS[: LAYERS.index(layer) + 1] and (layer, other) not in STRANGERS


def test_layers_import_only_what_lies_below() -> None:
    wrong = [
        (layer, name)
        for layer, name in imports()
        if layer in LAYERS and name.startswith("barcodeembed.") and not may_import(layer, name.split(".")[1])
    ]
    assert wrong == []


def test_each_dependency_has_one_home() -> None:
    wrong = [(layer, name) for layer, name in imports() if layer not in HOMES.get(name.split(".")[0], {layer})]
    assert wrong == []


def graph_of_modules() -> dict[str, set[str]]:
    """The modules that each module imports at its top, those that only a type checker sees included. Imports inside
    functions are there to be late."""
    names = {path: ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in PACKAGE.rglob("*.py")}
    graph: dict[str, set[str]] = {name: set() for name in names.values()}
    for path, name in names.items():
        for node in at_the_top(parsed(path).body):
            if isinstance(node, ast.ImportFrom) and node.module:
                graph[name] |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)} & graph.keys()
            elif isinstance(node, ast.Import):
                graph[name] |= {alias.name for alias in node.names} & graph.keys()
    return graph


def at_the_top(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, also those below ``if TYPE_CHECKING`` or ``try``, but not those of functions."""
    for one in statements:
        yield one
        if isinstance(one, ast.If | ast.Try):
            yield from at_the_top([*one.body, *one.orelse])


def test_no_module_imports_itself_by_a_detour() -> None:
    TopologicalSorter(graph_of_modules()).prepare()


def test_no_folder_imports_itself_by_a_detour() -> None:
    """Within each folder, its modules and folders can be laid on floors."""
    graph = graph_of_modules()
    for folder in (PACKAGE, *(path for path in PACKAGE.rglob("*") if path.is_dir())):
        depth = len(folder.relative_to(PACKAGE.parent).parts)
        within = ".".join(folder.relative_to(PACKAGE.parent).parts) + "."
        rooms: dict[str, set[str]] = {}
        for name in filter(lambda name: name.startswith(within), graph):
            others = {other.split(".")[depth] for other in graph[name] if other.startswith(within)}
            rooms.setdefault(name.split(".")[depth], set()).update(others - {name.split(".")[depth]})
        TopologicalSorter(rooms).prepare()


MOST_LINES, MOST_PARAMETERS, MOST_MODULES, MOST_LINES_OF_A_MODULE = 60, 7, 14, 300


@cache
def functions() -> list[tuple[str, ast.FunctionDef]]:
    """(name of its module, function) of every function in the package."""
    return [
        (str(path.relative_to(PACKAGE)), node)
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef)
    ]


def test_a_function_fits_on_a_screen() -> None:
    """Its statements, without the signature (a command has its options there) and the docstring."""
    long = []
    for module, function in functions():
        body = function.body[1:] if ast.get_docstring(function) else function.body
        if body and (function.end_lineno or 0) - body[0].lineno >= MOST_LINES:
            long.append((module, function.name))
    assert long == []


def test_functions_have_few_parameters() -> None:
    """Those that can be given by place; options, which are given by name, and commands of the line excepted."""
    many = []
    for module, function in functions():
        command = module.startswith("cli/") and not function.name.startswith("_")
        given = [arg.arg for arg in (*function.args.posonlyargs, *function.args.args) if arg.arg not in ("self", "cls")]
        if len(given) > MOST_PARAMETERS and not command:
            many.append((module, function.name, len(given)))
    assert many == []


def test_a_folder_is_one_house() -> None:
    folders = [path for path in PACKAGE.rglob("*") if path.is_dir()]
    number = {str(path): len([one for one in path.glob("*.py") if one.name != "__init__.py"]) for path in folders}
    assert {path: n for path, n in number.items() if n > MOST_MODULES} == {}


def test_a_module_is_read_in_one_go() -> None:
    number = {str(path.relative_to(PACKAGE)): len(path.read_text().splitlines()) for path in PACKAGE.rglob("*.py")}
    assert {path: n for path, n in number.items() if n > MOST_LINES_OF_A_MODULE} == {}


def test_version_and_help_import_nothing_heavy() -> None:
    """They are asked for by workflow managers before every job."""
    code = "from barcodeembed.cli.app import main; main(['--help']); main(['embed', '--help'])"
    assert not loaded_by(code) & {"torch", "numpy", "h5py", "faiss", "Bio"}


def test_the_way_of_a_call_imports_no_scipy() -> None:
    """It takes longer to load than a small file takes to be classified; groups and the report's curves need it."""
    assert "scipy" not in loaded_by("import barcodeembed.workflows.classify_to")


def loaded_by(code: str) -> set[str]:
    """The packages that a fresh Python has loaded after this code."""
    code += "; import sys; print('loaded', *{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())
