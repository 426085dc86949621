with
    customer_records as (select * from {{ ref("int_customer_records") }}),

    identities as (select * from {{ ref("int_identities") }}),

    suppressions as (select * from {{ ref("int_suppressions") }}),

    keys as (

        {% for key_type, column in [
            ("email", "email_key"),
            ("phone", "phone_key"),
            ("customer_key", "customer_key"),
            ("loyalty_id", "loyalty_id"),
            ("record_id", "record_id"),
        ] -%}
            select record_id, '{{ key_type }}' as key_type, {{ column }} as key_value
            from customer_records
            {%- if not loop.last %}

                union all

            {% endif %}
        {%- endfor %}

    ),

    suppressed as (

        select distinct identities.customer_id
        from keys
        inner join
            suppressions
            on keys.key_type = suppressions.key_type
            and keys.key_value = suppressions.key_value
        inner join identities on keys.record_id = identities.record_id

    )

select *
from suppressed
