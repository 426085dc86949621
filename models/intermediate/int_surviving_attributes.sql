{#- Attributes that only make sense together come from one record: a given name never meets another's surname. -#}
{%- set groups = {
    "email": ["email"],
    "name": ["given_name", "surname"],
    "phone": ["phone"],
    "address": ["postal_code", "country"],
    "birthdate": ["birthdate"],
} -%}
with
    customer_records as (select * from {{ ref("int_customer_records") }}),

    identities as (select * from {{ ref("int_identities") }}),

    records as (

        select
            identities.customer_id,
            customer_records.record_id,
            customer_records.source,
            customer_records.source_priority,
            customer_records.updated_at,
            customer_records.coarse_problem,
            customer_records.email,
            customer_records.given_name,
            customer_records.surname,
            customer_records.phone,
            customer_records.postal_code,
            customer_records.country,
            customer_records.birthdate
        from customer_records
        inner join identities on customer_records.record_id = identities.record_id

    ),

    -- How much of each group a record fills; a usable address counts for more than a
    -- broken one.
    filled as (

        select
            records.*,
            case
                when coarse_problem is null
                then 2
                when coarse_problem = 'missing'
                then 0
                else 1
            end as email_filled,
            {%- for group, attributes in groups.items() if group != "email" %}
                {% for attribute in attributes -%}
                    case when {{ attribute }} is null then 0 else 1 end
                    {%- if not loop.last %} + {% endif %}
                {%- endfor %} as {{ group }}_filled
                {%- if not loop.last %},{% endif %}
            {%- endfor %}
        from records

    ),

    ranked as (

        select
            filled.*,
            row_number() over (
                partition by customer_id
                order by
                    email_filled desc,
                    source_priority asc,
                    updated_at desc nulls last,
                    record_id asc
            ) as email_rank,
            {%- for group in groups if group != "email" %}
                row_number() over (
                    partition by customer_id
                    order by
                        case when {{ group }}_filled > 0 then 0 else 1 end asc,
                        source_priority asc,
                        {{ group }}_filled desc,
                        updated_at desc nulls last,
                        record_id asc
                ) as {{ group }}_rank
                {%- if not loop.last %},{% endif %}
            {%- endfor %}
        from filled

    ),

    survived as (

        select
            customer_id,
            {%- for group, attributes in groups.items() %}
                {%- for attribute in attributes %}
                    max(
                        case when {{ group }}_rank = 1 then {{ attribute }} end
                    ) as {{ attribute }},
                {%- endfor %}
                max(
                    case
                        when {{ group }}_rank = 1 and {{ group }}_filled > 0 then source
                    end
                ) as {{ group }}_source
                {%- if not loop.last %},{% endif %}
            {%- endfor %}
        from ranked
        group by customer_id

    )

select *
from survived
