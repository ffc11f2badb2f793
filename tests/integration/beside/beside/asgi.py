"""What an ASGI server loads: the API in front, Django behind it."""

import os

from django_bolt.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beside.settings")
application = get_asgi_application()
