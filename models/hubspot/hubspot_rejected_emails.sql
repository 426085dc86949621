{{ hubspot_sync.hubspot_rejected_emails_sql(ref("hubspot_audience_status")) }}
