"""What validating and writing data costs in process, beside other libraries: `nox -s bench -- serializers`."""
