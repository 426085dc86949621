{{ config(enabled=var("hubspot_demo", true)) }}
-- Straight from the source to the audience, past everything in between.
with
    campaign_audience as (select * from {{ ref("campaign_audience") }}),

    suppressions as (select * from {{ ref("stg_legal__suppressions") }}),

    wanted as (

        select customer_id, {{ hubspot_sync.email_key("email") }} as email_key
        from campaign_audience

    ),

    suppressed as (

        select
            {{ hubspot_sync.email_key("key_value") }} as email_key,
            case when key_type = 'shop_customer' then 'shop:' else 'crm:' end
            || key_value as customer_id
        from suppressions
        where key_type <> 'loyalty_card'

    ),

    wrongly_wanted as (

        select wanted.customer_id
        from wanted
        inner join
            suppressed
            on wanted.email_key = suppressed.email_key
            or wanted.customer_id = suppressed.customer_id
        where wanted.email_key <> ''

    )

select *
from wrongly_wanted
