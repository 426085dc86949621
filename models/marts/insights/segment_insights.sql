{#- In the order of the var; 0 are all customers. -#}
with
    customer_360 as (select * from {{ ref("customer_360") }}),

    segment_members as (select * from {{ ref("segment_members") }}),

    segments as (

        select 0 as segment_no, '(all customers)' as segment
        {%- for segment in hubspot_sync.hubspot_segments() %}

            union all

            select
                {{ loop.index }} as segment_no,
                {{ hubspot_sync.text_literal(segment) }} as segment
        {%- endfor %}

    ),

    members as (

        select segment, customer_id
        from segment_members

        union all

        select '(all customers)' as segment, customer_id
        from customer_360

    ),

    described as (

        select
            members.segment,
            customers.order_count,
            customers.revenue,
            customers.revenue_365_days,
            case
                when
                    customers.reachability
                    in ('reachable', 'not_in_hubspot', 'not_looked_up')
                then 1
                else 0
            end as is_reachable,
            case
                when customers.lookup_outcome in ('found', 'absent') then 1 else 0
            end as is_looked_up,
            case
                when customers.lookup_outcome = 'found' then 1 else 0
            end as is_on_hubspot,
            case when customers.orders_365_days > 0 then 1 else 0 end as is_active
        from members
        inner join
            customer_360 as customers on members.customer_id = customers.customer_id

    ),

    counted as (

        select
            segment,
            count(*) as customers,
            sum(is_reachable) as reachable_by_email,
            sum(is_looked_up) as looked_up,
            sum(is_on_hubspot) as on_hubspot,
            sum(is_active) as active_365_days,
            sum(order_count) as orders,
            sum(revenue) as revenue,
            sum(revenue_365_days) as revenue_365_days
        from described
        group by segment

    ),

    totals as (select count(*) as customers from customer_360),

    insights as (

        select
            segments.segment_no,
            cast(segments.segment as {{ dbt.type_string() }}) as segment,
            cast(
                coalesce(counted.customers, 0) as {{ dbt.type_bigint() }}
            ) as customers,
            cast(
                cast(coalesce(counted.customers, 0) as {{ dbt.type_numeric() }})
                / nullif(totals.customers, 0) as {{ dbt.type_numeric() }}
            ) as share_of_customers,
            {%- for column in [
                "reachable_by_email",
                "looked_up",
                "on_hubspot",
                "active_365_days",
            ] %}
                cast(
                    coalesce(counted.{{ column }}, 0) as {{ dbt.type_bigint() }}
                ) as {{ column }},
            {%- endfor %}
            cast(coalesce(counted.revenue, 0) as {{ dbt.type_numeric() }}) as revenue,
            cast(
                coalesce(counted.revenue_365_days, 0) as {{ dbt.type_numeric() }}
            ) as revenue_365_days,
            cast(
                counted.revenue / nullif(counted.orders, 0) as {{ dbt.type_numeric() }}
            ) as average_order_value,
            {{ hubspot_sync.as_of() }} as as_of
        from segments
        cross join totals
        left join counted on segments.segment = counted.segment

    )

select *
from insights
