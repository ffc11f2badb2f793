# ruff: noqa
# fmt: off
"""Authentication & JWT tokens, protected routes, revocation; what a snippet takes for granted stands before it.

`authenticate` is Django's synchronous function; awaited, it is `aauthenticate`, which the decisions settle.
"""

from datetime import timedelta

import msgspec
from django.contrib.auth import aauthenticate as authenticate
from django_bolt import BoltAPI

api = BoltAPI()


class LoginCredentials(msgspec.Struct):
    username: str
    password: str


from django_bolt.auth.jwt_utils import create_jwt_for_user
from django_bolt.exceptions import Unauthorized

# Login endpoint that issues JWT tokens
@api.post("/auth/login")
async def login(credentials: LoginCredentials):
    # Authenticate user
    user = await authenticate(username=credentials.username, password=credentials.password)
    if not user:
        raise Unauthorized(detail="Invalid credentials")

    # Create JWT token
    token = create_jwt_for_user(
        user=user,
        secret="your-secret-key",
        expires_delta=timedelta(days=7)
    )

    return {"access_token": token, "token_type": "bearer"}

# Or create token manually with jwt library
import jwt
import time

@api.post("/auth/token")
async def create_token(user_id: int):
    payload = {
        "sub": str(user_id),  # Subject claim (user identifier)
        "user_id": str(user_id),
        "exp": int(time.time()) + 3600,  # Expires in 1 hour
        "iat": int(time.time()),  # Issued at
        # Optional claims:
        "is_staff": False,
        "is_superuser": False,
        "permissions": ["read", "write"],
    }
    token = jwt.encode(payload, "your-secret", algorithm="HS256")
    return {"token": token}


from django_bolt.auth import JWTAuthentication, IsAuthenticated, APIKeyAuthentication

# JWT Authentication with automatic user loading
jwt_auth = JWTAuthentication(secret="your-secret")

@api.get("/me", auth=[jwt_auth], guards=[IsAuthenticated()])
async def get_current_user(request):
    # request.user is automatically loaded from database
    user = request.user
    return {"id": user.id, "username": user.username}

# Access auth context directly
@api.get("/profile", auth=[jwt_auth], guards=[IsAuthenticated()])
async def get_profile(request):
    auth = request.get("auth", {})
    user_id = auth.get("user_id")
    is_staff = auth.get("is_staff", False)
    return {"user_id": user_id, "is_staff": is_staff}

# API Key Authentication
api_key_auth = APIKeyAuthentication(api_keys={"secret-key-123"})

@api.get("/api/data", auth=[api_key_auth], guards=[IsAuthenticated()])
async def protected_data(request):
    return {"data": "sensitive"}

# Works in sync handlers too
@api.get("/sync/me", auth=[jwt_auth], guards=[IsAuthenticated()])
def get_current_user_sync(request):
    user = request.user
    return {"id": user.id}


from django_bolt.auth.revocation import InMemoryRevocation, DjangoCacheRevocation

# Use in-memory revocation (simple, single-process)
revocation_store = InMemoryRevocation()

jwt_auth = JWTAuthentication(
    secret="your-secret",
    revocation_store=revocation_store
)

# Logout endpoint - revoke token
@api.post("/auth/logout", auth=[jwt_auth], guards=[IsAuthenticated()])
async def logout(request):
    auth = request.get("auth", {})
    jti = auth.get("jti")  # Token ID (include in JWT when creating)
    if jti:
        await revocation_store.revoke(jti)
    return {"message": "Logged out"}

# For multi-process: use DjangoCacheRevocation or DjangoORMRevocation
from django_bolt.auth.revocation import DjangoCacheRevocation
shared_store = DjangoCacheRevocation()


# Guards: `IsAuthenticated()`, `IsAdminUser()`, `IsStaff()`, `HasPermission("perm")`, `HasAnyPermission([...])`,
# `HasAllPermissions([...])`
from django_bolt.auth import HasAllPermissions, HasAnyPermission, HasPermission, IsAdminUser, IsStaff

for name, guard in {
    "admin": IsAdminUser(),
    "staff": IsStaff(),
    "one": HasPermission("read"),
    "any": HasAnyPermission(["read", "purge"]),
    "all": HasAllPermissions(["read", "purge"]),
}.items():
    @api.get(f"/guarded/{name}", auth=[jwt_auth], guards=[guard])
    async def guarded():
        return {"ok": True}
