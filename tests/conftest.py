"""Django for the repository's tests: the lab's settings, in whichever of these folders a run begins."""

import os
import sys
from pathlib import Path

import django

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "contract"), str(HERE / "integration")]
os.environ["DJANGO_SETTINGS_MODULE"] = "lab.settings"
# Test modules import models, and pytest-django has looked for settings before it came to this file.
django.setup()
