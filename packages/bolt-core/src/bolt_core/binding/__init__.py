"""From a handler to its plan."""

from bolt_core.binding.compiler import Declaration, compile_handler

__all__ = ["Declaration", "compile_handler"]
