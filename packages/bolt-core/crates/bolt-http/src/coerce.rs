//! Raw text to typed scalars.
