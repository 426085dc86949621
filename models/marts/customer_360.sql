{#- Per cent of the customers who ever ordered, by what they spent. -#}
{%- set tiers = [1, 5, 10, 25, 50] -%}
{%- set year_ago = dbt.dateadd("day", -365, hubspot_sync.as_of()) -%}
with
    merged_customers as (select * from {{ ref("merged_customers") }}),

    identities as (select * from {{ ref("int_identities") }}),

    orders as (select * from {{ ref("int_orders") }}),

    suppressed_customers as (select * from {{ ref("int_suppressed_customers") }}),

    suppressed_emails as (select * from {{ ref("int_suppressed_emails") }}),

    newest_run as (

        select
            ruleset, portal_id, row_number() over (order by run_no desc) as newest_first
        from {{ source("hubspot_sync_state", "run_events") }}
        where event = 'started'

    ),

    -- The state's tables and no view over the audience, which segments of these
    -- customers make.
    verdicts as (

        select
            known.email,
            known.wire_email,
            known.verdict,
            known.code,
            row_number() over (
                partition by known.email order by known.step desc
            ) as newest_first
        from {{ source("hubspot_sync_state", "email_verdicts") }} as known
        inner join
            newest_run
            on known.ruleset = newest_run.ruleset
            and newest_run.newest_first = 1

    ),

    lookups as (

        select
            known.wire_email,
            known.portal_id,
            known.outcome,
            known.contact_id,
            row_number() over (
                partition by known.wire_email order by known.step desc
            ) as newest_first
        from {{ source("hubspot_sync_state", "contact_lookups") }} as known
        inner join
            newest_run
            on known.portal_id = newest_run.portal_id
            and newest_run.newest_first = 1

    ),

    consent as (select * from {{ ref("hubspot_contact_consent") }}),

    kept_orders as (

        select identities.customer_id, orders.ordered_at, orders.amount
        from orders
        inner join identities on orders.record_id = identities.record_id
        where orders.ordered_at <= {{ hubspot_sync.as_of() }}

    ),

    customer_orders as (

        select
            customer_id,
            count(*) as order_count,
            sum(amount) as revenue,
            sum(
                case when ordered_at > {{ year_ago }} then 1 else 0 end
            ) as orders_365_days,
            sum(
                case when ordered_at > {{ year_ago }} then amount else 0 end
            ) as revenue_365_days,
            min(ordered_at) as first_order_at,
            max(ordered_at) as last_order_at
        from kept_orders
        group by customer_id

    ),

    ranked_orders as (

        select
            customer_orders.*,
            rank() over (order by revenue desc) as revenue_rank,
            count(*) over () as buyer_count
        from customer_orders

    ),

    keyed_customers as (

        select
            merged_customers.*, {{ hubspot_sync.clean_email("email") }} as cleaned_email
        from merged_customers

    ),

    judged_customers as (

        select
            keyed_customers.*,
            {{ hubspot_sync.ascii_lower("cleaned_email") }} as email_key,
            {{ hubspot_sync.coarse_email_problem("email", "cleaned_email") }}
            as coarse_problem
        from keyed_customers

    ),

    joined as (

        select
            customers.customer_id,
            customers.email,
            customers.email_source,
            customers.given_name,
            customers.surname,
            customers.name_source,
            customers.phone,
            customers.phone_source,
            customers.postal_code,
            customers.country,
            customers.address_source,
            customers.birthdate,
            customers.birthdate_source,
            customers.created_at,
            customers.updated_at,
            customers.record_count,
            customers.sources,
            customers.brands,
            coalesce(ranked_orders.order_count, 0) as order_count,
            coalesce(ranked_orders.orders_365_days, 0) as orders_365_days,
            cast(
                coalesce(ranked_orders.revenue, 0) as {{ dbt.type_numeric() }}
            ) as revenue,
            cast(
                coalesce(ranked_orders.revenue_365_days, 0) as {{ dbt.type_numeric() }}
            ) as revenue_365_days,
            cast(
                ranked_orders.revenue
                / ranked_orders.order_count as {{ dbt.type_numeric() }}
            ) as average_order_value,
            ranked_orders.first_order_at,
            ranked_orders.last_order_at,
            {{
                dbt.datediff(
                    "ranked_orders.last_order_at", hubspot_sync.as_of(), "day"
                )
            }} as days_since_last_order,
            case
                {%- for tier in tiers %}
                    when
                        ranked_orders.revenue_rank * 100
                        <= ranked_orders.buyer_count * {{ tier }}
                    then 'top_{{ tier }}'
                {%- endfor %}
                when ranked_orders.customer_id is not null
                then 'rest'
            end as value_tier,
            suppressed_customers.customer_id is not null
            or suppressed_emails.email_key is not null as is_suppressed,
            customers.coarse_problem,
            verdicts.verdict as strict_verdict,
            verdicts.code as strict_code,
            lookups.outcome as lookup_outcome,
            lookups.contact_id,
            consent.opted_out,
            consent.bounced
        from judged_customers as customers
        left join ranked_orders on customers.customer_id = ranked_orders.customer_id
        left join
            suppressed_customers
            on customers.customer_id = suppressed_customers.customer_id
        left join suppressed_emails on customers.email_key = suppressed_emails.email_key
        left join
            verdicts
            on customers.email_key = verdicts.email
            and verdicts.newest_first = 1
        left join
            lookups
            on verdicts.wire_email = lookups.wire_email
            and lookups.newest_first = 1
        left join
            consent
            on lookups.portal_id = consent.portal_id
            and lookups.contact_id = consent.contact_id

    ),

    reached as (

        select
            joined.*,
            case
                when is_suppressed
                then 'suppressed'
                when coarse_problem = 'missing'
                then 'no_address'
                when
                    coarse_problem is not null
                    or strict_verdict = 'rejected'
                    or lookup_outcome = 'refused'
                then 'bad_address'
                when opted_out = 1
                then 'opted_out'
                when bounced = 1
                then 'bounced'
                when lookup_outcome = 'found'
                then 'reachable'
                when lookup_outcome is not null
                then 'not_in_hubspot'
                else 'not_looked_up'
            end as reachability
        from joined

    )

select *
from reached
