"""Code of the quick reference, letter for letter; the tests beside this folder say what it must do."""
