"""What is wrong with the values of a parameter that a client repeats."""


class InvalidItems(ValueError):
    """Every wrong value of a repeated parameter, by its index."""

    def __init__(self, items: list[tuple[int, ValueError]]) -> None:
        super().__init__(str(items[0][1]))
        self.items = items
