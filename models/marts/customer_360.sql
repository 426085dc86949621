with
    merged_customers as (select * from {{ ref("merged_customers") }}),

    customer_records as (select * from {{ ref("int_customer_records") }}),

    identities as (select * from {{ ref("int_identities") }}),

    orders as (select * from {{ ref("stg_shop__orders") }}),

    suppressed_customers as (select * from {{ ref("int_suppressed_customers") }}),

    suppressed_emails as (select * from {{ ref("int_suppressed_emails") }}),

    kept_orders as (

        select identities.customer_id, orders.ordered_at, orders.amount_eur
        from orders
        inner join
            customer_records
            on orders.customer_number = customer_records.source_record_id
            and customer_records.source = 'shop'
        inner join identities on customer_records.record_id = identities.record_id
        where orders.status = 'paid' and orders.ordered_at <= {{ hubspot_sync.as_of() }}

    ),

    customer_orders as (

        select
            customer_id,
            count(*) as order_count,
            sum(amount_eur) as revenue_eur,
            min(ordered_at) as first_order_at,
            max(ordered_at) as last_order_at
        from kept_orders
        group by customer_id

    ),

    keyed_customers as (

        select
            merged_customers.*,
            {{ hubspot_sync.email_key("merged_customers.email") }} as email_key
        from merged_customers

    ),

    joined as (

        select
            keyed_customers.customer_id,
            keyed_customers.email,
            keyed_customers.given_name,
            keyed_customers.surname,
            keyed_customers.phone,
            keyed_customers.postal_code,
            keyed_customers.country,
            keyed_customers.birthdate,
            keyed_customers.created_at,
            keyed_customers.updated_at,
            keyed_customers.record_count,
            keyed_customers.sources,
            coalesce(customer_orders.order_count, 0) as order_count,
            cast(
                coalesce(customer_orders.revenue_eur, 0) as {{ dbt.type_numeric() }}
            ) as revenue_eur,
            customer_orders.first_order_at,
            customer_orders.last_order_at,
            suppressed_customers.customer_id is not null
            or suppressed_emails.email_key is not null as is_suppressed
        from keyed_customers
        left join
            customer_orders on keyed_customers.customer_id = customer_orders.customer_id
        left join
            suppressed_customers
            on keyed_customers.customer_id = suppressed_customers.customer_id
        left join
            suppressed_emails on keyed_customers.email_key = suppressed_emails.email_key

    )

select *
from joined
