"""Which core a process runs on."""


def pinned(core: int | None) -> list[str]:
    """What a command is prefixed with to run on *core* only; nothing where that is left to the system."""
    return [] if core is None else ["taskset", "--cpu-list", str(core)]
