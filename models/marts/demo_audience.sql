with
    segment_lapsed_customers as (select * from {{ ref("segment_lapsed_customers") }}),

    merged_customers as (select * from {{ ref("merged_customers") }}),

    addressed as (

        select
            'Lapsed customers' as list_name,
            cast(null as {{ dbt.type_string() }}) as campaign,
            cast(null as {{ dbt.type_string() }}) as sub_audience,
            cast(null as {{ dbt.type_string() }}) as treatment,
            merged_customers.customer_id,
            merged_customers.email,
            merged_customers.email_source as source,
            merged_customers.created_at as customer_created_at
        from segment_lapsed_customers
        inner join
            merged_customers
            on segment_lapsed_customers.customer_id = merged_customers.customer_id

    )

select *
from addressed
