with
    customer_360 as (select * from {{ ref("customer_360") }}),

    lapsed as (

        select customer_id
        from customer_360
        where
            {{ hubspot_sync.is_at_least("order_count", 1) }}
            and {{ hubspot_sync.is_not_in_last_days("last_order_at", 180) }}
            and {{ hubspot_sync.is_equal("is_suppressed", false) }}

    )

select *
from lapsed
