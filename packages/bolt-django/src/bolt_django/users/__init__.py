"""Who `request.user` is where a route's schemes have found out who calls.

`reading` is what `request.user` and `request.auser()` do, `loading` finds the user that `request.auth` names, `cache`
keeps users for a while, and `enclosure` loads them before handlers that name `.user` (`naming`) or whose schemes ask
for users that are still active. `blocking` is for reads that nobody foresaw.
"""
