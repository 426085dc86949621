with
    customer_360 as (select * from {{ ref("customer_360") }}),

    lapsed as (

        select customer_id
        from customer_360
        where
            order_count > 0
            and last_order_at < {{ dbt.dateadd("day", -180, hubspot_sync.as_of()) }}
            and not is_suppressed

    )

select *
from lapsed
