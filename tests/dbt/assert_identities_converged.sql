{{ config(enabled=hubspot_sync.has_customers()) }}
-- A key whose records ended up as two customers: the rounds of connected_components
-- were too few.
with
    match_keys as (select * from {{ ref("int_match_keys") }}),

    identities as (select * from {{ ref("int_identities") }}),

    split_keys as (

        select match_keys.match_key
        from match_keys
        inner join identities on match_keys.record_id = identities.record_id
        where match_keys.no_link_reason is null
        group by match_keys.match_key
        having count(distinct identities.customer_id) > 1

    )

select *
from split_keys
