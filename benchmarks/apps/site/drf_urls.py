"""Django REST framework, served by gunicorn. It has no async views: hello is a `def` there, too."""

import os
import time

from django.http import FileResponse, StreamingHttpResponse
from django.urls import path
from rest_framework import serializers
from rest_framework.decorators import api_view, parser_classes
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from benchmarks.apps import payloads
from benchmarks.apps.site import users


class UserSerializer(serializers.Serializer):
    name = serializers.CharField()
    email = serializers.EmailField()
    age = serializers.IntegerField()


class ItemSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    price = serializers.FloatField()
    in_stock = serializers.BooleanField()
    tags = serializers.ListField(child=serializers.CharField())
    description = serializers.CharField()


class DocumentSerializer(serializers.Serializer):
    title = serializers.CharField()
    items = ItemSerializer(many=True)


class ParamsSerializer(serializers.Serializer):
    q = serializers.CharField()
    page = serializers.IntegerField(default=1)


class SearchSerializer(ParamsSerializer):
    in_stock = serializers.BooleanField()


@api_view(["GET"])
def hello(request):
    return Response(payloads.HELLO)


@api_view(["GET"])
def item(request, item_id):
    params = ParamsSerializer(data=request.query_params)
    params.is_valid(raise_exception=True)
    return Response({"item_id": item_id, **params.validated_data})


@api_view(["GET"])
def search(request):
    params = SearchSerializer(data=request.query_params)
    params.is_valid(raise_exception=True)
    found = {"request": request.headers["X-Request-Id"], "session": request.COOKIES["session"]}
    return Response({**params.validated_data, **found})


@api_view(["POST"])
def create_user(request):
    user = UserSerializer(data=request.data)
    user.is_valid(raise_exception=True)
    return Response(user.data)


@api_view(["POST"])
def create_document(request):
    document = DocumentSerializer(data=request.data)
    document.is_valid(raise_exception=True)
    data = document.validated_data
    return Response({"title": data["title"], "count": len(data["items"])})


@api_view(["POST"])
@parser_classes([MultiPartParser])
def receive(request):
    upload = request.FILES["upload"]
    upload.seek(upload.size - 8)
    return Response({"name": upload.name, "size": upload.size, "tail": upload.read(8).hex()})


def file(request):
    return FileResponse(open(os.environ["BENCH_FILE"], "rb"))


@api_view(["GET"])
def report(request):
    return Response(payloads.REPORT)


def stream(request):
    return StreamingHttpResponse(iter(payloads.CHUNKS), content_type="text/event-stream")


@api_view(["GET"])
def orm_def(request):
    return Response(users.list_users())


@api_view(["GET"])
def spin(request):
    end = time.perf_counter() + float(request.query_params["seconds"])
    while time.perf_counter() < end:
        pass
    return Response(payloads.HELLO)


urlpatterns = [
    path("hello", hello),
    path("hello-def", hello),
    path("items/<int:item_id>", item),
    path("search", search),
    path("users", create_user),
    path("upload", receive),
    path("file", file),
    path("documents", create_document),
    path("report", report),
    path("stream", stream),
    path("orm/def", orm_def),
    path("spin", spin),
]
