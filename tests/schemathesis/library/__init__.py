"""A small application with every kind of parameter, described in `openapi.yaml`."""
