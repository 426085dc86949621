with

    lookups as (
        select
            contact_lookups.*,
            row_number() over (
                partition by portal_id, contact_id order by step desc
            ) as newest_first
        from {{ source("hubspot_sync_state", "contact_lookups") }} as contact_lookups
        where outcome = 'found'
    ),

    consent as (
        select portal_id, contact_id, opted_out, bounced, looked_up_at
        from lookups
        where newest_first = 1
    )

select *
from consent
