"""The quick reference's Serializer section, as printed."""

from django.contrib.auth.models import User
from django_bolt import BoltAPI
from django_bolt.serializers import Serializer, field_validator

api = BoltAPI()


class UserCreate(Serializer):
    username: str
    email: str

    @field_validator("email")
    def validate_email(cls, value):
        if "@" not in value:
            raise ValueError("Invalid email")
        return value.lower()


class UserResponse(Serializer):
    id: int
    username: str


@api.post("/users", response_model=UserResponse)
async def create_user(data: UserCreate):
    user = await User.objects.acreate(**data.to_dict())
    return UserResponse.from_model(user)
