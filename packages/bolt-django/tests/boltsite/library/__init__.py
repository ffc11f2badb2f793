"""Models of every kind of field and relation, which serializers read and write."""
