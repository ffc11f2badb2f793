"""One Django project for the three frameworks that live in one: bolt, ninja and drf."""
