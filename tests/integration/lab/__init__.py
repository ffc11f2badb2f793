"""A Django project that exists to be tested against: every handler misbehaves in a way of its own."""
