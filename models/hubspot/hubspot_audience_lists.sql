with
    declared as (

        {% for list in hubspot_sync.hubspot_list_declarations() -%}
            select
                cast(
                    {{ hubspot_sync.text_literal(list.name) }}
                    as {{ dbt.type_string() }}
                ) as list_name,
                cast('{{ list.ownership }}' as {{ dbt.type_string() }}) as ownership,
                cast(
                    {{ list.max_members or "null" }} as {{ dbt.type_int() }}
                ) as max_members
            {%- if not loop.last %}

                union all

            {% endif %}
        {%- else -%}
            select
                cast(null as {{ dbt.type_string() }}) as list_name,
                cast(null as {{ dbt.type_string() }}) as ownership,
                cast(null as {{ dbt.type_int() }}) as max_members
            limit 0
        {%- endfor %}

    )

select *
from declared
