{#- Customers that a group must have before the interval of its mean revenue is worth telling. -#}
{%- set least_customers = 30 -%}
{#- Upper 2.5 % point of the normal distribution. -#}
{%- set z = "1.959963984540054" -%}
{%- set float = hubspot_sync.float_type() -%}
with
    enrolments as (select * from {{ ref("campaign_enrolments") }}),

    aliases as (select * from {{ ref("customer_aliases") }}),

    identities as (select * from {{ ref("int_identities") }}),

    orders as (select * from {{ ref("int_orders") }}),

    exposures as (

        select *
        from {{ ref("campaign_exposures") }}
        where exposed_at <= {{ hubspot_sync.as_of() }}

    ),

    ranked_assignments as (

        select
            enrolments.*,
            coalesce(
                aliases.customer_id, enrolments.customer_id
            ) as current_customer_id,
            row_number() over (
                partition by
                    enrolments.campaign,
                    coalesce(aliases.customer_id, enrolments.customer_id)
                order by
                    enrolments.build_no asc,
                    case when enrolments.is_control then 0 else 1 end asc,
                    enrolments.customer_id asc
            ) as earliest_first
        from enrolments
        left join aliases on enrolments.customer_id = aliases.alias_id
        where enrolments.is_active

    ),

    -- Whoever is moved or leaves later counts as assigned first: what came after may be
    -- an effect of the treatment.
    assignments as (

        select
            campaign,
            current_customer_id as customer_id,
            sub_audience,
            treatment,
            is_control,
            build_no,
            assigned_at
        from ranked_assignments
        where earliest_first = 1

    ),

    cohorts as (

        select campaign, sub_audience, build_no, max(assigned_at) as assigned_at
        from assignments
        group by campaign, sub_audience, build_no

    ),

    moments as (select distinct campaign, sub_audience, exposed_at from exposures),

    -- One moment for treatment and control alike, and of no customer's own making.
    started_cohorts as (

        select
            cohorts.campaign,
            cohorts.sub_audience,
            cohorts.build_no,
            min(moments.exposed_at) as counted_from
        from cohorts
        inner join
            moments
            on cohorts.campaign = moments.campaign
            and cohorts.sub_audience = moments.sub_audience
            and cohorts.assigned_at <= moments.exposed_at
        group by cohorts.campaign, cohorts.sub_audience, cohorts.build_no

    ),

    customers as (

        select
            assignments.campaign,
            assignments.customer_id,
            assignments.sub_audience,
            assignments.treatment,
            assignments.is_control,
            started_cohorts.counted_from,
            exposures.exposed_at
        from assignments
        left join
            started_cohorts
            on assignments.campaign = started_cohorts.campaign
            and assignments.sub_audience = started_cohorts.sub_audience
            and assignments.build_no = started_cohorts.build_no
        left join
            exposures
            on assignments.campaign = exposures.campaign
            and assignments.customer_id = exposures.customer_id

    ),

    customer_orders as (

        select
            customers.campaign,
            customers.customer_id,
            count(*) as order_count,
            sum(orders.amount) as revenue
        from customers
        inner join identities on customers.customer_id = identities.customer_id
        inner join orders on identities.record_id = orders.record_id
        where
            orders.ordered_at >= customers.counted_from
            and orders.ordered_at <= {{ hubspot_sync.as_of() }}
        group by customers.campaign, customers.customer_id

    ),

    measured as (

        select
            customers.campaign,
            customers.sub_audience,
            customers.treatment,
            customers.is_control,
            customers.counted_from,
            customers.exposed_at,
            customer_orders.order_count,
            customer_orders.revenue,
            case
                when customers.counted_from is not null
                then cast(coalesce(customer_orders.revenue, 0) as {{ float }})
            end as counted_revenue
        from customers
        left join
            customer_orders
            on customers.campaign = customer_orders.campaign
            and customers.customer_id = customer_orders.customer_id

    ),

    counted as (

        select
            campaign,
            sub_audience,
            treatment,
            is_control,
            count(*) as customers,
            count(exposed_at) as customers_exposed,
            count(counted_from) as customers_counted,
            min(counted_from) as counted_since,
            count(order_count) as customers_ordered,
            coalesce(sum(order_count), 0) as orders,
            coalesce(sum(revenue), 0) as revenue,
            avg(counted_revenue) as mean_revenue,
            var_samp(counted_revenue) as revenue_variance
        from measured
        group by campaign, sub_audience, treatment, is_control

    ),

    treatment_groups as (

        select
            counted.*,
            cast(customers_ordered as {{ float }})
            / nullif(customers_counted, 0) as ordered_share,
            {{
                hubspot_sync.wilson_bound(
                    "customers_ordered", "customers_counted", z, "lower"
                )
            }} as share_low,
            {{
                hubspot_sync.wilson_bound(
                    "customers_ordered", "customers_counted", z, "upper"
                )
            }} as share_high,
            case
                when customers_counted >= {{ least_customers }}
                then revenue_variance / customers_counted
            end as squared_error
        from counted

    ),

    compared as (

        select
            treated.*,
            treated.ordered_share - control.ordered_share as share_difference,
            -- Newcombe 1998, method 10.
            treated.ordered_share
            - control.ordered_share
            - sqrt(
                power(treated.ordered_share - treated.share_low, 2)
                + power(control.share_high - control.ordered_share, 2)
            ) as share_difference_low,
            treated.ordered_share
            - control.ordered_share
            + sqrt(
                power(treated.share_high - treated.ordered_share, 2)
                + power(control.ordered_share - control.share_low, 2)
            ) as share_difference_high,
            treated.mean_revenue - control.mean_revenue as revenue_difference,
            {{ z }}
            * sqrt(treated.squared_error + control.squared_error) as revenue_margin
        from treatment_groups as treated
        left join
            treatment_groups as control
            on treated.campaign = control.campaign
            and treated.sub_audience = control.sub_audience
            and control.is_control
            and not treated.is_control

    ),

    results as (

        select
            campaign,
            sub_audience,
            treatment,
            is_control,
            customers,
            customers_exposed,
            customers_counted,
            counted_since,
            customers_ordered,
            cast(orders as {{ dbt.type_bigint() }}) as orders,
            cast(revenue as {{ dbt.type_numeric() }}) as revenue,
            cast(ordered_share as {{ dbt.type_numeric() }}) as ordered_share,
            cast(mean_revenue as {{ dbt.type_numeric() }}) as revenue_per_customer,
            cast(
                share_difference as {{ dbt.type_numeric() }}
            ) as ordered_share_difference,
            cast(
                share_difference_low as {{ dbt.type_numeric() }}
            ) as ordered_share_difference_low,
            cast(
                share_difference_high as {{ dbt.type_numeric() }}
            ) as ordered_share_difference_high,
            share_difference_low > 0
            or share_difference_high < 0 as ordered_share_differs,
            cast(
                revenue_difference as {{ dbt.type_numeric() }}
            ) as revenue_per_customer_difference,
            cast(
                revenue_difference - revenue_margin as {{ dbt.type_numeric() }}
            ) as revenue_per_customer_difference_low,
            cast(
                revenue_difference + revenue_margin as {{ dbt.type_numeric() }}
            ) as revenue_per_customer_difference_high,
            abs(revenue_difference) > revenue_margin as revenue_per_customer_differs
        from compared

    )

select *
from results
