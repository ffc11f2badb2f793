"""Django's command line for the depot, a project that browsers and other clients are tried against."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "depot.settings")
    execute_from_command_line(sys.argv)
