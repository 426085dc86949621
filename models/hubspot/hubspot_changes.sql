{{
    hubspot_sync.hubspot_changes_sql(
        ref("hubspot_members"), ref("hubspot_audience_rows")
    )
}}
