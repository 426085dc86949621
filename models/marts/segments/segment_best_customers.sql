with
    customer_360 as (select * from {{ ref("customer_360") }}),

    best as (

        select customer_id
        from customer_360
        where {{ hubspot_sync.is_in("value_tier", ["top_1", "top_5", "top_10"]) }}

    )

select *
from best
