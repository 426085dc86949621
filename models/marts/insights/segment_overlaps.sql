with
    segment_insights as (select * from {{ ref("segment_insights") }}),

    segment_members as (select * from {{ ref("segment_members") }}),

    customer_360 as (select * from {{ ref("customer_360") }}),

    members as (

        select segment_members.segment, segment_members.customer_id
        from segment_members
        inner join
            customer_360 on segment_members.customer_id = customer_360.customer_id

    ),

    shared as (

        select members.segment, others.segment as other_segment, count(*) as customers
        from members
        inner join
            members as others
            on members.customer_id = others.customer_id
            and members.segment <> others.segment
        group by members.segment, others.segment

    ),

    pairs as (

        select
            segments.segment,
            segments.segment_no,
            segments.customers as segment_customers,
            others.segment as other_segment,
            others.segment_no as other_segment_no,
            others.customers as other_customers
        from segment_insights as segments
        inner join segment_insights as others on segments.segment_no < others.segment_no
        where segments.segment_no > 0

    ),

    compared as (

        select
            pairs.segment,
            pairs.other_segment,
            cast(coalesce(shared.customers, 0) as {{ dbt.type_bigint() }}) as customers,
            cast(
                cast(coalesce(shared.customers, 0) as {{ dbt.type_numeric() }})
                / nullif(pairs.segment_customers, 0) as {{ dbt.type_numeric() }}
            ) as share_of_segment,
            cast(
                cast(coalesce(shared.customers, 0) as {{ dbt.type_numeric() }})
                / nullif(pairs.other_customers, 0) as {{ dbt.type_numeric() }}
            ) as share_of_other
        from pairs
        left join
            shared
            on pairs.segment = shared.segment
            and pairs.other_segment = shared.other_segment

    )

select *
from compared
