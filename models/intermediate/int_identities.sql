with
    customer_records as (select * from {{ ref("int_customer_records") }}),

    match_keys as (select * from {{ ref("int_match_keys") }}),

    links as (select record_id, match_key from match_keys where no_link_reason is null),

    components as (

        {{ hubspot_sync.connected_components("links", "record_id", "match_key") }}

    ),

    -- A record that shares no key is a customer of its own.
    labelled as (

        select
            customer_records.record_id,
            customer_records.created_at,
            customer_records.source_priority,
            coalesce(
                components.component_id, {{ dbt.hash("customer_records.record_id") }}
            ) as component_id
        from customer_records
        left join components on customer_records.record_id = components.record_id

    ),

    -- The component's label changes when a record joins; the oldest record's id stays.
    identified as (

        select
            record_id,
            component_id,
            first_value(record_id) over (
                partition by component_id
                order by created_at asc nulls last, source_priority asc, record_id asc
                rows between unbounded preceding and unbounded following
            ) as customer_id
        from labelled

    )

select *
from identified
