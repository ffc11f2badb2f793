"""Helpers of the tests: a real `runbolt`, and the same application inside the test's process."""
