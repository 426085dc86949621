with
    customer_records as (select * from {{ ref("int_customer_records") }}),

    match_keys as (select * from {{ ref("int_match_keys") }}),

    links as (select record_id, match_key from match_keys where no_link_reason is null),

    components as (

        {{ hubspot_sync.connected_components("links", "record_id", "match_key") }}

    ),

    -- A record that shares no key is a group of its own.
    grouped as (

        select
            customer_records.record_id,
            coalesce(
                components.component_id, {{ dbt.hash("customer_records.record_id") }}
            ) as component_id
        from customer_records
        left join components on customer_records.record_id = components.record_id

    )

select *
from grouped
