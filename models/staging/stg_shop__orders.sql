with
    source as (select * from {{ ref("shop_orders") }}),

    renamed as (

        select
            -- ids
            order_no as order_number,
            customer_no as customer_number,

            -- attributes
            status,
            cast(amount_eur as {{ dbt.type_numeric() }}) as amount_eur,

            -- timestamps
            cast(ordered_at as {{ dbt.type_timestamp() }}) as ordered_at
        from source

    )

select *
from renamed
