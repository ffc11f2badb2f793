"""Our routes inside Django's own stack: an engine in the background, fed by whichever server runs the process.

`engine` starts and finds it, `talk` is HTTP between the two, `patterns` and `views` are the routes as Django's URL
patterns, `routes` tells which paths are ours, and `bolt_django.asgi` is the ASGI application.
"""
