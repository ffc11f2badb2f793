#!/usr/bin/env python
"""The example shop with the usual company, and other frameworks beside it."""

import os
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).resolve().parents[3] / "examples" / "shop")]

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "beside.settings"
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
