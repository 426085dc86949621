{%- set sources = hubspot_sync.hubspot_order_sources() -%}
with
    unioned as (

        {% for source in sources -%}
            select
                '{{ source.name }}' as source,
                {{ hubspot_sync.hubspot_source_columns(source, "orders") }}
            {%- if not loop.last %}

                union all

            {% endif %}
        {%- else -%}
            select
                cast(null as {{ dbt.type_string() }}) as source,
                cast(null as {{ dbt.type_string() }}) as record_id,
                cast(null as {{ dbt.type_timestamp() }}) as ordered_at,
                cast(null as {{ dbt.type_numeric() }}) as amount
            limit 0
        {%- endfor %}

    ),

    identified as (

        select
            {{ dbt.concat(["source", "':'", "record_id"]) }} as record_id,
            ordered_at,
            amount
        from unioned

    )

select *
from identified
