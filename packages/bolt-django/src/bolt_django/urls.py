"""The project's routes as Django's URLs: `path("", include("bolt_django.urls"))` in the project's URL configuration.

`reverse("bolt:get_item", kwargs={"item_id": 3})` and `{% url "bolt:get_item" item_id=3 %}` then find them, and Django's
own handlers (WSGI, ASGI, `runserver`, its test clients) serve them.
"""

from bolt_django.bridge import patterns
from bolt_django.bridge.engine import application

app_name = patterns.NAMESPACE
urlpatterns = patterns.patterns_of(application())
