"""Users of other kinds than Django's, and routes that ask who calls."""
