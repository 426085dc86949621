{%- set campaigns = hubspot_sync.hubspot_campaign_declarations() -%}
{%- set sources = {} -%}
{%- for name in hubspot_sync.hubspot_attribute_sources() -%}
    {%- do sources.update({name: hubspot_sync.hubspot_attribute_relation(name)}) -%}
{%- endfor -%}
{%- set attributes = hubspot_sync.hubspot_campaign_attributes(campaigns, sources) -%}
{%- set used = attributes.columns | map(attribute="source") | unique | list -%}
with
    campaign_members as (select * from {{ ref("campaign_members") }}),

    campaign_holds as (select * from {{ ref("campaign_holds") }}),

    customers as (select * from {{ ref("merged_customers") }}),

    {% for name in used -%}
        attributes_{{ loop.index }} as (select * from {{ sources[name] }}),

    {% endfor -%}

    wanted as (

        select
            campaign_members.list_name,
            campaign_members.campaign,
            campaign_members.sub_audience,
            campaign_members.treatment,
            customers.customer_id,
            customers.email,
            {{ hubspot_sync.email_key("customers.email") }} as email_key,
            customers.email_source as source,
            customers.created_at as customer_created_at
        from campaign_members
        inner join customers on campaign_members.customer_id = customers.customer_id
        where
            campaign_members.list_name is not null
            and campaign_members.overruled_by is null

    ),

    allowed as (

        select wanted.*
        from wanted
        where
            not exists (
                select 1
                from campaign_holds
                where
                    campaign_holds.email_key = wanted.email_key
                    and campaign_holds.list_name = wanted.list_name
            )
            and not exists (
                select 1
                from campaign_holds
                where
                    campaign_holds.email_key = wanted.email_key
                    and campaign_holds.list_name is null
            )

    ),

    attributed as (

        select
            {%- for value in attributes.columns %}
                nullif(
                    {{
                        hubspot_sync.hubspot_property_value(
                            "attributes_"
                            ~ (used.index(value.source) + 1)
                            ~ "."
                            ~ value.column,
                            value.type,
                        )
                    }},
                    ''
                ) as attribute_{{ loop.index }},
            {%- endfor %}
            allowed.*
        from allowed
        {%- for name in used %}
            left join
                attributes_{{ loop.index }}
                on allowed.customer_id = cast(
                    attributes_{{ loop.index }}.customer_id as {{ dbt.type_string() }}
                )
        {%- endfor %}

    ),

    audience as (

        select
            list_name,
            campaign,
            sub_audience,
            treatment,
            customer_id,
            email,
            source,
            customer_created_at,
            {% if attributes.columns -%}
                case
                    {%- for campaign, members in attributes.campaigns.items() if members %}
                        when campaign = {{ hubspot_sync.text_literal(campaign) }}
                        then {{ hubspot_sync.hubspot_json_object(members) }}
                    {%- endfor %}
                end
            {%- else -%} cast(null as {{ dbt.type_string() }})
            {%- endif %} as properties
        from attributed

    )

select *
from audience
