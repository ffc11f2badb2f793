"""What `runbolt` does: listening sockets, supervised workers, reload."""
