"""The same small application in several frameworks, and what each request costs its server. See README.md."""
