{%- set source = hubspot_sync.hubspot_holds_source() -%}
with

    holds as (

        {% if source is none -%}
            select
                cast(null as {{ dbt.type_string() }}) as list_name,
                cast(null as {{ dbt.type_string() }}) as campaign,
                cast(null as {{ dbt.type_string() }}) as customer_id,
                cast(null as {{ dbt.type_string() }}) as email,
                cast(null as {{ dbt.type_string() }}) as reason
            limit 0
        {%- else -%}
            {#- Named with its project, as the audience's model is. -#}
            {%- set home = (
                "hubspot_sync"
                if source == "campaign_holds"
                else project_name
            ) -%}
            {%- set address = "email_key" if source == "campaign_holds" else "email" -%}
            select
                cast(list_name as {{ dbt.type_string() }}) as list_name,
                cast(campaign as {{ dbt.type_string() }}) as campaign,
                cast(customer_id as {{ dbt.type_string() }}) as customer_id,
                {{
                    hubspot_sync.email_key(
                        "cast(" ~ address ~ " as " ~ dbt.type_string() ~ ")"
                    )
                }} as email,
                cast(reason as {{ dbt.type_string() }}) as reason
            from {{ ref(home, source) }}
        {%- endif %}

    )

select *
from holds
where email <> ''
