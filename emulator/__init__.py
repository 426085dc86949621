"""A strict HubSpot in a folder: contacts, lists and memberships over real HTTP, for tests and demos."""
