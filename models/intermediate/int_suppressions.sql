{%- set relation = var("hubspot_suppressions", none) -%}
{%- set is_demo = var("hubspot_customer_sources", none) is none -%}
with
    {% if relation is none and not is_demo -%}
        suppressions as (

            select
                cast(null as {{ dbt.type_string() }}) as key_type,
                cast(null as {{ dbt.type_string() }}) as key_value
            limit 0

        ),
    {%- else -%}
        suppressions as (

            {{
                hubspot_sync.hubspot_texts_of(
                    "hubspot_suppressions",
                    (relation if relation is not none else "int_legal_suppressions"),
                    ["key_type", "key_value"],
                )
            }}

        ),
    {%- endif %}

    keyed as (

        select
            {{ hubspot_sync.ascii_lower(hubspot_sync.trimmed_text("key_type")) }}
            as key_type,
            {{ hubspot_sync.trimmed_text("key_value") }} as key_value
        from suppressions

    ),

    compared as (

        select distinct
            key_type,
            case
                when key_type = 'email'
                then {{ hubspot_sync.email_key("key_value") }}
                when key_type = 'phone'
                then {{ hubspot_sync.phone_key("key_value") }}
                else key_value
            end as key_value
        from keyed

    )

select *
from compared
where key_value <> ''
