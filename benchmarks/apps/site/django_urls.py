"""Plain Django views, with the admin where the project has it; served by gunicorn and uvicorn."""

from django.conf import settings
from django.contrib import admin
from django.http import JsonResponse
from django.urls import path

from benchmarks.apps import payloads
from benchmarks.apps.middleware import ALL
from benchmarks.apps.site import users


def hello_def(request):
    return JsonResponse(payloads.HELLO)


async def hello(request):
    return JsonResponse(payloads.HELLO)


def orm_def(request):
    return JsonResponse(users.list_users(), safe=False)


async def orm_async(request):
    return JsonResponse(await users.alist_users(), safe=False)


def orm_get_def(request, pk):
    return JsonResponse(users.get_user(pk))


async def orm_get_async(request, pk):
    return JsonResponse(await users.aget_user(pk))


def orm_sleep_def(request):
    return JsonResponse(users.sleep(float(request.GET["seconds"])))


async def orm_sleep(request):
    return JsonResponse(await users.asleep(float(request.GET["seconds"])))


urlpatterns = [
    path("hello", hello),
    path("hello-def", hello_def),
    path("orm/def", orm_def),
    path("orm/def/<int:pk>", orm_get_def),
    path("orm/async", orm_async),
    path("orm/async/<int:pk>", orm_get_async),
    path("orm/sleep", orm_sleep),
    path("orm/sleep-def", orm_sleep_def),
    # Both behind the project's middleware, which is none or all seven.
    path("behind/none/def", hello_def),
    path("behind/none/async", hello),
    path(f"behind/{ALL}/def", hello_def),
    path(f"behind/{ALL}/async", hello),
]
if "django.contrib.admin" in settings.INSTALLED_APPS:
    urlpatterns.append(path("admin/", admin.site.urls))
