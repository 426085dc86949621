{{ config(enabled=hubspot_sync.has_customers(), severity="warn") }}
-- Such a key links nobody. It may be an office's address, or a default that belongs
-- into placeholder_keys.
with
    match_keys as (select * from {{ ref("int_match_keys") }}),

    shared_keys as (

        select lead_value, max(sharing_count) as record_count
        from match_keys
        where no_link_reason = 'too_many_records'
        group by lead_value

    )

select *
from shared_keys
