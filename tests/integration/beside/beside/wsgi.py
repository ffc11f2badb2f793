"""What a WSGI server loads: Django, whose URLs have the API's routes."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beside.settings")
application = get_wsgi_application()
