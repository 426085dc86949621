{{ config(enabled=hubspot_sync.has_customers()) }}
with
    customer_records as (select * from {{ ref("int_customer_records") }}),

    identities as (select * from {{ ref("int_identities") }}),

    merged_customers as (select * from {{ ref("merged_customers") }}),

    lost_records as (

        select customer_records.record_id
        from customer_records
        left join identities on customer_records.record_id = identities.record_id
        left join
            merged_customers on identities.customer_id = merged_customers.customer_id
        where merged_customers.customer_id is null

    )

select *
from lost_records
