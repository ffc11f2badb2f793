"""The lock under which classes are made and shown to msgspec.

One for all of it: what is looked at while a class is made may make other classes, in any order.
"""

import threading

making = threading.RLock()
"""No other thread may see a class while msgspec is shown other types than its own, nor one that is half made."""
