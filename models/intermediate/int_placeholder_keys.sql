{%- set own = var("hubspot_placeholder_keys", none) -%}
with
    listed as (

        select key_type, key_value
        from {{ ref("placeholder_keys") }}
        {%- if own is not none %}

            union all

            {{
                hubspot_sync.hubspot_texts_of(
                    "hubspot_placeholder_keys",
                    own,
                    ["key_type", "key_value"],
                )
            }}
        {%- endif %}

    ),

    compared as (

        select distinct
            key_type,
            case
                when key_type = 'email'
                then {{ hubspot_sync.email_key("key_value") }}
                when key_type = 'phone'
                then {{ hubspot_sync.phone_key("key_value") }}
                when key_type in ('given_name', 'surname')
                then {{ hubspot_sync.name_key("key_value") }}
                when key_type = 'birthdate'
                then {{ hubspot_sync.birthdate_key("key_value") }}
                when key_type = 'postal'
                then {{ hubspot_sync.postal_key("key_value") }}
                else {{ hubspot_sync.trimmed_text("key_value") }}
            end as key_value
        from listed

    )

select *
from compared
where key_value <> ''
