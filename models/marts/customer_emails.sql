with
    customer_records as (select * from {{ ref("int_customer_records") }}),

    identities as (select * from {{ ref("int_identities") }}),

    merged_customers as (select * from {{ ref("merged_customers") }}),

    ranked as (

        select
            identities.customer_id,
            customer_records.email_key,
            customer_records.email,
            customer_records.source,
            customer_records.coarse_problem,
            row_number() over (
                partition by identities.customer_id, customer_records.email_key
                order by
                    customer_records.source_priority asc,
                    customer_records.updated_at desc nulls last,
                    customer_records.record_id asc
            ) as best_first,
            count(*) over (
                partition by identities.customer_id, customer_records.email_key
            ) as record_count,
            max(customer_records.updated_at) over (
                partition by identities.customer_id, customer_records.email_key
            ) as last_changed_at
        from customer_records
        inner join identities on customer_records.record_id = identities.record_id
        where customer_records.email_key <> ''

    ),

    primaries as (

        select customer_id, {{ hubspot_sync.email_key("email") }} as email_key
        from merged_customers

    ),

    addresses as (

        select
            ranked.customer_id,
            ranked.email_key,
            ranked.email,
            ranked.source,
            ranked.coarse_problem,
            ranked.record_count,
            ranked.last_changed_at,
            primaries.customer_id is not null as is_primary
        from ranked
        left join
            primaries
            on ranked.customer_id = primaries.customer_id
            and ranked.email_key = primaries.email_key
        where ranked.best_first = 1

    )

select *
from addresses
