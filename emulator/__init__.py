"""A strict HubSpot in a folder: a server program that knows nothing of the sync."""
