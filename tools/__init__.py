"""The checks that nox runs: each is one small module with a `main()` that returns an exit code."""
