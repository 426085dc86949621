{# The model that holds attributes of customers, by the name that a setting gives it. -#}
{% macro hubspot_attribute_relation(name) %}
    {%- if name in ["merged_customers", "customer_360"] -%}
        {{ return(ref("hubspot_sync", name)) }}
    {%- endif -%}
    {{ return(hubspot_sync.hubspot_named_model("hubspot_attributes", name)) }}
{% endmacro %}

{#
    What each campaign writes to HubSpot: `columns` are the distinct properties with their
    source and column, `campaigns` the JSON members of each campaign over them, as columns
    attribute_1, attribute_2, …
#}
{% macro hubspot_campaign_attributes(campaigns, relations) %}
    {%- set columns = [] -%}
    {%- set members = {} -%}
    {%- set problems = [] -%}
    {%- for campaign in campaigns -%}
        {%- do members.update({campaign.name: []}) -%}
        {%- for attribute in hubspot_sync.hubspot_attributes() -%}
            {%- set override = campaign.attributes.get(attribute.property) -%}
            {%- if override or attribute.is_default -%}
                {%- set value = {
                    "property": attribute.property,
                    "type": attribute.type,
                    "source": (override or {}).get(
                        "source", attribute.source
                    ),
                    "column": (override or attribute).column,
                } -%}
                {%- set problem = hubspot_sync.hubspot_column_problem(
                    relations[value.source], value
                ) -%}
                {%- if problem -%}
                    {%- do problems.append(
                        "Campaign "
                        ~ campaign.name
                        ~ ", key 'attributes', property '"
                        ~ attribute.property
                        ~ "': "
                        ~ problem
                    ) -%}
                {%- endif -%}
                {%- if value not in columns -%}
                    {%- do columns.append(value) -%}
                {%- endif -%}
                {%- do members[campaign.name].append(
                    hubspot_sync.hubspot_json_member(
                        attribute.property,
                        "attribute_" ~ (columns.index(value) + 1),
                        attribute.mode == "clear_when_null",
                    )
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if problems -%}
        {{ exceptions.raise_compiler_error(problems | join("\n")) }}
    {%- endif -%}
    {{ return({"columns": columns, "campaigns": members}) }}
{% endmacro %}

{# A relation that is not built yet, or is made up by a unit test, shows no columns: then there is nothing to check. #}
{% macro hubspot_column_problem(relation, value) %}
    {%- set found = (
        adapter.get_columns_in_relation(relation)
        | map(attribute="name")
        | map("lower")
        | list
    ) -%}
    {%- if found and value.column | lower not in found -%}
        {{
            return(
                "column '"
                ~ value.column
                ~ "': "
                ~ value.source
                ~ " has no such column. It has "
                ~ found
                | join(", ") ~ "."
            )
        }}
    {%- endif -%}
    {{ return(none) }}
{% endmacro %}
