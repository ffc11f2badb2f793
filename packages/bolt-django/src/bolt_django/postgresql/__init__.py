"""Connections of psycopg 3 that the ORM of `async def` handlers uses in greenlets. Only this package imports psycopg.

`connections` waits for the database's socket through the loop, `cursors` gives the loop turns while a result is read.
"""
