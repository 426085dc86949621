with
    chosen as (

        {% for segment in hubspot_sync.hubspot_segments() -%}
            {#- By its name, so that an error of the engine says which has no customer_id. -#}
            {%- set name = adapter.quote(segment) %}
            select
                cast(
                    {{ hubspot_sync.text_literal(segment) }} as {{ dbt.type_string() }}
                ) as segment,
                cast({{ name }}.customer_id as {{ dbt.type_string() }}) as customer_id
            from
                (
                    select * from {{ hubspot_sync.hubspot_segment_relation(segment) }}
                ) as {{ name }}
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
