{{ config(enabled=var("hubspot_demo", true), severity="warn") }}
-- Such a key links nobody. It may be an office's address, or a default that belongs
-- into placeholder_keys.
with
    match_keys as (select * from {{ ref("int_match_keys") }}),

    shared_keys as (

        select distinct key_type, key_value, record_count
        from match_keys
        where no_link_reason = 'too_many_records'

    )

select *
from shared_keys
