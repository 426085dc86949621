with
    history as (select * from {{ ref("customer_id_history") }}),

    identities as (select * from {{ ref("int_identities") }}),

    customer_records as (select * from {{ ref("int_customer_records") }}),

    -- The records that gave an id up last, and whom they belong to now.
    left_last as (

        select
            history.previous_customer_id as alias_id,
            identities.customer_id,
            history.assigned_at as alias_since,
            row_number() over (
                partition by history.previous_customer_id
                order by
                    history.build_no desc,
                    customer_records.created_at asc nulls last,
                    customer_records.source_priority asc,
                    customer_records.record_id asc
            ) as heir_first
        from history
        inner join identities on history.record_id = identities.record_id
        inner join customer_records on history.record_id = customer_records.record_id
        where history.previous_customer_id is not null

    ),

    current_ids as (select distinct customer_id from identities),

    aliases as (

        select left_last.alias_id, left_last.customer_id, left_last.alias_since
        from left_last
        left join current_ids on left_last.alias_id = current_ids.customer_id
        where left_last.heir_first = 1 and current_ids.customer_id is null

    )

select *
from aliases
