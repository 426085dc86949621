{%- set sources = hubspot_sync.hubspot_customer_sources() | sort(
    attribute="priority"
) -%}
{%- set brands = sources | map(attribute="brand") | select("string") | unique | list -%}
with
    customer_records as (select * from {{ ref("int_customer_records") }}),

    identities as (select * from {{ ref("int_identities") }}),

    surviving_attributes as (select * from {{ ref("int_surviving_attributes") }}),

    counted as (

        select
            identities.customer_id,
            min(customer_records.created_at) as created_at,
            max(customer_records.updated_at) as updated_at,
            {%- for source in sources %}
                max(
                    case
                        when customer_records.source = '{{ source.name }}'
                        then ', {{ source.name }}'
                        else ''
                    end
                ) as in_source_{{ loop.index }},
            {%- endfor %}
            {%- for brand in brands %}
                max(
                    case
                        when
                            customer_records.brand
                            = {{ hubspot_sync.text_literal(brand) }}
                        then {{ hubspot_sync.text_literal(", " ~ brand) }}
                        else ''
                    end
                ) as in_brand_{{ loop.index }},
            {%- endfor %}
            count(*) as record_count
        from customer_records
        inner join identities on customer_records.record_id = identities.record_id
        group by identities.customer_id

    ),

    merged as (

        select
            counted.customer_id,
            surviving_attributes.email,
            surviving_attributes.email_source,
            surviving_attributes.given_name,
            surviving_attributes.surname,
            surviving_attributes.name_source,
            surviving_attributes.phone,
            surviving_attributes.phone_source,
            surviving_attributes.postal_code,
            surviving_attributes.country,
            surviving_attributes.address_source,
            surviving_attributes.birthdate,
            surviving_attributes.birthdate_source,
            counted.created_at,
            counted.updated_at,
            counted.record_count,
            substr(
                ''
                {%- for source in sources %}
                    || in_source_{{ loop.index }}
                {%- endfor %},
                3
            ) as sources,
            nullif(
                substr(
                    ''
                    {%- for brand in brands %}
                        || in_brand_{{ loop.index }}
                    {%- endfor %},
                    3
                ),
                ''
            ) as brands
        from counted
        inner join
            surviving_attributes
            on counted.customer_id = surviving_attributes.customer_id

    )

select *
from merged
