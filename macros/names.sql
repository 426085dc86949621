{# Attribute names and values in the form HubSpot takes. -#}
{% macro hubspot_property_name(name) %}
    {{ return(modules.re.sub("[^a-z0-9_]", "_", name | lower)) }}
{% endmacro %}

{% macro hubspot_property_names(columns) %}
    {#- They say which contact it is: an update that wrote one would turn it into another. #}
    {%- set forbidden = ["email", "hs_additional_emails", "hs_object_id"] -%}
    {%- set columns_by_property = {} -%}
    {%- for column in columns -%}
        {%- set property = hubspot_sync.hubspot_property_name(column) -%}
        {%- if property in forbidden -%}
            {{
                exceptions.raise_compiler_error(
                    "Attribute '"
                    ~ column
                    ~ "' would be written to HubSpot's property "
                    ~ property
                    ~ ", which identifies the contact. Leave it out or name it otherwise."
                )
            }}
        {%- endif -%}
        {%- if property in columns_by_property -%}
            {{
                exceptions.raise_compiler_error(
                    "Attributes '"
                    ~ columns_by_property[property]
                    ~ "' and '"
                    ~ column
                    ~ "' both become HubSpot's property "
                    ~ property
                    ~ ". Rename one of them."
                )
            }}
        {%- endif -%}
        {%- do columns_by_property.update({property: column}) -%}
    {%- endfor -%}
    {{ return(columns_by_property.keys() | list) }}
{% endmacro %}

{% macro hubspot_properties(attributes) %}
    {{ return(adapter.dispatch("hubspot_properties", "hubspot_sync")(attributes)) }}
{% endmacro %}

{% macro default__hubspot_properties(attributes) %}
    {%- set properties = hubspot_sync.hubspot_property_names(attributes.keys()) -%}
    {%- if not properties -%}
        {{ return("cast(null as " ~ dbt.type_string() ~ ")") }}
    {%- endif -%}
    {%- set members = [] -%}
    {%- for expression in attributes.values() -%}
        {%- set text = "cast(" ~ expression ~ " as " ~ dbt.type_string() ~ ")" -%}
        {%- set member = (
            "',\""
            ~ properties[loop.index0]
            ~ "\":' || "
            ~ hubspot_sync.json_text(text)
        ) -%}
        {%- do members.append(
            "case when " ~ text ~ " is null then '' else " ~ member ~ " end"
        ) -%}
    {%- endfor -%}
    {#- Every member begins with a comma, so the first character goes; null stays null through the joins. #}
    {{
        return(
            "'{' || substr(nullif(" ~ members | join(" || ") ~ ", ''), 2) || '}'"
        )
    }}
{% endmacro %}
