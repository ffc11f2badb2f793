"""300 routes with a path parameter, a query parameter and every third with a body, for the start-up case."""

import msgspec
from django_bolt import BoltAPI

api = BoltAPI()


class User(msgspec.Struct):
    name: str
    email: str
    age: int


def _register(number):
    @api.get(f"/resource{number}/{{pk}}")
    async def read(pk: int, q: str = ""):
        return {"pk": pk, "q": q}

    @api.get(f"/resource{number}")
    def index(page: int = 1, size: int = 20):
        return {"page": page, "size": size}

    @api.post(f"/resource{number}")
    async def create(user: User):
        return user


for _number in range(100):
    _register(_number)


@api.get("/hello")
async def hello():
    return {"message": "Hello, World!"}
