"""Inner kernels as code to link: optimised, and made into machine code only in the kernels that call them.

Numba links the optimised code of a callee into every caller, and generates machine code for callee and caller alike.
Nothing ever runs the callee's own when Python cannot call it, so it is not generated: a sixth of the time that
compiling all kernels takes.  Such a library is stored in the cache as LLVM's bitcode.
"""

from typing import Any

from llvmlite import binding
from numba.core.codegen import CPUCodegen, JITCodeLibrary
from numba.core.compiler import Compiler, CompileResult, compile_result

_LINKED = "linked"


class _NoEnvironment:
    """Stands for the code generator of a library that the engine does not know."""

    @staticmethod
    def set_env(name: str, environment: object) -> None:
        """Nothing: what links the library has the variable, and its own environments are set."""


class LinkedLibrary(JITCodeLibrary):
    """A library whose functions have no address: others link them."""

    codegen: Any = _NoEnvironment

    def get_pointer_to_function(self, name: str) -> int:
        """Zero, as for every symbol that is not defined."""
        self._ensure_finalized()
        return 0

    def serialize_using_object_code(self) -> tuple[str, str, bytes]:
        """The library for the cache; `restored` reads it."""
        return _LINKED, self.name, self._get_module_for_linking().as_bitcode()

    def _finalize_final_module(self) -> None:
        """What the engine's libraries do, without the engine."""
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self._finalized = True


def restored(codegen: CPUCodegen, name: str, bitcode: bytes) -> LinkedLibrary:
    """The library that was stored as this bitcode."""
    library = LinkedLibrary(codegen, name)
    library._final_module = library._shared_module = binding.parse_bitcode(bitcode)
    library._finalize_final_module()
    return library


class LinkedCompiler(Compiler):
    """Numba's compiler, whose result is a LinkedLibrary."""

    def compile_extra(self, func: Any) -> CompileResult:
        if self.state.library is None:
            self.state.library = LinkedLibrary(self.state.targetctx.codegen(), func.__qualname__)
        return super().compile_extra(func)


def set_environments(compiled: Any) -> None:
    """Gives a kernel's library the environments of the inner kernels in it, as Numba does when it loads one."""
    for environment in compiled._find_referenced_environments():
        compiled.library.codegen.set_env(environment.env_name, environment)


def rebuild(target_context: Any, payload: tuple) -> CompileResult:
    """The result of a compilation that was in the cache; `payload` is what Numba makes of one."""
    libdata, fndesc, environment, signature, objectmode, lifted, annotation, reload_init, environments = payload
    if libdata[0] != _LINKED:
        return CompileResult._rebuild(target_context, *payload)
    library = restored(target_context.codegen(), *libdata[1:])
    return compile_result(
        typing_context=target_context.typing_context, target_context=target_context, library=library,
        entry_point=target_context.get_executable(library, fndesc, environment), environment=environment,
        fndesc=fndesc, signature=signature, objectmode=objectmode, lifted=lifted, type_annotation=annotation,
        reload_init=reload_init, referenced_envs=environments,
    )  # fmt: skip
