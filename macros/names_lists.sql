{# Var hubspot_lists, checked: every HubSpot list that this project may touch. -#}
{% macro hubspot_list_declarations() %}
    {%- set demo_lists = (
        [
            {"name": "Lapsed customers"},
            {"name": "Lapsed customers with voucher"},
            {"name": "Best customers with early access"},
            {"name": "Best customers with gift"},
        ]
        if var("hubspot_demo", true)
        else []
    ) -%}
    {%- set entries = var("hubspot_lists", demo_lists) -%}
    {%- if entries is string or entries is mapping or entries is not iterable -%}
        {{
            exceptions.raise_compiler_error(
                "Var hubspot_lists is not a list. Write it as [{name: Lapsed customers}, …]."
            )
        }}
    {%- endif -%}
    {%- set lists = [] -%}
    {%- set names = [] -%}
    {%- for entry in entries -%}
        {%- set problem = hubspot_sync.hubspot_list_problem(entry, names) -%}
        {%- if problem -%}
            {{
                exceptions.raise_compiler_error(
                    "Var hubspot_lists, entry "
                    ~ loop.index
                    ~ " ("
                    ~ entry
                    ~ "): "
                    ~ problem
                )
            }}
        {%- endif -%}
        {%- do names.append(entry.name | lower) -%}
        {%- do lists.append(
            {
                "name": entry.name,
                "ownership": entry.get("ownership", "managed"),
                "max_members": entry.get("max_members"),
            }
        ) -%}
    {%- endfor -%}
    {{ return(lists) }}
{% endmacro %}

{# What is wrong with one entry and what to do, or none. -#}
{% macro hubspot_list_problem(entry, names_before) %}
    {%- set known = ["name", "ownership", "max_members"] -%}
    {%- if entry is not mapping -%}
        {{ return("it is not a mapping. Write it as {name: Lapsed customers}.") }}
    {%- endif -%}
    {%- for key in entry if key not in known -%}
        {{ return("key '" ~ key ~ "' is unknown. Use " ~ known | join(", ") ~ ".") }}
    {%- endfor -%}
    {%- if entry.get("name") is not string or not entry.name | trim -%}
        {{ return("it has no name. Give it the list's name in HubSpot.") }}
    {%- endif -%}
    {%- if entry.name | lower in names_before -%}
        {{
            return(
                "the name '"
                ~ entry.name
                ~ "' is declared twice (HubSpot ignores case). Remove one of the two."
            )
        }}
    {%- endif -%}
    {%- if entry.get("ownership", "managed") not in ["managed", "mirror"] -%}
        {{
            return(
                "ownership '"
                ~ entry.ownership
                ~ "' is unknown. Use managed or mirror."
            )
        }}
    {%- endif -%}
    {%- set limit = entry.get("max_members") -%}
    {%- if limit is not none and (
        limit is not integer or limit is boolean or limit < 1
    ) -%}
        {{
            return(
                "max_members '"
                ~ limit
                ~ "' is not a whole number above 0. Correct it or leave it out."
            )
        }}
    {%- endif -%}
    {{ return(none) }}
{% endmacro %}

{# The model that says whom a list must not reach, or none. #}
{% macro hubspot_holds_source() %}
    {%- set of_campaigns = (
        "campaign_holds" if hubspot_sync.hubspot_campaign_models() else none
    ) -%}
    {#- A var left empty lets go of nobody. -#}
    {{ return(var("hubspot_holds_source", none) or of_campaigns) }}
{% endmacro %}
