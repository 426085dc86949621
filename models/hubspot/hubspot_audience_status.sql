{{
    hubspot_sync.hubspot_audience_status_sql(
        ref("hubspot_members"), ref("hubspot_audience_rows")
    )
}}
