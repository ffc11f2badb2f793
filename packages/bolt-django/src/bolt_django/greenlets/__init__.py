"""The ORM of `async def` handlers without threads, on PostgreSQL: in greenlets on the thread of the event loop.

`fibers` switches between them and the loop, `plain` says which calls may run so, `executor` runs them and gives all
others to lanes. What waits for the database is `bolt_django.postgresql`.
"""
