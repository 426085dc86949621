"""Send audiences from the warehouse to HubSpot, through dbt, without ever creating a contact."""
