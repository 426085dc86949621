with
    chosen as (

        {% for segment in hubspot_sync.hubspot_segments() -%}
            select
                cast(
                    {{ hubspot_sync.text_literal(segment) }} as {{ dbt.type_string() }}
                ) as segment,
                cast(customer_id as {{ dbt.type_string() }}) as customer_id
            from {{ hubspot_sync.hubspot_segment_relation(segment) }}
            {%- if not loop.last %}

                union all

            {% endif %}
        {%- endfor %}

    ),

    members as (

        select distinct segment, customer_id from chosen where customer_id is not null

    )

select *
from members
