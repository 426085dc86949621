with
    customer_records as (select * from {{ ref("int_customer_records") }}),

    identities as (select * from {{ ref("int_identities") }}),

    suppressed_customers as (select * from {{ ref("int_suppressed_customers") }}),

    -- Suppression binds the address: nobody else may be written to under an address
    -- of a suppressed customer.
    reached as (

        select distinct customer_records.email_key
        from customer_records
        inner join identities on customer_records.record_id = identities.record_id
        inner join
            suppressed_customers
            on identities.customer_id = suppressed_customers.customer_id
        where customer_records.email_key <> ''

    )

select *
from reached
