"""Routes that end tokens, with the store that TEST_REVOCATION names; for tests of several processes."""
