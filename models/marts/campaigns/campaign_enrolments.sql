with
    enrolments as (

        {% for name in hubspot_sync.hubspot_campaign_models() -%}
            select *
            from {{ hubspot_sync.hubspot_named_model("hubspot_campaigns", name) }}
            {%- if not loop.last %}

                union all

            {% endif %}
        {%- endfor %}

    )

select *
from enrolments
