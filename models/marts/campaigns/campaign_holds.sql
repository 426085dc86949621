{%- set campaigns = hubspot_sync.hubspot_campaign_declarations() -%}
with
    campaign_members as (select * from {{ ref("campaign_members") }}),

    campaign_enrolments as (select * from {{ ref("campaign_enrolments") }}),

    segment_members as (select * from {{ ref("segment_members") }}),

    customer_emails as (select * from {{ ref("customer_emails") }}),

    suppressed_customers as (select * from {{ ref("int_suppressed_customers") }}),

    suppressions as (select * from {{ ref("int_suppressions") }}),

    declared as ({{ hubspot_sync.hubspot_treatments_sql(campaigns) }}),

    -- A list that a treatment has no more is still that of those who were given it.
    lists as (

        select campaign, list_name
        from declared

        union all

        select campaign, list_name
        from campaign_enrolments

    ),

    campaign_lists as (

        select distinct campaign, list_name from lists where list_name is not null

    ),

    excluded as (

        {% for campaign in campaigns -%}
            select
                cast(
                    {{ hubspot_sync.text_literal(campaign.name) }}
                    as {{ dbt.type_string() }}
                ) as campaign,
                customer_id
            from segment_members
            where
                segment in (
                    {%- for segment in campaign.exclude %}
                        {{ hubspot_sync.text_literal(segment) }},
                    {%- endfor %}
                    ''
                )
            {%- if not loop.last %}

                union all

            {% endif %}
        {%- else -%}
            select cast(null as {{ dbt.type_string() }}) as campaign, customer_id
            from segment_members
            limit 0
        {%- endfor %}

    ),

    held_in_campaigns as (

        select campaign, customer_id, 'control' as reason
        from campaign_members
        where is_control

        union all

        select distinct campaign, customer_id, 'excluded' as reason
        from excluded

    ),

    holds as (

        select
            campaign_lists.list_name,
            held_in_campaigns.campaign,
            held_in_campaigns.customer_id,
            customer_emails.email_key,
            held_in_campaigns.reason
        from held_in_campaigns
        inner join
            campaign_lists on held_in_campaigns.campaign = campaign_lists.campaign
        inner join
            customer_emails
            on held_in_campaigns.customer_id = customer_emails.customer_id

        union all

        select
            cast(null as {{ dbt.type_string() }}) as list_name,
            cast(null as {{ dbt.type_string() }}) as campaign,
            suppressed_customers.customer_id,
            customer_emails.email_key,
            'suppressed' as reason
        from suppressed_customers
        inner join
            customer_emails
            on suppressed_customers.customer_id = customer_emails.customer_id

        union all

        -- An address that no customer has may still be a contact's.
        select
            cast(null as {{ dbt.type_string() }}) as list_name,
            cast(null as {{ dbt.type_string() }}) as campaign,
            cast(null as {{ dbt.type_string() }}) as customer_id,
            suppressions.key_value as email_key,
            'suppressed' as reason
        from suppressions
        left join customer_emails on suppressions.key_value = customer_emails.email_key
        where suppressions.key_type = 'email' and customer_emails.email_key is null

    )

select *
from holds
