{{ hubspot_sync.hubspot_rejected_updates_sql(ref("hubspot_audience_rows")) }}
