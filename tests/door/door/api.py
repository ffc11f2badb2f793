"""A login with tokens in cookies, and something to order for who is logged in."""

from typing import Any

from django_bolt import BoltAPI
from django_bolt.auth import IsAuthenticated, LoginViews, TokenCookies, auth_router
from django_bolt.auth.revocation import DjangoORMRevocation
from django_bolt.responses import HTML

# Without HTTPS, which a test on this machine has not.
views = LoginViews(store=DjangoORMRevocation(), cookies=TokenCookies(secure=False, refresh_path="/auth"))
api = BoltAPI()
api.include(auth_router(views))
ORDERS: list[str] = []
KNOWN = {"auth": [views.scheme], "guards": [IsAuthenticated()]}


@api.get("/")
async def page() -> HTML:
    """The page that a browser begins on."""
    return HTML("<!doctype html><title>door</title>")


@api.get("/me", **KNOWN)
async def me(request: Any) -> dict[str, Any]:
    """Who is logged in."""
    user = await request.auser()
    return {"username": user.username, "orders": ORDERS}


@api.post("/orders", **KNOWN)
async def order(request: Any) -> dict[str, Any]:
    """Something that another site would like to happen."""
    ORDERS.append(request.auth["user_id"])
    return {"orders": len(ORDERS)}


@api.get("/elsewhere")
async def elsewhere(target: str) -> HTML:
    """A page of another origin, which posts to *target* as soon as it is opened."""
    form = f'<form method="post" action="{target}"></form><script>document.forms[0].submit()</script>'
    return HTML(f"<!doctype html><title>elsewhere</title>{form}")
