with
    customer_360 as (select * from {{ ref("customer_360") }}),

    new as (

        select customer_id
        from customer_360
        where {{ hubspot_sync.is_in_last_days("first_order_at", 365) }}

    )

select *
from new
