"""A Django project that takes and gives files, events and cookies, for clients that are not our own."""
