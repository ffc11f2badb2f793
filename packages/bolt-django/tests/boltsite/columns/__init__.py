"""Models of columns, relations and constraints that are out of the ordinary."""
