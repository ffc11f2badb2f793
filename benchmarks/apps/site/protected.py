"""django-bolt's routes that ask who calls."""

from django_bolt import BoltAPI
from django_bolt.auth import APIKeyAuthentication, IsAuthenticated, JWTAuthentication

from benchmarks.apps import credentials, payloads

api = BoltAPI(prefix="/protected", guards=[IsAuthenticated()])
SECRET = JWTAuthentication(secret=credentials.SECRET)


@api.get("/claims", auth=[SECRET])
async def claims(request):
    return {"user_id": request.auth["user_id"]}


@api.get("/hs256", auth=[SECRET])
@api.get("/es256", auth=[JWTAuthentication(public_key=credentials.ES256_KEY.public_key())])
@api.get("/eddsa", auth=[JWTAuthentication(public_key=credentials.EDDSA_KEY.public_key())])
@api.get("/key", auth=[APIKeyAuthentication(api_keys=credentials.API_KEYS)])
async def hello():
    return payloads.HELLO
