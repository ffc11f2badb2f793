"""The project's own Django middleware around API routes: `BOLT["MIDDLEWARE"]`, `BoltAPI(django_middleware=…)`."""
