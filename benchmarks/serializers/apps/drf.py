"""Django REST framework, with its own parser and renderer of JSON."""

import io

from rest_framework import serializers
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer

from benchmarks.serializers.apps import data, django_models


class Person(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    email = serializers.CharField()
    score = serializers.FloatField()
    joined = serializers.DateTimeField()


class CheckedPerson(Person):
    def validate_email(self, value):
        return data.check(value)


class Line(serializers.Serializer):
    sku = serializers.CharField()
    quantity = serializers.IntegerField()
    price = serializers.FloatField()


class Order(serializers.Serializer):
    id = serializers.IntegerField()
    customer = Person()
    lines = Line(many=True)
    note = serializers.CharField(allow_null=True)


class ModelPerson(serializers.ModelSerializer):
    class Meta:
        model = django_models.Person
        fields = ("id", "name", "email", "score", "joined")


def work():
    parse, render = JSONParser().parse, JSONRenderer().render

    def load(serializer, text, many=False):
        made = serializer(data=parse(io.BytesIO(text)), many=many)
        made.is_valid(raise_exception=True)
        return made.validated_data

    one, many = django_models.Person(**data.ONE), django_models.OBJECTS
    return {
        "in-one": lambda: load(Person, data.ONE_JSON),
        "in-list": lambda: load(Person, data.MANY_JSON, many=True),
        "in-nested": lambda: load(Order, data.NESTED_JSON),
        "in-one-validated": lambda: load(CheckedPerson, data.ONE_JSON),
        "in-list-validated": lambda: load(CheckedPerson, data.MANY_JSON, many=True),
        "out-one": lambda: render(Person(one).data),
        "out-list": lambda: render(Person(many, many=True).data),
        "models": lambda: render(ModelPerson(django_models.OBJECTS, many=True).data),
    }
