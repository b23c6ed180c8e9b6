"""Read what ``torch.save`` wrote without running any of it.

A pickle is a program: each class or function that it names (a "global") may be called while it is read. Here the names
are listed first, without executing anything. A file that names only tensors, plain containers and the harmless list
below is then read by torch's restricted unpickler (``weights_only=True``). Any other file is refused. Nothing here
leads to full unpickling.
"""

from __future__ import annotations

import argparse
import pickle
import pickletools
import re
import struct
import warnings
import zipfile
from pathlib import Path
from typing import Any

import torch

from barcodeembed.errors import ModelFileError

_TENSORS = re.compile(
    r"torch\.(\w+Storage|float\d+|bfloat16|u?int\d+|bool|Size|Tensor|device|nn\.parameter\.Parameter"
    r"|_utils\._rebuild_(tensor_v2|parameter)|storage\.(Typed|Untyped)Storage)"
)
_CONTAINERS = {
    "collections.OrderedDict",
    "collections.Counter",
    "argparse.Namespace",
    "_codecs.encode",
    "builtins.set",
}

_READ_ERRORS = (
    *(pickle.UnpicklingError, zipfile.BadZipFile, struct.error, OSError, EOFError, RuntimeError, ValueError),
    *(TypeError, LookupError, AttributeError, ArithmeticError, AssertionError, MemoryError),
)
"""Errors that a damaged or hostile file makes the readers raise. A restricted pickle machine still indexes its stack,
unpacks numbers and passes arguments to tensor constructors."""


class Inert:
    """Stands for an object that is not needed: accepts any arguments and any state, and keeps none."""

    def __new__(cls, *_arguments: object) -> Inert:
        return super().__new__(cls)

    def __setstate__(self, _state: object) -> None:
        """Forget the state."""


class _InertDict:
    """Makes a plain dictionary whatever it is called with; torch's unpickler fills no other kind."""

    def __new__(cls, *_arguments: object) -> dict[Any, Any]:  # type: ignore[misc]
        return {}


_STAND_INS: dict[str, type] = {
    # OneCycleLR of torch < 2.4 leaves its annealing function in its state, as getattr(OneCycleLR, name) or, if
    # the method was bound, as getattr(scheduler object, name) with the optimizer inside
    # (github.com/pytorch/pytorch, issue 106243 and pull request 123775). The reference pins torch 2.0 and 2.1.
    "builtins.getattr": Inert,
    "torch.optim.lr_scheduler.OneCycleLR": Inert,
    "torch.optim.adamw.AdamW": Inert,
    "collections.defaultdict": _InertDict,
    "builtins.dict": _InertDict,
    # A best accuracy kept as a NumPy number.
    "numpy.dtype": Inert,
    "numpy.core.multiarray.scalar": Inert,
    "numpy._core.multiarray.scalar": Inert,
}


def _stand_in(name: str) -> type:
    """Return a class of its own with the global's name, because torch's allow-list goes by the name of a class."""
    module, _, qualname = name.rpartition(".")
    return type(qualname, (_STAND_INS[name],), {"__module__": module})


def load_inert(path: Path) -> Any:
    """Return the tensors and plain values of a ``torch.save`` file; objects that are not needed become :class:`Inert`.

    Tensors are views of the file (memory-mapped), not copies.

    Raises
    ------
    ModelFileError
        if the file is not a ``torch.save`` archive, is damaged, or names a global that is not on the lists above.
    """
    allowed: list[Any] = [argparse.Namespace, *map(_stand_in, _STAND_INS)]
    try:
        # A file is refused or read in full, so torch's warnings on odd pickles do not help the user.
        with warnings.catch_warnings(), torch.serialization.safe_globals(allowed):
            warnings.simplefilter("ignore")
            unsafe = sorted(name for name in _globals(path) if not _known(name))
            if not unsafe:
                return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except _READ_ERRORS as error:
        why = "it is a .safetensors file; --model takes it as it is" if _is_safetensors(path) else _one_line(error)
        raise ModelFileError(f"{path}: not a readable PyTorch file ({why})") from error
    named = ", ".join(unsafe)[:200].encode("unicode_escape").decode()
    raise ModelFileError(f"{path}: refused, reading it would call {named}; nothing of it was run")


def _is_safetensors(path: Path) -> bool:
    """Return whether a file begins as ``.safetensors`` files do: the length of a header, and JSON."""
    with path.open("rb") as file:
        return file.read(9)[8:] == b"{"


def _known(name: str) -> bool:
    return bool(_TENSORS.fullmatch(name)) or name in _CONTAINERS or name in _STAND_INS


def _globals(path: Path) -> set[str]:
    """Return every global that the pickle in the archive names, found by walking its opcodes; nothing is executed.

    Raises
    ------
    ValueError
        if the archive is not as ``torch.save`` writes it.
    """
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if any(member.compress_type != zipfile.ZIP_STORED for member in members):
            raise ValueError("its parts are compressed, which torch.save never does")
        pickles = [member for member in members if member.filename.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise ValueError("it is a zip archive, but holds no PyTorch data")
        program = archive.read(pickles[0])
    names: set[str] = set()
    strings = ["", ""]
    protocol = 2
    for opcode, argument, _ in pickletools.genops(program):
        protocol = max(protocol, opcode.proto)
        if opcode.name in ("GLOBAL", "INST"):
            names.add(_today(*str(argument).split(" ", 1)))
        elif opcode.name == "STACK_GLOBAL":
            names.add(".".join(strings[-2:]))  # it takes the two topmost strings
        elif isinstance(argument, str):
            strings.append(argument)
    if protocol > 2 and all(map(_known, names)):
        raise ValueError(f"pickle protocol {protocol}; torch.save writes protocol 2")
    return names


def _today(module: str, name: str) -> str:
    """Return the name of a global in Python 3; protocol 2 writes the names of Python 2."""
    return f"{'builtins' if module == '__builtin__' else module}.{name}"


def _one_line(error: BaseException) -> str:
    """Return the first line of an error, short enough to show."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
