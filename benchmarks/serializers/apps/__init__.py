"""The same work in each library.

A module's `work()` gives what is timed, by the key of its case; `measure` holds each to the same result.
"""
