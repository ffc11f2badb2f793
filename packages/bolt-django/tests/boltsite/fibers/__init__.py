"""An application whose routes tell where async ORM calls run."""
