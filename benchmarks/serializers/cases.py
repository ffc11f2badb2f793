"""What is compared: the cases, the libraries, and the targets of our own."""

from dataclasses import dataclass

OURS, METHOD, MSGSPEC, HANDWRITTEN = "bolt", "bolt-method", "msgspec", "handwritten"
PYDANTIC, CATTRS, DRF = "pydantic", "cattrs", "drf"

LIBRARIES = {
    OURS: "bolt-serializers, as the framework calls it",
    METHOD: "bolt-serializers, its methods",
    MSGSPEC: "msgspec",
    HANDWRITTEN: "msgspec, `__post_init__` by hand",
    PYDANTIC: "pydantic",
    CATTRS: "cattrs, msgspec",
    DRF: "DRF",
}


@dataclass(frozen=True)
class Target:
    """What our time is held against: at most *bound* × that of *library*, or, *at_least*, so many times less."""

    library: str
    bound: float
    at_least: bool = False


@dataclass(frozen=True)
class Case:
    key: str
    title: str
    targets: tuple[Target, ...]


_IN = (Target(MSGSPEC, 1.05), Target(PYDANTIC, 4.5, at_least=True))
_VALIDATED = (Target(HANDWRITTEN, 1.15), Target(PYDANTIC, 3.3, at_least=True))
_OUT = (Target(MSGSPEC, 1.05), Target(PYDANTIC, 5, at_least=True))
_DICT = (Target(PYDANTIC, 5, at_least=True),)
_MODELS = (Target(DRF, 8, at_least=True), Target(PYDANTIC, 3, at_least=True))

CASES = (
    Case("in-one", "JSON in, five fields", _IN),
    Case("in-list", "JSON in, list of 100", _IN),
    Case("in-nested", "JSON in, nested", _IN),
    Case("in-one-validated", "JSON in, one validator in Python", _VALIDATED),
    Case("in-list-validated", "JSON in, list of 100, one validator each", _VALIDATED),
    Case("out-one", "JSON out, five fields", _OUT),
    Case("out-list", "JSON out, list of 100", _OUT),
    Case("dict-one", "to a dict, five fields", _DICT),
    Case("dict-nested", "to a dict, nested", _DICT),
    Case("models", "100 Django objects to JSON", _MODELS),
)
BY_KEY = {case.key: case for case in CASES}
