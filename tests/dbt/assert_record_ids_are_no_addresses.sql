{{ config(enabled=hubspot_sync.has_customers(), severity="warn") }}
-- customer_id_history never forgets a record id, so `hubspot-sync forget` would leave
-- the
-- address there. Give the source another id, such as a hash with a secret salt.
with
    customer_records as (select * from {{ ref("int_customer_records") }}),

    address_like as (

        select source, count(*) as record_count
        from customer_records
        where source_record_id like '%@%'
        group by source

    )

select *
from address_like
