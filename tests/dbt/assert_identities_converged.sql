{{ config(enabled=hubspot_sync.has_customers()) }}
-- A key whose records ended up as two customers: the rounds of connected_components
-- were too few. Of a divided group each part counts for itself.
with
    match_keys as (select * from {{ ref("int_match_keys") }}),

    record_groups as (select * from {{ ref("int_record_groups") }}),

    identities as (select * from {{ ref("int_identities") }}),

    split_keys as (

        select match_keys.match_key, record_groups.divided_by
        from match_keys
        inner join record_groups on match_keys.record_id = record_groups.record_id
        inner join identities on match_keys.record_id = identities.record_id
        where match_keys.no_link_reason is null
        group by match_keys.match_key, record_groups.divided_by
        having count(distinct identities.customer_id) > 1

    )

select *
from split_keys
