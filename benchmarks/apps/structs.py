"""What the applications that use msgspec read from bodies, and what is read in a plain loop for comparison."""

import msgspec


class User(msgspec.Struct):
    name: str
    email: str
    age: int


class Signup(msgspec.Struct):
    name: str
    email: str
    age: int
    newsletter: bool
    tags: list[str]


class Item(msgspec.Struct):
    id: int
    name: str
    price: float
    in_stock: bool
    tags: list[str]
    description: str


class Document(msgspec.Struct):
    title: str
    items: list[Item]
